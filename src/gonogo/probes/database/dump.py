"""The schema of a database as SQL text, without data, as pg_dump writes it, and back again."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence

from psycopg import sql

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.preparation import (
    MANAGED_EXTENSIONS,
    MANAGED_SCHEMAS,
    apply_prelude,
)
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.session import connect_admin, connect_reader, where_of
from gonogo.redaction import MASK

TIMEOUT_S = 120.0
LOCK_WAIT_MS = 1000
EXTENSIONS_SINCE = 14
# The schemas and extensions of the types and functions that what is in some schemas depends on.
NEEDED = """
WITH RECURSIVE own (classid, objid) AS (
  SELECT d.classid, d.objid FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid
  WHERE d.refclassid = 'pg_namespace'::regclass AND n.nspname = ANY (%(schemas)s)
    AND NOT EXISTS (SELECT FROM pg_depend m WHERE (m.classid, m.objid) = (d.classid, d.objid)
                      AND m.deptype = 'e')
  UNION
  SELECT d.classid, d.objid FROM own o
  JOIN pg_depend d ON (d.refclassid, d.refobjid) = (o.classid, o.objid) AND d.deptype IN ('a', 'i')
)
SELECT DISTINCT n.nspname::text, e.extname::text
FROM own o
JOIN pg_depend d USING (classid, objid)
LEFT JOIN pg_depend m ON (m.classid, m.objid) = (d.refclassid, d.refobjid) AND m.deptype = 'e'
LEFT JOIN pg_extension e ON e.oid = m.refobjid
LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
LEFT JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
JOIN pg_namespace n ON n.oid = coalesce(e.extnamespace, t.typnamespace, p.pronamespace)
WHERE e.extname <> ALL (%(extensions)s)
   OR e.extname IS NULL AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
LACKS_SCHEMA = re.compile(
    r'schema "([^"]+)" does not exist|(?:relation|type) "([^".]+)\.[^"]+" does not exist'
    r"|function ([\w$]+)\.\S+ does not exist"
)


def dump_schema(
    dsn: str, *, schemas: Sequence[str], binaries: PostgresBinaries, owners: bool = True
) -> str:
    """Return the SQL that rebuilds *schemas*, with *owners* and grants, without data.

    Where they need types or functions of other schemas, those are in it without their tables, and
    extensions they need, too.

    Raises:
        CannotTell: pg_dump is missing, refuses or takes longer than two minutes.
    """
    arguments = ["--schema-only", f"--lock-wait-timeout={LOCK_WAIT_MS}"]
    arguments += [f"--schema={_exactly(name)}" for name in schemas]
    arguments += [] if owners else ["--no-owner"]
    others, extensions = _needed(dsn, schemas)
    for name in others:
        arguments += [f"--schema={_exactly(name)}", f"--exclude-table={_exactly(name)}.*"]
    if binaries.major >= EXTENSIONS_SINCE:
        arguments += [f"--extension={_exactly(name)}" for name in extensions]
    done = run_program(binaries, "pg_dump", arguments, dsn=dsn, timeout_s=TIMEOUT_S)
    if done.exit_status != 0:
        raise CannotTell(
            "pg_dump refused to dump the schema",
            where=where_of(dsn),
            found="\n".join(done.errors),
            do="grant the reading role what it lacks (gonogo_reader.sql), or use a pg_dump"
            " that is as new as the server",
        )
    return done.stdout


def rebuild_schema(
    schema_sql: str, dsn: str, *, schemas: Sequence[str], binaries: PostgresBinaries
) -> None:
    """Give an empty scratch database Supabase's prelude and the schema of *schema_sql*.

    Raises:
        CannotTell: a statement fails there, with the server's message.
    """
    apply_prelude(dsn)
    with connect_admin(dsn) as connection:
        for name in schemas:
            statement = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name))
            connection.execute(statement)
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(schema_sql)
        file.flush()
        arguments = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.name]
        done = run_program(binaries, "psql", arguments, dsn=dsn, timeout_s=TIMEOUT_S)
    if done.exit_status != 0:
        errors = "\n".join(done.errors[:5])
        raise CannotTell(
            "the schema from before the migration cannot be rebuilt in a scratch database",
            where=where_of(dsn),
            expected="every statement of the dump runs",
            found=errors,
            do=_advice(errors, schemas, masked=MASK in schema_sql),
        )


def _needed(dsn: str, schemas: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the other schemas and the extensions that *schemas* cannot be rebuilt without."""
    asked = {"schemas": list(schemas), "extensions": list(MANAGED_EXTENSIONS)}
    with connect_reader(dsn) as connection, explained(place(connection), "what the tables need"):
        rows = connection.execute(NEEDED, asked).fetchall()
    there = {*schemas, *MANAGED_SCHEMAS, "pg_catalog"}
    return sorted({name for name, _ in rows} - there), sorted({name for _, name in rows if name})


def _exactly(name: str) -> str:
    """Return the pattern of pg_dump that only *name* fits."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _advice(errors: str, schemas: Sequence[str], *, masked: bool) -> str:
    lacking = LACKS_SCHEMA.search(errors)
    name = next(filter(None, lacking.groups()), "") if lacking else ""
    if name and name not in schemas:
        return (
            f'add "{name}" to database.schemas, so that the copy holds it, and run'
            " gonogo_reader.sql for it"
        )
    advice = "see which role or extension it names that the scratch server does not have"
    if masked:
        advice += (
            f'; or a definition holds what looks like a secret: it was recorded as "{MASK}", with'
            " which the statement cannot run, so take the secret out of the definition"
        )
    return advice
