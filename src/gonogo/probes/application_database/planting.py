"""A row that is planted for a moment, to see it arrive on a page, and is taken away again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from gonogo.config_app import DataSection
from gonogo.config_import import sql_name
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import connect_admin

LIMITS = "SET lock_timeout = '2s'; SET statement_timeout = '10s'"
TAG = "{tag}"


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A row that is there for now; ``name`` is what a page must show of it."""

    where: str
    key: str
    name: str


@contextmanager
def planted(connection: Mapping[str, str], section: DataSection, *, tag: str) -> Iterator[Planted]:
    """Plant the configured row with *tag* in it; it is gone at the end, whatever happens within.

    Raises:
        CannotTell: it cannot be planted, or was not there any more when it was taken away.
    """
    values = {
        column: value.replace(TAG, tag) if isinstance(value, str) else value
        for column, value in section.planted.items()
    }
    name = next((v for v in values.values() if isinstance(v, str) and tag in v), "")
    if not name:
        found = ", ".join(map(str, section.planted)) or "no column"
        raise _not_planted(section.planted_table, f"no {TAG} in any of {found}")
    table, key = sql_name(section.planted_table), sql_name(section.planted_key)
    columns, places = ", ".join(map(sql_name, values)), ", ".join(["%s"] * len(values))
    insert = f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING {key}::text"
    where = f"{section.planted_table} in {connection.get('dbname', 'the database')}"
    dsn = make_conninfo(**connection)
    try:
        with connect_admin(dsn) as session:
            session.execute(LIMITS)
            row = session.execute(insert.encode(), list(values.values())).fetchone()
            if row is None:
                raise _not_planted(where, "the row was taken and is not there")
            try:
                yield Planted(where=where, key=row[0], name=name)
            finally:
                removed = _removed(
                    session, dsn, f"DELETE FROM {table} WHERE {key}::text = %s", row[0]
                )
            if removed != 1:
                raise _not_planted(where, f"{removed} rows were there when it was taken away")
    except psycopg.Error as error:
        raise _not_planted(where, str(error).strip()) from error


def _removed(session: psycopg.Connection[Any], dsn: str, delete: str, key: str) -> int:
    """Take the row away, by another session where this one was lost meanwhile."""
    try:
        return session.execute(delete.encode(), [key]).rowcount
    except psycopg.OperationalError:
        pass
    try:
        with connect_admin(dsn) as again:
            return again.execute(delete.encode(), [key]).rowcount
    except psycopg.Error as error:
        raise CannotTell(
            "a row of our own may still be there",
            where=delete.partition(" WHERE ")[0].removeprefix("DELETE FROM "),
            expected="that it is gone",
            found=f"{key}: {str(error).strip()}",
            do="take it away by hand",
        ) from error


def _not_planted(where: str, found: str) -> CannotTell:
    return CannotTell(
        "no row could be planted for a moment",
        where=where,
        expected="a row of our own that is there, and gone afterwards",
        found=found,
        do="see app.data.planted and whether the role may insert and delete there",
    )
