"""Starts the whole box on this machine: no root, no Docker, no account, nothing outside."""

from __future__ import annotations

import hashlib
import secrets
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gonogo.config import Settings
from gonogo.env_file import read_env_file
from gonogo.errors import CannotTell, ToolMissing
from gonogo.premises import Premises, Progress
from gonogo.probes.database.clones import create_database, on_database
from gonogo.probes.database.preparation import READER_ROLE, apply_prelude, apply_reader, run_script
from gonogo.probes.database.server import EmbeddedServer
from gonogo.provider import Instance, Intent
from gonogo.repository_copy import copy_out
from staging.api_keys import PROJECT_REF, api_key

if TYPE_CHECKING:
    from staging.opening import Opening

DATABASE = "crm"
OWNER = "postgres"
SUPERUSER = "supabase_admin"
BASELINE = ("baseline.sql", "seed.sql")
LETS_OWNERS_PASS_BYPASSRLS_ON = 16
READER_MADE_BY_SUPERUSER = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{READER_ROLE}') THEN
    CREATE ROLE {READER_ROLE} LOGIN BYPASSRLS;
  END IF;
END $$
"""
SECRET_ENDINGS = ("_KEY", "_SECRET", "_TOKEN")
DATABASE_ALONE = frozenset({"phase1"})
ACTING = frozenset({"phase1", "phase2"})
"""Phases whose checks judge an action: for these it is taken, for all others it was."""
DONE_IN_A_WHOLE_BOX = ("backup", "migrate", "deploy")
LEFT_OUT = ("deployment/backups", "deployment/logs")


class Stack:
    """The box: a real PostgreSQL with the product's data, and a copy of its repository.

    A run of later phases also starts the services, and what it does not judge is done already.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        root: Path,
        workspace: Path,
        intent: Intent = Intent(),  # noqa: B008 - frozen
    ) -> None:
        self._settings = settings
        self._root = root
        self._workspace = workspace
        self._intent = intent
        self.opening: Opening | None = None
        self._superuser_password = secrets.token_urlsafe(24)
        self.server = EmbeddedServer(superuser=SUPERUSER, password=self._superuser_password)
        self._owner_password = secrets.token_urlsafe(24)
        self._reader_password = secrets.token_urlsafe(24)

    def start(self) -> Instance:
        """Start the server, fill the database, copy the repository out; about a second."""
        if not self._intent.phases <= DATABASE_ALONE:
            return self._start_with_services()
        self.server.start()
        self.fill_database(DATABASE)
        return self.instance(DATABASE, stack_id=secrets.token_hex(6))

    def _start_with_services(self) -> Instance:
        from staging.opening import Opening  # noqa: PLC0415 - a run of phase 1 loads none of it

        stack_id = secrets.token_hex(6)
        whole = self._intent.phases.isdisjoint(ACTING)
        self.opening = Opening(self, self._settings, root=self._root, workspace=self._workspace)
        try:
            instance = self.opening.start(
                lambda _: None, database=DATABASE, stack_id=stack_id, whole=whole
            )
        except (CannotTell, ToolMissing) as error:
            # There is no service then: what needs none of them is judged nevertheless.
            if not self.server.running:
                self.server.start()
                self.fill_database(DATABASE)
            alone = self.instance(DATABASE, stack_id=stack_id)
            if isinstance(error, ToolMissing):
                return replace(alone, lacks=str(error))
            return replace(alone, without_services=str(error))
        return replace(instance, done=DONE_IN_A_WHOLE_BOX if whole else ())

    def open(self, progress: Progress) -> Premises:
        """Start the server with a migrated database, all services, and the product deployed."""
        from staging.opening import Opening  # noqa: PLC0415 - a run of phase 1 loads none of it

        self.opening = Opening(self, self._settings, root=self._root, workspace=self._workspace)
        return self.opening.open(progress, database=DATABASE, stack_id=secrets.token_hex(6))

    def stop(self) -> None:
        """Stop the services and the server; its data goes with it."""
        if self.opening is not None:
            self.opening.stop()
        self.server.stop()

    def fill_database(self, name: str) -> None:
        """Create database *name* with Supabase's prelude, the product's baseline and data."""
        dsn = create_database(self.server.dsn(), name)
        apply_prelude(dsn)
        password = self._owner_password.replace("'", "''")
        run_script(dsn, f"ALTER ROLE {OWNER} PASSWORD '{password}'")
        if self.server.binaries.major < LETS_OWNERS_PASS_BYPASSRLS_ON:
            run_script(dsn, READER_MADE_BY_SUPERUSER)
        owner_dsn = self.owner_dsn(name)
        for script in BASELINE:
            text = (self._settings.repository_path / "database" / script).read_text("utf-8")
            run_script(owner_dsn, text)
        schemas = self._settings.database.schemas
        apply_reader(owner_dsn, schemas=schemas, password=self._reader_password)

    def owner_dsn(self, database: str) -> str:
        """Return how the owner of the product's tables reaches *database*."""
        return self.server.dsn(database, OWNER, self._owner_password)

    def superuser_command(self) -> str:
        """Return the command that opens the box's database: its socket asks for no password."""
        where = ["-h", str(self.server.socket_dir), "-p", str(self.server.port)]
        return shlex.join(["psql", *where, "-U", SUPERUSER, DATABASE])

    def instance(
        self, database: str, *, stack_id: str, given: Mapping[str, str] | None = None
    ) -> Instance:
        """Copy the repository out and return how to reach the box with *database* in it.

        *given* are values of the env file in place of made-up ones.
        """
        env_values = self._env_values(given or {})
        copy = copy_out(
            self._settings.repository_path,
            self._workspace / stack_id,
            env_file=self._settings.repository.env_file,
            env_values=env_values,
            leave_out=LEFT_OUT,
        )
        env_text = "\n".join(f"{k}={v}" for k, v in sorted(_without_addresses(env_values)))
        return Instance(
            id=f"box-{stack_id}",
            commit=copy.commit,
            repository=str(copy.path),
            env_file=str(copy.path / self._settings.repository.env_file),
            reader_dsn=self.server.dsn(database, READER_ROLE, self._reader_password),
            script_connection={
                "host": str(self.server.socket_dir),
                "port": str(self.server.port),
                "user": OWNER,
                "dbname": database,
                "password": self._owner_password,
            },
            project_ref=PROJECT_REF,
            scratch_dsn=on_database(self.server.dsn(), "postgres"),
            postgres={
                "folder": str(self.server.binaries.folder),
                "version": self.server.binaries.version,
                "source": self.server.binaries.source,
            },
            server_log=str(self.server.log_path),
            made_up_password=self._owner_password,
            secrets=(
                self._owner_password,
                self._reader_password,
                self._superuser_password,
                *_secret_values(env_values),
            ),
            stand_ins=("PostgreSQL with a Supabase prelude, in place of a Supabase project",),
            facts={"PostgreSQL": self.server.binaries.source},
            bindings={"env": hashlib.sha256(_without_keys(env_text).encode()).hexdigest()},
            acts_by_itself=True,
        )

    def _env_values(self, services: Mapping[str, str]) -> dict[str, str]:
        """Return the example's variables with values that belong to the box."""
        name = f"{self._settings.repository.env_file}.example"
        example = read_env_file(self._settings.repository_path / name)
        given = {
            "VITE_SUPABASE_URL": f"https://{PROJECT_REF}.supabase.co",
            "VITE_SUPABASE_ANON_KEY": api_key("anon", secrets.token_hex(32)),
            "VITE_PULSE_API_KEY": f"pulse_{secrets.token_urlsafe(24)}",
            "PULSE_WEBHOOK_SECRET": f"whsec_{secrets.token_urlsafe(24)}",
            "SENTRY_AUTH_TOKEN": f"sntrys_{secrets.token_urlsafe(24)}",
            **services,
        }
        return {key: given.get(key, value.reveal()) for key, value in example.values.items()}


def _secret_values(env_values: dict[str, str]) -> tuple[str, ...]:
    return tuple(v for k, v in env_values.items() if k.endswith(SECRET_ENDINGS) and v)


def _without_addresses(env_values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables whose values do not name a free port of this start."""
    return (
        (k, v) for k, v in env_values.items() if "//127.0.0.1:" not in v and "@127.0.0.1:" not in v
    )


def _without_keys(env_text: str) -> str:
    """Return the lines whose values are the same at every start."""
    lines = (line.partition("=") for line in env_text.splitlines())
    return "\n".join("".join(line) for line in lines if not line[0].endswith(SECRET_ENDINGS))
