"""Scripts that prepare a database: what a Supabase project starts with, and the reading role."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from psycopg import sql

from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.session import connect_admin

ROLES = Path(__file__).with_name("supabase_roles.sql")
PRELUDE = Path(__file__).with_name("supabase_prelude.sql")
READER = Path(__file__).with_name("gonogo_reader.sql")
READER_ROLE = "gonogo_reader"
MANAGED_SCHEMAS = ("auth", "extensions", "vault")
MANAGED_EXTENSIONS = ("uuid-ossp", "pgcrypto", "plpgsql")
"""What the prelude brings, or the server itself."""


def apply_prelude(superuser_dsn: str) -> None:
    """Give a fresh database what a Supabase project starts with; needs a superuser."""
    apply_roles(superuser_dsn)
    run_script(superuser_dsn, PRELUDE.read_text(encoding="utf-8"))


def apply_roles(superuser_dsn: str) -> None:
    """Give a server the roles of a Supabase project, and nothing to the database but its owner."""
    run_script(superuser_dsn, ROLES.read_text(encoding="utf-8"))


def apply_reader(owner_dsn: str, *, schemas: Sequence[str], password: str) -> None:
    """Create the reading role, or bring it up to date, as the owner of the product's tables."""
    run_script(owner_dsn, reader_sql(schemas=schemas, password=password))


def reader_sql(*, schemas: Sequence[str], password: str) -> str:
    """Return ``gonogo_reader.sql`` with these schemas and this password in it."""
    values = {"password": password, "schemas": ",".join(schemas)}
    return re.sub(
        r"^SET gonogo\.reader_(password|schemas) = '.*';$",
        lambda match: f"SET gonogo.reader_{match[1]} = {_literal(values[match[1]])};",
        READER.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )


def make_room(superuser_dsn: str, schemas: Iterable[str]) -> None:
    """Drop the schemas that a dump is about to create, with what is in them."""
    with connect_admin(superuser_dsn) as connection, explained(place(connection)):
        for name in schemas:
            connection.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name))
            )


def run_script(dsn: str, script: str) -> None:
    """Run a whole script in one call, so that nothing of it stays when a statement is bad."""
    with connect_admin(dsn) as connection, explained(place(connection), "a script"):
        connection.execute(script.encode())


def _literal(value: str) -> str:
    quoted = value.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in value else f"'{quoted}'"
