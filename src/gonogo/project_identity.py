"""Which project and server a target's own values name: its connection, API URL and key. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gonogo.config import Settings
from gonogo.env_file import EnvFile
from gonogo.errors import TargetRefused
from gonogo.redaction import Secret

TRANSACTION_POOLER_PORT = 6543
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})

_DIRECT_HOST = re.compile(r"^db\.([a-z0-9]+)\.supabase\.(?:co|com|in)$")
_API_HOST = re.compile(r"^([a-z0-9]+)\.supabase\.(?:co|in)$")
_POOLER_HOST = re.compile(r"\.pooler\.supabase\.com$")
_PLAUSIBLE_HOST = re.compile(r"[A-Za-z0-9._:%,-]*|/[^@]*")
"""A password with an unescaped @ ends up in the host, which messages show."""
_POOLER_USER = re.compile(r"^[^.]+\.([a-z0-9]+)$")


@dataclass(frozen=True, kw_only=True)
class DatabaseAddress:
    """Where a connection string points, without its password."""

    host: str
    port: int
    user: str
    database: str

    def __str__(self) -> str:
        """Read as host:port/database."""
        return f"{self.host}:{self.port}/{self.database}"

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine, by address or through a socket."""
        return self.host in LOOPBACK_HOSTS or self.host.startswith("/")


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One thing that says which project it belongs to; ``ref`` is "" where it says none."""

    subject: str
    where: str
    ref: str
    host: str = ""
    is_database: bool = False


def database_address(dsn: Secret, *, where: str) -> DatabaseAddress:
    """Return where *dsn* points; *where* says, in messages, where it came from.

    Raises:
        TargetRefused: it cannot be parsed, or leaves open which server it means.
    """
    try:
        parts = conninfo_to_dict(dsn.reveal())
    except psycopg.ProgrammingError:
        raise _unreadable(where) from None
    if not _PLAUSIBLE_HOST.fullmatch(str(parts.get("host") or "")):
        raise _unreadable(where)
    host = str(parts.get("host") or "")
    port = str(parts.get("port") or 5432)
    vague = [key for key in ("service", "hostaddr") if parts.get(key)]
    if not host or "," in host or not port.isdigit() or vague:
        found = (
            f"{' and '.join(vague)} beside it"
            if vague
            else f"host {host!r}, port {port!r}"
            if host
            else "no host"
        )
        raise TargetRefused(
            "the connection string does not name one server",
            where=where,
            expected="one host and one port, and neither service nor hostaddr",
            found=found,
            do="write the host and the port out in the connection string",
        )
    return DatabaseAddress(
        host=host.lower(),
        port=int(port),
        user=str(parts.get("user") or ""),
        database=str(parts.get("dbname") or parts.get("user") or ""),
    )


def reader_dsn(settings: Settings) -> Secret:
    """Return the reader's connection string, with the CA certificate that the settings name.

    Raises:
        ConfigError: the variable is not named or not set.
        TargetRefused: the connection string cannot be read.
    """
    dsn = settings.secret("database.url_env")
    if not settings.database.ssl_root_cert:
        return dsn
    certificate = str(settings.path(settings.database.ssl_root_cert))
    try:
        return Secret(make_conninfo(dsn.reveal(), sslrootcert=certificate))
    except psycopg.ProgrammingError:
        raise _unreadable(settings.source_of("database.url_env")) from None


def _unreadable(where: str) -> TargetRefused:
    return TargetRefused(
        "the connection string cannot be read",
        where=where,
        expected="postgresql://user:password@host:5432/database",
        found="something else (not shown: it may hold a password)",
        do="correct it; a character such as @ or / in the password is written as %40 or %2F",
    )


def database_proof(
    database: DatabaseAddress, settings: Settings, *, key: str = "database.url_env"
) -> Proof:
    """Return the project that the database's address names; the setting *key* gave it.

    Raises:
        TargetRefused: it is the transaction pooler, or a pooler's user names no project.
    """
    where = settings.source_of(key)
    if database.port == TRANSACTION_POOLER_PORT and not database.loopback:
        raise TargetRefused(
            "the connection goes through the transaction pooler",
            where=where,
            expected="the direct host or the session pooler, port 5432",
            found=str(database),
            do=(
                "use port 5432: the transaction pooler gives every transaction another session,"
                " so that read-only mode, timeouts and snapshots would not hold"
            ),
        )
    ref = ""
    if direct := _DIRECT_HOST.match(database.host):
        ref = direct.group(1)
    elif _POOLER_HOST.search(database.host):
        named = _POOLER_USER.match(database.user)
        if not named:
            raise TargetRefused(
                "the pooler's user does not name a project",
                where=where,
                expected="a user such as gonogo_reader.<project ref>",
                found=database.user or "no user",
                do="copy the session pooler's connection string from the project's settings",
            )
        ref = named.group(1)
    return Proof(
        subject="the scripts' database address"
        if key == "database.admin_url_env"
        else "the database's address",
        where=where,
        ref=ref,
        host=database.host,
        is_database=True,
    )


def env_file_proofs(env_file: EnvFile, settings: Settings) -> list[Proof]:
    """Return the projects that the API's URL and the anonymous key of *env_file* name.

    Raises:
        TargetRefused: the key is not an anonymous one.
    """
    proofs: list[Proof] = []
    variable = settings.supabase.api_url_variable
    if url := env_file.text_of(variable):
        host = _host(url)
        match = _API_HOST.match(host)
        proofs.append(
            Proof(
                subject=f"{variable} (the API's URL)",
                where=_line(env_file, variable),
                ref=match.group(1) if match else "",
                host=host,
            )
        )
    variable = settings.supabase.anon_key_variable
    if key := env_file.text_of(variable):
        where = _line(env_file, variable)
        ref = _ref_of_key(key, variable=variable, where=where)
        proofs.append(Proof(subject=f"{variable} (the anonymous key)", where=where, ref=ref))
    return proofs


def _line(env_file: EnvFile, variable: str) -> str:
    return f"{env_file.shown}:{env_file.lines_of(variable)[-1]}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _ref_of_key(key: str, *, variable: str, where: str) -> str:
    """Return the project that the anonymous *key* names; "" for keys that name none."""
    if key.startswith("sb_publishable_"):
        return ""
    payload = _jwt_payload(key)
    role = "service_role" if key.startswith("sb_secret_") else str(payload.get("role", ""))
    if role == "anon":
        return str(payload.get("ref", ""))
    raise TargetRefused(
        f"{variable} is not an anonymous key",
        where=where,
        expected="a key with the role anon",
        found=f"a key with the role {role}" if role else "no key that can be read (not shown)",
        do=(
            "replace it by the anonymous key, and revoke the service_role key: it opens every row"
            if role == "service_role"
            else "copy the anonymous key from the project's API settings"
        ),
    )


def _jwt_payload(token: str) -> dict[str, object]:
    parts = token.split(".")
    if len(parts) != 3:  # header, payload, signature
        return {}
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        payload = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}
