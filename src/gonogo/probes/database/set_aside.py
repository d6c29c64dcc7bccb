"""Puts objects of a scratch copy out of the way, so that a migration file makes them anew.

Tables, views and sequences move to another schema, indexes and columns get another name, which
leaves what depends on them whole; a column's own constraints go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from psycopg import sql

from gonogo.probes.database.declarations import Conditional
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.database.session import Connection

ASIDE = "gonogo_set_aside"
OTHER_NAME = "gonogo_aside_"
COLUMN_CONSTRAINTS = """
SELECT o.conname, o.contype::text FROM pg_constraint o
JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = ANY (o.conkey)
WHERE o.conrelid = %s AND a.attname = %s AND o.contype <> 'n'
"""


def set_aside(
    connection: Connection,
    wanted: Iterable[Conditional],
    schemas: Sequence[str],
    *,
    done: set[Conditional],
) -> None:
    """Put each of *wanted* that is there out of the way, unless it is *done* already.

    What is set aside now is added to *done*: what an earlier file made stays for the later ones.

    Raises:
        CannotTell: the server refuses.
    """
    new = [each for each in wanted if each not in done]
    done.update(new)
    with explained(place(connection), "setting older objects aside"):
        _set_aside(connection, new, schemas)


def _set_aside(
    connection: Connection, wanted: Iterable[Conditional], schemas: Sequence[str]
) -> None:
    aside = sql.Identifier(ASIDE)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(aside))
    search_path = sql.SQL(", ").join(map(sql.Identifier, schemas))
    connection.execute(sql.SQL("SET search_path TO {}").format(search_path))
    for each in wanted:
        name = sql.Identifier(each.schema, each.name) if each.schema else sql.Identifier(each.name)
        relation = connection.execute(
            "SELECT to_regclass(%s)::oid", [name.as_string(connection)]
        ).fetchone()
        if relation is None or relation[0] is None:
            continue
        match each.kind:
            case "column":
                _set_column_aside(connection, name, relation[0], each.column)
            case "index":
                new = sql.Identifier(_other_name(each.name))
                connection.execute(sql.SQL("ALTER INDEX {} RENAME TO {}").format(name, new))
            case kind:
                connection.execute(
                    sql.SQL("ALTER {} {} SET SCHEMA {}").format(sql.SQL(kind.upper()), name, aside)
                )
                _drop_triggers(connection, relation[0], sql.Identifier(ASIDE, each.name))
    connection.execute("RESET search_path")


def _set_column_aside(
    connection: Connection, table: sql.Identifier, relation: int, column: str
) -> None:
    """Rename a column and free its name, unless it is part of the primary key."""
    constraints = connection.execute(COLUMN_CONSTRAINTS, [relation, column]).fetchall()
    found = connection.execute(
        "SELECT attidentity <> '' FROM pg_attribute WHERE attrelid = %s AND attname = %s",
        [relation, column],
    ).fetchone()
    if found is None or any(kind == "p" for _, kind in constraints):
        return
    changes = [
        sql.SQL("DROP CONSTRAINT {} CASCADE").format(sql.Identifier(name))
        for name, _ in constraints
    ]
    if found[0]:
        changes.append(sql.SQL("ALTER {} DROP IDENTITY").format(sql.Identifier(column)))
    changes.append(sql.SQL("ALTER {} DROP NOT NULL").format(sql.Identifier(column)))
    connection.execute(sql.SQL("ALTER TABLE {} {}").format(table, sql.SQL(", ").join(changes)))
    connection.execute(
        sql.SQL("ALTER TABLE {} RENAME COLUMN {} TO {}").format(
            table, sql.Identifier(column), sql.Identifier(_other_name(column))
        )
    )


def _drop_triggers(connection: Connection, relation: int, table: sql.Identifier) -> None:
    """Drop the triggers of what was set aside: a file may drop and remake their functions."""
    for row in connection.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s AND NOT tgisinternal", [relation]
    ).fetchall():
        connection.execute(sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(row[0]), table))


def _other_name(name: str) -> str:
    return f"{OTHER_NAME}{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def without_other_names(objects: SchemaSnapshot) -> SchemaSnapshot:
    """Leave out what an older object says of a column that was set aside: nobody declared that.

    A file may change an older view, say its options, and the view's text names such a column.
    """
    return replace(
        objects,
        objects={
            kind: {
                name: {key: value for key, value in each.items() if OTHER_NAME not in str(value)}
                for name, each in named.items()
            }
            for kind, named in objects.objects.items()
        },
    )
