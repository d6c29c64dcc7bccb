"""Databases on a scratch server: create, clone and drop them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.session import Connection, connect_admin

Strategy = Literal["file_copy", "wal_log"]
STRATEGY_SINCE = 150000


def on_database(dsn: str, database: str) -> str:
    """Return *dsn* with another database's name."""
    return make_conninfo(dsn, dbname=database)


def create_database(admin_dsn: str, name: str) -> str:
    """Create an empty database called *name*; return its DSN."""
    return create_clone(admin_dsn, name, template="template0")


def create_clone(
    admin_dsn: str, name: str, *, template: str, strategy: Strategy = "file_copy"
) -> str:
    """Create database *name* as a copy of *template*; return its DSN.

    Nobody may be connected to the template meanwhile. ``file_copy`` is the fast one for anything
    that is not tiny; servers before 15 know no other.

    Raises:
        CannotTell: when the server refuses, naming who is connected to the template.
    """
    with connect_admin(admin_dsn) as connection, explained(place(connection)):
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        if connection.info.server_version >= STRATEGY_SINCE:
            statement += sql.SQL(" STRATEGY {}").format(sql.Identifier(strategy))
        try:
            connection.execute(statement)
        except psycopg.errors.ObjectInUse as error:
            raise CannotTell(
                f"the database {template} cannot be copied while somebody is connected to it",
                where=place(connection),
                found=_who_is_on(connection, template),
                do="close those sessions first",
            ) from error
    return on_database(admin_dsn, name)


def drop_database(admin_dsn: str, name: str) -> None:
    """Drop database *name* if it exists, ending the sessions on it."""
    with connect_admin(admin_dsn) as connection, explained(place(connection)):
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


@contextmanager
def scratch_database(
    admin_dsn: str, *, prefix: str = "gonogo_scratch", template: str = "template0"
) -> Iterator[str]:
    """Give the DSN of a database with a new name, and drop it at the end."""
    name = f"{prefix}_{secrets.token_hex(6)}"
    try:
        yield create_clone(admin_dsn, name, template=template)
    finally:
        drop_database(admin_dsn, name)


def _who_is_on(connection: Connection, database: str) -> str:
    rows = connection.execute(
        "SELECT pid, application_name FROM pg_stat_activity WHERE datname = %s", [database]
    ).fetchall()
    return ", ".join(f"pid {pid} {name}".rstrip() for pid, name in rows) or "nobody any more"
