"""The stand-in product's database on a server of our own, and a copy of its scripts to drive."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.clones import create_clone, drop_database
from gonogo.probes.database.preparation import apply_prelude
from gonogo.probes.database.server import EmbeddedServer

CRM = Path(__file__).parents[2] / "staging" / "crm"
SUPERUSER = "supabase_admin"
PASSWORD = "a made-up p@ssword"
PROJECT = "no-such-project"
ADDRESS = f"postgresql://postgres@db.{PROJECT}.supabase.co:5432/postgres"
VERSIONS = ("001", "002", "003")
LEDGER = "SELECT version FROM schema_migrations ORDER BY version"
COPIES = r"SELECT relname FROM pg_class WHERE relname ~ '^contacts_backup_\d{8}_\d{6}$'"
CONTACT = "SELECT md5('contact-1')::uuid"
DEADLINE_S = 60.0

WRAPPER = """#!/bin/sh
printf '%s\\n' {name}" $*" >> {calls}
left=$#
while [ "$left" -gt 0 ]; do
  each=$1
  shift
  case $each in {address}*) each={local} ;; esac
  set -- "$@" "$each"
  left=$((left - 1))
done
exec {program} "$@"
"""

Row = tuple[Any, ...]


def migration(folder: Path, version: str) -> Path:
    """Return the file that applies migration *version*."""
    found = folder.glob(f"migration-{version}-*.sql")
    return next(each for each in found if not each.name.endswith("-rollback.sql"))


class ProductServer:
    """A running server with two databases to copy.

    ``base`` holds the product's baseline and seed, ``migrated`` all three migrations on top.
    """

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        admin = server.socket_dsn("base")
        create_clone(server.socket_dsn(), "base", template="template0")
        apply_prelude(admin)
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(PASSWORD))
            )
        with psycopg.connect(server.socket_dsn("base", "postgres"), autocommit=True) as connection:
            for name in ("baseline.sql", "seed.sql"):
                connection.execute((CRM / "database" / name).read_bytes())
        create_clone(server.socket_dsn(), "migrated", template="base")
        for version in VERSIONS:
            Database(server, "migrated").run_file(migration(CRM / "deployment", version))

    @property
    def binaries(self) -> PostgresBinaries:
        return self.server.binaries

    @contextmanager
    def clone(self, name: str, template: str) -> Iterator[Database]:
        create_clone(self.server.socket_dsn(), name, template=template, strategy="wal_log")
        try:
            yield Database(self.server, name)
        finally:
            drop_database(self.server.socket_dsn(), name)


class Database:
    """One database of the server, looked at as its superuser."""

    def __init__(self, server: EmbeddedServer, name: str) -> None:
        self.server = server
        self.name = name

    def connect(self, user: str = SUPERUSER) -> psycopg.Connection[Row]:
        return psycopg.connect(self.server.socket_dsn(self.name, user), autocommit=True)

    def rows(self, query: str, *parameters: object, user: str = SUPERUSER) -> list[Row]:
        with self.connect(user) as connection:
            answer = connection.execute(query.encode(), parameters)
            return answer.fetchall() if answer.description else []

    def value(self, query: str, *parameters: object) -> Any:  # noqa: ANN401 - any SQL type
        return self.rows(query, *parameters)[0][0]

    def column(self, query: str, *parameters: object) -> list[Any]:
        return [row[0] for row in self.rows(query, *parameters)]

    def run_file(self, path: Path) -> str:
        """Run *path* with psql as role postgres, stop on error; return what it complains about."""
        answer = subprocess.run(
            [
                *(self.server.binaries.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"),
                *("-f", str(path), self.server.socket_dsn(self.name, "postgres")),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        return answer.stderr

    def schema_text(self) -> str:
        """Return the schema as pg_dump writes it, without the random words of newer versions."""
        dsn = self.server.socket_dsn(self.name)
        text = subprocess.run(
            [self.server.binaries.program("pg_dump"), "--schema-only", dsn],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        lines = text.splitlines()
        return "\n".join(x for x in lines if not x.startswith(("\\restrict", "\\unrestrict")))

    def data(self) -> dict[str, str]:
        """Return one digest for each table of schema public, over its rows in a fixed order."""
        with self.connect() as connection:
            tables = connection.execute(
                "SELECT relname FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
            ).fetchall()
            digest = sql.SQL(
                "SELECT md5(coalesce(string_agg(r, E'\\n' ORDER BY r COLLATE \"C\"), ''))"
                " FROM (SELECT t::text AS r FROM public.{} AS t) AS rows"
            )
            return {
                name: str(connection.execute(digest.format(sql.Identifier(name))).fetchall()[0][0])
                for (name,) in tables
            }


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run of migrate.sh ended."""

    status: int
    output: str
    errors: str


class Product:
    """A copy of the repository, and the folder of programs that comes first on its PATH."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.deployment = self.root / "deployment"
        self.programs = folder / "programs"
        self.calls = folder / "calls"
        shutil.copytree(
            CRM / "deployment", self.deployment, ignore=shutil.ignore_patterns("logs", "backups")
        )
        self.programs.mkdir()
        self.write_env(f"VITE_SUPABASE_URL=https://{PROJECT}.supabase.co\n")

    def write_env(self, text: str, name: str = ".env.production") -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def on(self, database: Database) -> Self:
        """Route the client programs to *database* by wrappers; give the product itself back."""
        local = (
            f"host=127.0.0.1 port={database.server.port} dbname={database.name}"
            " user=postgres sslmode=disable"
        )
        for name in ("psql", "pg_dump", "pg_restore"):
            wrapper = WRAPPER.format(
                name=name,
                calls=shlex.quote(str(self.calls)),
                address=shlex.quote(ADDRESS),
                local=shlex.quote(local),
                program=shlex.quote(database.server.binaries.program(name)),
            )
            self.replace_program(name, wrapper)
        return self

    def replace_program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(script, encoding="utf-8")
        path.chmod(0o755)

    def environment(self) -> dict[str, str]:
        path = f"{self.programs}:{os.defpath.replace(':.', '')}"
        return {"PATH": path, "HOME": str(self.root), "LANG": "C.UTF-8"}

    def migrate(
        self, *options: str, answers: Sequence[str] = (PASSWORD,), folder: Path | None = None
    ) -> Outcome:
        done = subprocess.run(
            [str(self.deployment / "migrate.sh"), *options],
            input="".join(f"{each}\n" for each in answers),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
            cwd=folder or self.deployment,
            env=self.environment(),
        )
        return Outcome(status=done.returncode, output=done.stdout, errors=done.stderr)

    def logs(self) -> list[Path]:
        return sorted((self.deployment / "logs").glob("migration_*.log"))

    def backups(self) -> list[Path]:
        return sorted((self.deployment / "backups").iterdir())

    def script(self, version: str) -> Path:
        return migration(self.deployment, version)

    def rollback_script(self, version: str) -> Path:
        return self.deployment / f"migration-{version}-rollback.sql"
