"""Sessions on a database: the reading one for targets, the administrating one for scratch."""

from __future__ import annotations

import math
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gonogo.errors import CannotTell, ConfigError, UsageError
from gonogo.probes.database.failures import connect_failure

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

APPLICATION_NAME = "gonogo"
CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT_S = 1.0
TRANSACTION_POOLER_PORT = 6543
# A password with an unescaped @ ends up in the host.
PLAUSIBLE_HOST = re.compile(r"[A-Za-z0-9._:%-]*|/[^@]*")
# The environment belongs to the process: two threads must not hide and restore it across.
_ONE_AT_A_TIME = threading.Lock()
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TEXT_FORMS = {
    "row_security": "off",
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
}
# What libpq would otherwise take from the caller's environment and home folder.
HERMETIC = {
    "hostaddr": "",
    "options": "",
    # A path that cannot exist: libpq warns of a file that is no plain one.
    "passfile": "/dev/null/none",
    "password": "",
    "gssencmode": "disable",
    "target_session_attrs": "any",
    "client_encoding": "UTF8",
}


class Revealing(Protocol):
    """A secret that gives its text only when asked."""

    def reveal(self) -> str:
        """Return the secret's text."""
        ...


def connect_reader(
    dsn: str | Revealing,
    *,
    statement_timeout_s: float = 60.0,
    application_name: str = APPLICATION_NAME,
) -> Connection:
    """Open a session that can only read, and where a filtered read is an error.

    Autocommit, read-only, ``row_security=off``, lock timeout 1 s, *statement_timeout_s*, fixed
    text formats, no prepared statements (poolers share server sessions).

    Raises:
        ConfigError: when the DSN cannot be read or lacks a part.
        UsageError: for Supabase's transaction pooler.
        CannotTell: when no session is made.
    """
    connection = _connect(_text(dsn), application_name)
    settings = {
        "default_transaction_read_only": "on",
        "lock_timeout": f"{round(LOCK_TIMEOUT_S * 1000)}ms",
        "statement_timeout": f"{math.ceil(statement_timeout_s * 1000)}ms",
    }
    try:
        _set(connection, settings)
        fix_text_forms(connection)
    except psycopg.Error as error:
        connection.close()
        raise connect_failure(error, where=where_of(dsn), secret=_password(_text(dsn))) from error
    return connection


def connect_admin(dsn: str | Revealing, *, application_name: str = APPLICATION_NAME) -> Connection:
    """Open an autocommit session that may change things: for databases of our own only.

    Raises:
        ConfigError, UsageError, CannotTell: as for `connect_reader`.
    """
    return _connect(_text(dsn), application_name)


def fix_text_forms(connection: Connection, *, local: bool = False) -> None:
    """Make the same value read the same in every session, and a filtered read an error.

    *local* limits it to the transaction that is open.
    """
    _set(connection, TEXT_FORMS, local=local)


def where_of(dsn: str | Revealing) -> str:
    """Return host:port/database of *dsn*, without user or password."""
    parts = _parts(_text(dsn))
    return f"{parts['host']}:{parts.get('port', 5432)}/{parts['dbname']}"


def check_tool_version(*, tool: str, tool_major: int, server_version: int, where: str) -> None:
    """Refuse a client program that is older than the server.

    *server_version* is the server's number, such as 150004. pg_dump does not read newer servers,
    and psql's own queries fail on them.

    Raises:
        CannotTell: when the program is too old for this server.
    """
    server_major = server_version // 10000
    if tool_major < server_major:
        raise CannotTell(
            f"{tool} is older than the server",
            where=where,
            expected=f"{tool} {server_major} or newer",
            found=f"{tool} {tool_major}",
            do=f"install the client programs of PostgreSQL {server_major} or newer",
        )


def hermetic_dsn(dsn: str | Revealing) -> str:
    """Return *dsn* with every part named, so that nothing of the caller's environment is used."""
    parts = _parts(_text(dsn))
    return make_conninfo(
        **{
            **HERMETIC,
            "port": "5432",
            "sslmode": "prefer" if _is_local(parts["host"]) else "verify-full",
            **parts,
        }
    )


def _set(connection: Connection, settings: dict[str, str], *, local: bool = False) -> None:
    scope = "LOCAL " if local else ""
    connection.execute("; ".join(f"SET {scope}{name} = '{v}'" for name, v in settings.items()))


def _connect(dsn: str, application_name: str) -> Connection:
    try:
        with _without_variables_of_libpq():
            return psycopg.connect(
                hermetic_dsn(dsn),
                autocommit=True,
                prepare_threshold=None,
                connect_timeout=CONNECT_TIMEOUT_S,
                application_name=application_name,
            )
    except psycopg.Error as error:
        raise connect_failure(error, where=where_of(dsn), secret=_password(dsn)) from None


@contextmanager
def _without_variables_of_libpq() -> Iterator[None]:
    """Hide PGSERVICE and its like while libpq looks: a DSN has no words that turn them all off."""
    with _ONE_AT_A_TIME:
        hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
        try:
            yield
        finally:
            os.environ.update(hidden)


def _parts(dsn: str) -> dict[str, str]:
    try:
        parsed = conninfo_to_dict(dsn)
    except psycopg.Error:
        # The driver's own message may hold a piece of the password.
        raise _unreadable() from None
    parts = {name: str(value) for name, value in parsed.items() if value is not None}
    if not PLAUSIBLE_HOST.fullmatch(parts.get("host", "")):
        raise _unreadable()
    missing = [name for name in ("host", "user", "dbname") if not parts.get(name)]
    if missing:
        raise ConfigError(
            "the database's DSN lacks a part",
            expected="host, user and dbname all named",
            found=f"without {', '.join(missing)}",
            do="name them in the target's DSN: nothing is taken from the environment",
        )
    if parts.get("port") == str(TRANSACTION_POOLER_PORT) and not _is_local(parts["host"]):
        raise UsageError(
            "the DSN names the transaction pooler",
            where=f"{parts['host']}:{parts['port']}",
            expected="the direct host or the session pooler, port 5432",
            do="use port 5432: the transaction pooler gives each statement another server session, "
            "so read-only mode, timeouts and row_security=off would not hold",
        )
    return parts


def _unreadable() -> ConfigError:
    return ConfigError(
        "the database's DSN cannot be read",
        expected="postgresql://user:password@host:port/database, with special characters "
        "of the password percent-encoded",
        do="correct the target's DSN; the DSN itself is not shown because it holds a password",
    )


def _is_local(host: str) -> bool:
    return host in LOOPBACK or host.startswith("/")


def _text(dsn: str | Revealing) -> str:
    return dsn if isinstance(dsn, str) else dsn.reveal()


def _password(dsn: str) -> str:
    return _parts(dsn).get("password", "")
