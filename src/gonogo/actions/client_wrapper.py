"""Stands in for psql, pg_dump and the like: checks where they are led, and leads them there.

Run as ``python -I -S client_wrapper.py TARGET_JSON PROGRAM ARGUMENT...`` by the one-line scripts
that ``database_clients`` makes. The connection a product script names must be the expected
project's; it is replaced by the real target's, through the environment. Anything else is refused
with exit status 2. Standard library only, few modules and one file: it starts at each call, alone.
"""

from __future__ import annotations

import json
import os
import sys

REFUSED_STATUS = 2
TRANSACTION_POOLER_PORT = "6543"
_ADDRESS_STARTS = ("postgresql://", "postgres://")
_OPTIONS_WITH_VALUE = {  # short ones, then long ones that do not concern the connection
    "psql": (
        "cdfFhLoPpRTUv",
        (
            "command file field-separator log-file output pset record-separator table-attr set"
            " variable"
        ),
    ),
    "pg_dump": (
        "deEfFhjnNpStTUZ",
        (
            "file format jobs compress lock-wait-timeout sync-method extension encoding schema"
            " exclude-schema superuser table exclude-table exclude-extension"
            " exclude-table-and-children exclude-table-data exclude-table-data-and-children"
            " extra-float-digits filter include-foreign-data restrict-key rows-per-insert section"
            " snapshot table-and-children role"
        ),
    ),
    "pg_dumpall": (
        "dEfhlpSU",
        (
            "file lock-wait-timeout encoding superuser exclude-database extra-float-digits filter"
            " restrict-key rows-per-insert role"
        ),
    ),
    "pg_restore": (
        "dfFhIjLnNpPStTU",
        (
            "file format index jobs use-list schema exclude-schema function superuser table trigger"
            " filter restrict-key section transaction-size role"
        ),
    ),
    "pg_isready": ("dhptU", "timeout"),
    "createdb": (
        "DEhlOpSTU",
        (
            "tablespace encoding locale lc-collate lc-ctype builtin-locale icu-locale icu-rules"
            " locale-provider owner strategy template"
        ),
    ),
    "dropdb": ("hpU", ""),
}
_CONNECTION_SHORT = {"d": "dbname", "h": "host", "p": "port", "U": "user"}
_CONNECTION_LONG = {
    "dbname": "dbname",
    "host": "host",
    "port": "port",
    "username": "user",
    "maintenance-db": "dbname",
    "database": "dbname",
}
_POSITIONAL = {"psql": ("dbname", "user"), "pg_dump": ("dbname",)}
_ASKS_NOTHING = {"--version", "--help", "-V", "-?"}
_REDIRECTING = ("PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE", "PGSYSCONFDIR")


class RefusedError(Exception):
    """The call names something that is not the expected project."""


def split_arguments(program: str, arguments: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the parts that name a connection as (parameter, value), and all other arguments."""
    short_with_value, long_words = _OPTIONS_WITH_VALUE[program]
    long_with_value = set(long_words.split())
    named: list[tuple[str, str]] = []
    others: list[str] = []
    positional = 0
    queue = list(arguments)
    while queue:
        argument = queue.pop(0)
        if argument == "--":
            others += [argument, *queue]
            if queue and program in _POSITIONAL:
                raise RefusedError("arguments after '--' are not followed")
            break
        if argument.startswith("--"):
            name, equals, value = argument[2:].partition("=")
            parameter = _connection_parameter(program, name)
            if parameter is None:
                others.append(argument)
                if name in long_with_value and not equals and queue:
                    others.append(queue.pop(0))
            elif parameter:
                named.append((parameter, value if equals else _next(queue, argument)))
        elif argument.startswith("-") and len(argument) > 1:
            _split_short(argument, queue, short_with_value, named, others)
        else:
            meanings = _POSITIONAL.get(program, ())
            if positional < len(meanings):
                named.append((meanings[positional], argument))
            else:
                others.append(argument)
            positional += 1
    return named, others


def _connection_parameter(program: str, name: str) -> str | None:
    """Return the parameter a long option sets, "" for the password flags, None for all others.

    getopt_long takes unique beginnings, so `--user` and `--db` are followed too.
    """
    if len(name) >= 4 and ("password".startswith(name) or "no-password".startswith(name)):
        return "" if name != "no-p" else None
    for option, parameter in _CONNECTION_LONG.items():
        if option == "database" and program != "pg_dumpall":
            continue
        if name == option or (len(name) >= 2 and option.startswith(name)):
            return parameter
    return None


def _split_short(
    argument: str,
    queue: list[str],
    with_value: str,
    named: list[tuple[str, str]],
    others: list[str],
) -> None:
    """Take a group of one-letter options apart; the last may carry or be followed by a value."""
    kept = ""
    for place, letter in enumerate(argument[1:], start=1):
        if letter not in with_value:
            kept += "" if letter in "wW" else letter
            continue
        rest = argument[place + 1 :]
        value = rest or _next(queue, f"-{letter}")
        parameter = _CONNECTION_SHORT.get(letter)
        if letter == "l":  # pg_dumpall's; createdb's is the locale
            parameter = "dbname" if "d" in with_value else None
        if parameter:
            named.append((parameter, value))
        else:
            others += [*([f"-{kept}"] if kept else []), f"-{letter}", value]
            kept = ""
        break
    if kept:
        others.append(f"-{kept}")


def _next(queue: list[str], option: str) -> str:
    if not queue:
        raise RefusedError(f"{option} has no value")
    return queue.pop(0)


def expand(named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return *named* with each connection string replaced by its parts."""
    parts: list[tuple[str, str]] = []
    for parameter, value in named:
        if parameter == "dbname" and value.startswith(_ADDRESS_STARTS):
            parts += address_parts(value)
        elif parameter == "dbname" and "=" in value:
            parts += conninfo_parts(value)
        else:
            parts.append((parameter, value))
    return parts


def address_parts(address: str) -> list[tuple[str, str]]:
    """Return the parts of a ``postgresql://`` address (libpq, 34.1.1.2)."""
    rest = address.split("://", 1)[1]
    rest, _, query = rest.partition("?")
    authority, _, database = rest.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    parts = [("user", _decoded(credentials.partition(":")[0]))] if at else []
    for each in hosts.split(",") if hosts else []:
        host, port = each, ""
        if each.startswith("["):
            host, _, port = each[1:].partition("]")
            port = port.removeprefix(":")
        elif ":" in each:
            host, _, port = each.rpartition(":")
        parts += [("host", _decoded(host)), ("port", port)]
    parts.append(("dbname", _decoded(database)))
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        parts.append((_decoded(name), _decoded(value)))
    return [(name, value) for name, value in parts if value]


def conninfo_parts(text: str) -> list[tuple[str, str]]:
    """Return the parts of a ``key=value`` connection string (libpq, 34.1.1.1)."""
    parts = []
    rest = text.strip()
    while rest:
        name, equals, rest = rest.partition("=")
        if not equals:
            raise RefusedError("the connection string cannot be read")
        rest = rest.lstrip()
        quoted = rest.startswith("'")
        value, place = "", 1 if quoted else 0
        while place < len(rest) and not (rest[place] == "'" if quoted else rest[place].isspace()):
            place += rest[place] == "\\"
            value += rest[place : place + 1]
            place += 1
        rest = rest[place + quoted :].lstrip()
        parts.append((name.strip(), value))
    return parts


def _decoded(text: str) -> str:
    head, *encoded = text.split("%")
    raw = head.encode()
    for part in encoded:
        try:
            raw += bytes.fromhex(part[:2]) + part[2:].encode()
        except ValueError as error:
            raise RefusedError("the connection address is badly percent-encoded") from error
    return raw.decode("utf-8", "replace")


def check(parts: list[tuple[str, str]], environ: dict[str, str], target: dict[str, object]) -> None:
    """Raise RefusedError unless every named host is the expected project's."""

    def values(parameter: str, variable: str) -> list[str]:
        found = [value for name, value in parts if name == parameter]
        return found or [value for value in [environ.get(variable, "")] if value]

    for parameter, variable in (("hostaddr", "PGHOSTADDR"), ("service", "PGSERVICE")):
        if values(parameter, variable):
            raise RefusedError(f"{parameter} hides which host is meant")
    hosts = [host for value in values("host", "PGHOST") for host in value.split(",")]
    users = values("user", "PGUSER")
    ports = [port for value in values("port", "PGPORT") for port in value.split(",")]
    if not hosts:
        raise RefusedError("it names no host, so it would reach whatever server is local")
    if TRANSACTION_POOLER_PORT in ports:
        raise RefusedError(
            f"port {TRANSACTION_POOLER_PORT} is the transaction pooler, which keeps no session "
            "state; use the session pooler (5432) or the direct host"
        )
    for host in hosts:
        _check_host(host.lower(), users, target)
    for database in values("dbname", "PGDATABASE"):
        if database != target["expected_database"]:
            raise RefusedError(
                f"it names the database {database!r}, expected {target['expected_database']!r}"
            )


def _check_host(host: str, users: list[str], target: dict[str, object]) -> None:
    project, others = target["expected_project"], target["expected_hosts"]
    assert isinstance(others, list)
    if host in others or (project and host == f"db.{project}.supabase.co"):
        return
    if project and host.endswith(".pooler.supabase.com"):
        if any(user.endswith(f".{project}") for user in users):
            return
        raise RefusedError(
            f"the pooler is given the user {users[-1] if users else ''!r}, "
            f"expected 'postgres.{project}'"
        )
    raise RefusedError(f"it names the host {host!r}, which is not of the project {project!r}")


def real_environment(
    environ: dict[str, str], parts: list[tuple[str, str]], target: dict[str, object]
) -> dict[str, str]:
    """Return the environment that leads to the real target; the caller's PG options are kept."""
    real = {name: value for name, value in environ.items() if name not in _REDIRECTING}
    real.pop("PGPASSWORD", None)
    connection = target["connection"]
    assert isinstance(connection, dict)
    real |= connection
    given = [environ.get("PGOPTIONS", ""), *(value for name, value in parts if name == "options")]
    real["PGOPTIONS"] = " ".join(part for part in [*given, str(target["options"])] if part)
    if target["application"]:
        # Whatever the script calls itself: its sessions must be told from other people's.
        real["PGAPPNAME"] = str(target["application"])
    return real


def extra_arguments(program: str, others: list[str], target: dict[str, object]) -> list[str]:
    """Return what has to be added because the program overrides PGOPTIONS or wants its name."""
    extra = []
    waits = any(argument.startswith("--lock-wait-timeout") for argument in others)
    if program in {"pg_dump", "pg_dumpall"} and target["lock_timeout_ms"] and not waits:
        extra.append(f"--lock-wait-timeout={target['lock_timeout_ms']}")
    if program == "pg_dump" and target["snapshot"]:
        extra.append(f"--snapshot={target['snapshot']}")
    if program == "pg_restore":
        extra.append(f"--dbname={target['database']}")
    return extra


def connects(program: str, named: list[tuple[str, str]], others: list[str]) -> bool:
    """Return whether the call reaches for a server at all."""
    if _ASKS_NOTHING.intersection(others) or any(o.startswith("--help=") for o in others):
        return False
    return program != "pg_restore" or any(parameter == "dbname" for parameter, _ in named)


def note(path: str, program: str, arguments: list[str], refused: str) -> None:
    """Append one line to the log of calls."""
    line = json.dumps({"program": program, "arguments": arguments, "refused": refused})
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode() + b"\n")
    finally:
        os.close(descriptor)


def main(target_path: str, program: str, arguments: list[str]) -> None:
    """Check, note, and become the real program; exit when refused."""
    with open(target_path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is slow to import
        target = json.load(file)
    environ = dict(os.environ)
    others: list[str] = []
    try:
        named, others = split_arguments(program, arguments)
        if connects(program, named, others):
            parts = expand(named)
            check(parts, environ, target)
            environ = real_environment(environ, parts, target)
            others = [*extra_arguments(program, others, target), *others]
    except RefusedError as refusal:
        note(target["calls"], program, others, str(refusal))
        sys.stderr.write(f"{program}: refused by gonogo: {refusal}\n")
        sys.exit(REFUSED_STATUS)
    note(target["calls"], program, others, "")
    binary = f"{target['binaries']}/{program}"
    os.execve(binary, [binary, *others], environ)  # noqa: S606 - nothing for a shell here


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
