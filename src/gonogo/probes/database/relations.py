"""The tables and materialized views of a database, with their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from psycopg import sql

from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.session import Connection

RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text, c.relispartition, c.relispopulated,
       a.attname, a.attnotnull, t.typcategory::text,
       CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END::regtype::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'm')
ORDER BY n.nspname, c.relname, a.attnum
"""


@dataclass(frozen=True, kw_only=True)
class Column:
    """What the chain needs to know of one column; *type* is a domain's base type."""

    name: str
    not_null: bool
    category: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Relation:
    """One table or materialized view that holds rows of its own."""

    schema: str
    name: str
    kind: str
    is_partition: bool
    populated: bool
    columns: tuple[Column, ...]

    @property
    def qualified(self) -> str:
        """``schema.name``, unquoted."""
        return f"{self.schema}.{self.name}"

    def matches(self, patterns: Iterable[str]) -> bool:
        """Whether one of the patterns fits; one without a dot is for the table in any schema."""
        return any(
            fnmatchcase(self.qualified if "." in pattern else self.name, pattern)
            for pattern in patterns
        )

    @property
    def source(self) -> sql.Composed:
        """What stands after FROM: a plain table without those that inherit from it."""
        only = sql.SQL("ONLY ") if self.kind == "r" else sql.SQL("")
        return only + sql.Identifier(self.schema, self.name)


def relations(connection: Connection, *, schemas: Sequence[str]) -> list[Relation]:
    """Return the tables and materialized views of *schemas*, ordered by name.

    Raises:
        CannotTell: when one of the schemas does not exist.
    """
    with explained(place(connection), "list of tables"):
        present = {
            row[0]
            for row in connection.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname = ANY (%s)", [list(schemas)]
            )
        }
        rows = connection.execute(RELATIONS, [list(schemas)]).fetchall()
    absent = [name for name in schemas if name not in present]
    if absent:
        raise CannotTell(
            f"the database has no schema {', '.join(absent)}",
            where=place(connection),
            expected=f"schemas {', '.join(schemas)}",
            do="correct the configured schemas, or the DSN",
        )
    grouped: dict[tuple[str, str, str, bool, bool], list[Column]] = {}
    for *relation, name, not_null, category, type_name in rows:
        of_relation = grouped.setdefault(
            (relation[0], relation[1], relation[2], relation[3], relation[4]), []
        )
        if name is not None:
            of_relation.append(
                Column(name=name, not_null=not_null, category=category, type=type_name)
            )
    return [
        Relation(
            schema=schema,
            name=name,
            kind=kind,
            is_partition=partition,
            populated=populated,
            columns=tuple(each),
        )
        for (schema, name, kind, partition, populated), each in grouped.items()
    ]
