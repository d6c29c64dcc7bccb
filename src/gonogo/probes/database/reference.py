"""What migration files declare, found by running them in a scratch copy of the baseline.

``IF NOT EXISTS`` skips an object of that name that is there already, whatever it looks like. So
that the file's own definition counts, everything the files declare so is first set aside in the
scratch copy: tables, views and sequences move to another schema, indexes and columns get another
name, which leaves what depends on them whole; a column's own constraints go. Then each file runs
by psql, stopping at the first error, with a catalog snapshot before and after. What a file made,
changed or made again is what it declares, as the last file leaves it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.clones import scratch_database
from gonogo.probes.database.declarations import Conditional, read_declarations
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.schema import snapshot
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.database.session import Connection, connect_admin

ASIDE = "gonogo_set_aside"
OTHER_NAME = "gonogo_aside_"
FIRST_ERROR = re.compile(
    r"^psql:(?P<file>.*?):(?P<line>\d+): (?P<message>(?:ERROR|FATAL).*)$", re.MULTILINE
)
# Remakes such as CREATE OR REPLACE leave equal attributes and a new row version.
VERSIONS = """
SELECT 'function', format('%%s.%%s(%%s)', n.nspname, p.proname,
                          pg_get_function_identity_arguments(p.oid)), p.oid, p.xmin::text
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT 'trigger', format('%%s.%%s.%%s', n.nspname, c.relname, t.tgname), t.oid, t.xmin::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT 'policy', format('%%s.%%s.%%s', n.nspname, c.relname, p.polname), p.oid, p.xmin::text
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT 'constraint', format('%%s.%%s.%%s', n.nspname, c.relname, o.conname), o.oid, o.xmin::text
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (%(schemas)s)
UNION ALL
SELECT CASE c.relkind WHEN 'i' THEN 'index' WHEN 'S' THEN 'sequence'
       WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END,
       format('%%s.%%s', n.nspname, c.relname), c.oid, ''
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (%(schemas)s)
"""
COLUMN_CONSTRAINTS = """
SELECT o.conname, o.contype::text FROM pg_constraint o
JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = ANY (o.conkey)
WHERE o.conrelid = %s AND a.attname = %s AND o.contype <> 'n'
"""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What one migration file declares; *notes* name what could only be seen by running it.

    *dropped* are the kinds and names of older objects that it takes away.
    """

    number: str
    path: Path
    sha256: str
    objects: SchemaSnapshot
    dropped: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()


def declared(  # noqa: PLR0913 - each is one keyword of the call
    files: Sequence[Path],
    *,
    admin_dsn: str,
    prepare: Callable[[str], None],
    binaries: PostgresBinaries,
    schemas: Sequence[str] = ("public",),
    role: str | None = None,
) -> tuple[Declared, ...]:
    """Return what each of *files* declares, run in their order in a new scratch database.

    *prepare* gets the scratch database's DSN and gives it the baseline's schema. *role* is the one
    the files run as, where default grants depend on it.

    Raises:
        CannotTell: when there is no file, or one fails here, naming file, line and message.
    """
    if not files:
        raise CannotTell(
            "there is no migration file to read",
            expected="at least one",
            do="correct the configured pattern of migration files",
        )
    texts = {path: _text(path) for path in files}
    readings = {path: read_declarations(text) for path, text in texts.items()}
    with scratch_database(admin_dsn, prefix="gonogo_reference") as dsn:
        prepare(dsn)
        with connect_admin(dsn) as connection:
            wanted = dict.fromkeys(
                each for reading in readings.values() for each in reading.conditionals
            )
            with explained(place(connection), "setting older objects aside"):
                _set_aside(connection, wanted, schemas)
            made, gone = [], []
            for path in files:
                before = _Moment.of(connection, schemas)
                apply_file(path, dsn=dsn, binaries=binaries, role=role)
                after = _Moment.of(connection, schemas)
                made.append(after.names_new_since(before))
                gone.append(frozenset(before.names - after.names))
            last = snapshot(connection, schemas=schemas)
    return tuple(
        Declared(
            number=_number(path),
            path=path,
            sha256=hashlib.sha256(texts[path].encode()).hexdigest(),
            objects=_without_other_names(last.named(names)),
            dropped=dropped,
            notes=tuple(
                f"{each}: an object of it that existed before is taken as it was"
                for each in readings[path].unread
            ),
        )
        for path, names, dropped in zip(files, made, gone, strict=True)
    )


def apply_file(
    path: Path, *, dsn: str, binaries: PostgresBinaries, role: str | None = None
) -> None:
    """Run one SQL file by psql, stopping at the first error.

    Raises:
        CannotTell: when a statement fails, naming file, line and the server's message.
    """
    done = run_program(
        binaries,
        "psql",
        ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(path.resolve())],
        dsn=dsn,
        role=role,
        folder=path.resolve().parent,
    )
    if done.exit_status == 0:
        return
    failed = FIRST_ERROR.search(done.stderr)
    message = failed["message"] if failed else done.stderr.strip()[-500:]
    raise CannotTell(
        "a migration file does not run in the scratch database",
        where=f"{path.name}, line {failed['line']}" if failed else path.name,
        expected="every statement runs",
        found=message,
        do=_advice(message),
    )


@dataclass(frozen=True, kw_only=True)
class _Moment:
    """The catalog at one moment: what is there, and the row versions of what can be remade."""

    objects: SchemaSnapshot
    versions: dict[tuple[str, str], tuple[int, str]]

    @classmethod
    def of(cls, connection: Connection, schemas: Sequence[str]) -> _Moment:
        objects = snapshot(connection, schemas=schemas)
        with explained(place(connection), "row versions of the catalog"):
            rows = connection.execute(VERSIONS, {"schemas": list(schemas)}).fetchall()
        return cls(
            objects=objects,
            versions={(kind, name): (oid, version) for kind, name, oid, version in rows},
        )

    @property
    def names(self) -> set[tuple[str, str]]:
        return {(kind, name) for kind, named in self.objects.objects.items() for name in named}

    def names_new_since(self, before: _Moment) -> set[tuple[str, str]]:
        return {
            (kind, name)
            for kind, named in self.objects.objects.items()
            for name, attributes in named.items()
            if before.objects.of(kind).get(name) != attributes
            or before.versions.get((kind, name)) != self.versions.get((kind, name))
            if OTHER_NAME not in name
        }


def _without_other_names(objects: SchemaSnapshot) -> SchemaSnapshot:
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


def _set_aside(
    connection: Connection, wanted: Iterable[Conditional], schemas: Sequence[str]
) -> None:
    aside = sql.Identifier(ASIDE)
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(aside))
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


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotTell(
            "a migration file cannot be read",
            where=str(path),
            found=str(error),
            do="correct the configured pattern of migration files",
        ) from error


def _number(path: Path) -> str:
    match = re.search(r"\d+", path.name)
    return match[0] if match else path.stem


def _advice(message: str) -> str:
    if re.search(r"extension .* is not available|could not open extension control file", message):
        return "install PostgreSQL with its contrib package, so that the scratch server has it"
    return "correct the file, or the baseline the scratch database was given"
