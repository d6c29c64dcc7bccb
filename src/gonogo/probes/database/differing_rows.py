"""Names the rows that differ between two databases: by key, column and salted hash, never value."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from psycopg import capabilities, sql

from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.fingerprint import row_hash
from gonogo.probes.database.relations import Relation, relations
from gonogo.probes.database.session import Connection, fix_text_forms

ABSENT = "no row"
A_ROW = "a row"
NULL = "NULL"
BATCH_ROWS = 5000
Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DifferingRow:
    """One row of *table* that is not as before; *column* is "" when the whole row came or went.

    *before* and *after* are salted hashes of the value, ``NULL``, ``no row`` or ``a row``.
    """

    table: str
    key: Key
    column: str
    before: str
    after: str

    def __str__(self) -> str:
        """Read as one line."""
        place_of = f"{self.table} row {'/'.join(self.key)}" + (
            f", column {self.column}" if self.column else ""
        )
        return f"{place_of}: before {self.before}, now {self.after}"


def differing_rows(  # noqa: PLR0913 - each is one keyword of the call
    before: Connection,
    after: Connection,
    *,
    table: str,
    columns: Sequence[str],
    key_columns: Sequence[str] | None = None,
    limit: int = 20,
    redactor_hash: Callable[[str], str],
) -> tuple[DifferingRow, ...]:
    """Return up to *limit* differences of *table* over the columns of the baseline.

    Both sides are streamed in the order of the key and merged here, as key and row hash; only of
    rows that differ are the values read. *key_columns* defaults to the primary key. *columns* that
    one side lacks are left out.

    Raises:
        CannotTell: when the table is missing on a side, has no key, or cannot be read.
    """
    sides = [_Side.of(connection, table) for connection in (before, after)]
    common = [name for name in columns if all(name in side.names for side in sides)]
    keys = list(key_columns or sides[0].primary_key())
    if not keys or any(name not in side.names for side in sides for name in keys):
        raise CannotTell(
            f"the rows of {table} cannot be told apart",
            where=sides[0].where,
            expected="a primary key that both sides have",
            found=f"key ({', '.join(keys)})" if keys else "no primary key",
            do="name the key's columns in the target's configuration, or compare by hand",
        )
    with (
        closing(sides[0].stream(keys, common)) as old,
        closing(sides[1].stream(keys, common)) as new,
    ):
        found = list(islice(_merged(old, new), limit))
    # The sessions are free again: only now can values be asked for.
    differences = [
        DifferingRow(table=table, key=key, column=column, before=old_value, after=new_value)
        for key, in_old, in_new in found
        for column, old_value, new_value in (
            _values(sides, keys, key, common, redactor_hash)
            if in_old and in_new
            else [("", A_ROW if in_old else ABSENT, A_ROW if in_new else ABSENT)]
        )
    ]
    return tuple(differences[:limit])


@dataclass(frozen=True, kw_only=True)
class _Side:
    connection: Connection
    relation: Relation
    where: str

    @classmethod
    def of(cls, connection: Connection, table: str) -> _Side:
        schema = table.partition(".")[0]
        where = place(connection)
        with explained(where, "fixing the text formats"):
            fix_text_forms(connection)
        for each in relations(connection, schemas=[schema]):
            if each.qualified == table:
                return cls(connection=connection, relation=each, where=where)
        raise CannotTell(
            f"there is no table {table} to name rows of",
            where=where,
            do="compare with a database that has it",
        )

    @property
    def names(self) -> set[str]:
        return {each.name for each in self.relation.columns}

    def primary_key(self) -> list[str]:
        with explained(self.where, f"primary key of {self.relation.qualified}"):
            rows = self.connection.execute(
                "SELECT a.attname FROM pg_index i "
                "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) "
                "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum "
                "WHERE i.indisprimary AND i.indrelid = %s::regclass ORDER BY k.place",
                [sql.Identifier(self.relation.schema, self.relation.name).as_string()],
            ).fetchall()
        return [row[0] for row in rows]

    def stream(self, keys: Sequence[str], columns: Sequence[str]) -> Generator[tuple[Key, int]]:
        """Yield (key, row hash) in the order of the key's text by code point."""
        chosen = [each for each in self.relation.columns if each.name in columns]
        chosen.sort(key=lambda each: columns.index(each.name))
        query = sql.SQL("SELECT {}, {} FROM {} ORDER BY {}").format(
            sql.SQL(", ").join(map(_key_text, keys)),
            row_hash(chosen),
            self.relation.source,
            sql.SQL(", ").join(map(_key_text, keys)),
        )
        batch_rows = BATCH_ROWS if capabilities.has_stream_chunked() else 1
        with (
            explained(self.where, f"rows of {self.relation.qualified}"),
            self.connection.cursor() as cursor,
        ):
            for row in cursor.stream(query, size=batch_rows):
                yield tuple(row[:-1]), row[-1]

    def values(self, keys: Sequence[str], key: Sequence[str], columns: Sequence[str]) -> list[Any]:
        """Return the row's values as text, in the order of *columns*."""
        query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            sql.SQL(", ").join(map(_as_text, columns)),
            self.relation.source,
            sql.SQL(" AND ").join(
                sql.SQL("{} = {}").format(_key_text(name), sql.Literal(value))
                for name, value in zip(keys, key, strict=True)
            ),
        )
        with explained(self.where, f"a row of {self.relation.qualified}"):
            row = self.connection.execute(query).fetchone()
        return list(row or ())


def _merged(
    before: Iterator[tuple[Key, int]], after: Iterator[tuple[Key, int]]
) -> Iterator[tuple[Key, bool, bool]]:
    """Yield each key that differs, and on which sides it is."""
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old[0] < new[0]):
            assert old is not None
            yield old[0], True, False
            old = next(before, None)
        elif old is None or new[0] < old[0]:
            yield new[0], False, True
            new = next(after, None)
        else:
            if old[1] != new[1]:
                yield old[0], True, True
            old, new = next(before, None), next(after, None)


def _values(
    sides: Sequence[_Side],
    keys: Sequence[str],
    key: Key,
    columns: Sequence[str],
    redactor_hash: Callable[[str], str],
) -> list[tuple[str, str, str]]:
    old, new = (side.values(keys, key, columns) for side in sides)
    return [
        (name, _hidden(one, redactor_hash), _hidden(other, redactor_hash))
        for name, one, other in zip(columns, old, new, strict=False)
        if one != other
    ]


def _hidden(value: str | None, redactor_hash: Callable[[str], str]) -> str:
    return NULL if value is None else redactor_hash(value)


def _as_text(name: str) -> sql.Composed:
    return sql.SQL('{}::text COLLATE "C"').format(sql.Identifier(name))


def _key_text(name: str) -> sql.Composed:
    return sql.SQL("coalesce({}, '')").format(_as_text(name))
