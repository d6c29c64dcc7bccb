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
BARE = "template0"
STRATEGY_SINCE = 150000


def on_database(dsn: str, database: str) -> str:
    """Return *dsn* with another database's name."""
    return make_conninfo(dsn, dbname=database)


def create_database(admin_dsn: str, name: str) -> str:
    """Create an empty database called *name*; return its DSN."""
    return create_clone(admin_dsn, name, template=BARE)


def create_clone(
    admin_dsn: str, name: str, *, template: str, strategy: Strategy = "file_copy"
) -> str:
    """Create database *name* as a copy of *template*, with its owner and settings; return its DSN.

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
        if template != BARE:
            _copy_owner_and_settings(connection, template, name)
    return on_database(admin_dsn, name)


def drop_database(admin_dsn: str, name: str) -> None:
    """Drop database *name* if it exists, ending the sessions on it."""
    with connect_admin(admin_dsn) as connection, explained(place(connection)):
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


@contextmanager
def scratch_database(
    admin_dsn: str, *, prefix: str = "gonogo_scratch", template: str = BARE
) -> Iterator[str]:
    """Give the DSN of a database with a new name, and drop it at the end."""
    name = f"{prefix}_{secrets.token_hex(6)}"
    try:
        yield create_clone(admin_dsn, name, template=template)
    finally:
        drop_database(admin_dsn, name)


def _copy_owner_and_settings(connection: Connection, template: str, name: str) -> None:
    """Give the copy what belongs to the database as a whole and is therefore not copied."""
    rows = connection.execute(
        "SELECT pg_get_userbyid(d.datdba), coalesce(s.setconfig, '{}') FROM pg_database d "
        "LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid AND s.setrole = 0 "
        "WHERE d.datname = %s",
        [template],
    ).fetchall()
    database = sql.Identifier(name)
    for owner, settings in rows:
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(owner))
        )
        for setting in settings:
            parameter, _, value = setting.partition("=")
            # A list is kept quoted, name by name; any other value is kept as it is.
            quoted = sql.SQL(value) if parameter == "search_path" else sql.Literal(value)
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} TO {}").format(
                    database, sql.Identifier(parameter), quoted
                )
            )


def _who_is_on(connection: Connection, database: str) -> str:
    rows = connection.execute(
        "SELECT pid, application_name FROM pg_stat_activity WHERE datname = %s", [database]
    ).fetchall()
    return ", ".join(f"pid {pid} {name}".rstrip() for pid, name in rows) or "nobody any more"
