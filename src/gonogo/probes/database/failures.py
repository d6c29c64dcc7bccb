"""PostgreSQL's refusals in words: what could not be looked at, where, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors as sql_errors

from gonogo.errors import CannotTell

READER_HINT = (
    "grant the reading role SELECT on the configured schemas and BYPASSRLS: "
    "src/gonogo/probes/database/gonogo_reader.sql does both (on PostgreSQL 15 and older only a "
    "superuser may give BYPASSRLS)"
)
A_SESSION = "a session on this database"
# The server's messages while connecting carry no code, only text.
CONNECT_REASONS: tuple[tuple[str, str, str], ...] = (
    (
        r"password authentication failed|no password supplied",
        "the database refused the password",
        "correct the password in the target's DSN; Supabase: the database's, not an API key",
    ),
    (
        r'database "[^"]*" does not exist',
        "there is no such database on that server",
        "correct the database's name in the DSN; on Supabase it is postgres",
    ),
    (
        r'role "[^"]*" does not exist|Tenant or user not found',
        "there is no such user on that server",
        "correct the user in the DSN; on Supabase's session pooler it is <role>.<project ref>",
    ),
    (
        r"starting up|shutting down|not yet accepting connections|recovery mode",
        "the database server is starting or shutting down",
        "wait until it is up, then run again",
    ),
    (
        r"no pg_hba\.conf entry",
        "the database server does not let this user in from here",
        "allow this address and user on the server, or ask for TLS with sslmode=verify-full",
    ),
    (
        r"too many clients|remaining connection slots|max clients reached|MaxClients",
        "the database server has no connection left",
        "free connections or wait; gonogo itself uses two at most",
    ),
    (
        r"Connection refused",
        "nothing accepts connections at that address",
        "start the server, or correct host and port in the DSN",
    ),
    (
        r"could not translate host name|failed to resolve host|Name or service not known",
        "the host name of the database is not known",
        "correct the host in the DSN; a Supabase direct host has IPv6 only: use the session pooler",
    ),
    (
        r"timeout expired|timed out|Network is unreachable|No route to host",
        "the database server did not answer in time",
        "check network and firewall; a Supabase direct host has IPv6 only: use the session pooler",
    ),
    (
        r"certificate|SSL|TLS",
        "no trusted TLS connection to the database server",
        "give the server's CA in the target's configuration (sslrootcert), or check the host name",
    ),
)

QUERY_REASONS: tuple[tuple[type[psycopg.Error], str, str], ...] = (
    (
        sql_errors.InsufficientPrivilege,
        "the reading role may not read this",
        READER_HINT,
    ),
    (
        sql_errors.QueryCanceled,
        "the statement took longer than allowed",
        "raise the target's statement timeout, or look for a lock or load on the server",
    ),
    (
        sql_errors.LockNotAvailable,
        "another session holds a lock on this for more than a second",
        "wait until that session is done (pg_stat_activity names it), then run again",
    ),
    (
        sql_errors.UndefinedTable,
        "the query names a table the database does not have",
        "look whether the migration ran, and on this database",
    ),
    (
        sql_errors.UndefinedColumn,
        "the query names a column the database does not have",
        "look whether the migration ran, and on this database",
    ),
)


def connect_failure(error: psycopg.Error, *, where: str, secret: str = "") -> CannotTell:
    """Return the CannotTell for a connection that was not made; *secret* never shows in it."""
    text = _without(str(error), secret)
    for pattern, what, do in CONNECT_REASONS:
        if re.search(pattern, text):
            return CannotTell(what, where=where, expected=A_SESSION, found=text, do=do)
    return CannotTell(
        "no connection to the database",
        where=where,
        expected=A_SESSION,
        found=text,
        do="try the same DSN with psql from this machine",
    )


def query_failure(error: psycopg.Error, *, where: str, asked: str = "") -> CannotTell:
    """Return the CannotTell for a question the server did not answer."""
    text = " ".join(str(error).split()) or type(error).__name__
    what, do = _query_reason(error, text)
    if asked:
        what = f"{what} ({asked})"
    return CannotTell(what, where=where, expected="an answer", found=text, do=do)


def _query_reason(error: psycopg.Error, text: str) -> tuple[str, str]:
    if isinstance(error, sql_errors.InsufficientPrivilege) and "row-level security" in text:
        return "row security would filter what this role reads", READER_HINT
    for kind, what, do in QUERY_REASONS:
        if isinstance(error, kind):
            return what, do
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and (
        error.sqlstate is None or error.sqlstate.startswith(("57P", "08"))
    ):
        return (
            "the connection to the database was lost in the middle",
            "check that the server is up and nobody ended the session, then run again",
        )
    return "the database did not answer the question", "read the server's message above"


def place(connection: psycopg.Connection[Any]) -> str:
    """Return host:port/database of *connection*, for messages."""
    info = connection.info
    return f"{info.host}:{info.port}/{info.dbname}"


@contextmanager
def explained(where: str, asked: str = "") -> Iterator[None]:
    """Turn every error of the driver into CannotTell, naming *where* and what was *asked*."""
    try:
        yield
    except psycopg.Error as error:
        raise query_failure(error, where=where, asked=asked) from error


def _without(text: str, secret: str) -> str:
    cleaned = " ".join(text.split())
    return cleaned.replace(secret, "***") if secret else cleaned
