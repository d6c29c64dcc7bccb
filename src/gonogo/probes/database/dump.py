"""The schema of a database as SQL text, without data, as pg_dump writes it, and back again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

from psycopg import sql

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.preparation import apply_prelude
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.session import connect_admin, where_of

TIMEOUT_S = 120.0
LOCK_WAIT_MS = 1000


def dump_schema(
    dsn: str, *, schemas: Sequence[str], binaries: PostgresBinaries, owners: bool = True
) -> str:
    """Return the SQL that rebuilds *schemas*, with *owners* and grants, without data.

    Raises:
        CannotTell: pg_dump is missing, refuses or takes longer than two minutes.
    """
    arguments = ["--schema-only", f"--lock-wait-timeout={LOCK_WAIT_MS}"]
    arguments += [f"--schema={name}" for name in schemas]
    arguments += [] if owners else ["--no-owner"]
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
        raise CannotTell(
            "the schema from before the migration cannot be rebuilt in a scratch database",
            where=where_of(dsn),
            expected="every statement of the dump runs",
            found="\n".join(done.errors[:5]),
            do="see which role or extension it names that the scratch server does not have",
        )
