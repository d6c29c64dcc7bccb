"""What a fault breaks: one clone of the prepared box, and this run's target file."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from gonogo.probes.database.clones import on_database
from gonogo.probes.database.connection import Connection, connect_admin
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.server import EmbeddedServer
from gonogo.provider import Instance
from staging.faults.text_file import TextFile


class Clone:
    """A database, a copy of the repository and a target file that only one run uses.

    A fault may also replace ``instance``, which says how the run reaches its target.
    """

    def __init__(
        self, instance: Instance, *, server: EmbeddedServer, owner_dsn: str, target: TextFile
    ) -> None:
        self.instance = instance
        self.server = server
        self.target = target
        self._owner_dsn = owner_dsn

    def settle(self) -> None:
        """Let all take effect that was changed; called once when the fault was applied."""

    @property
    def deployment(self) -> Path:
        """The folder of migrate.sh and the migration files."""
        return Path(self.instance.repository) / "deployment"

    @property
    def backups(self) -> Path:
        """The folder of backups, made if it is not there."""
        folder = self.deployment / "backups"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def logs(self) -> Path:
        """The folder of logs, made if it is not there."""
        folder = self.deployment / "logs"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def script(self) -> TextFile:
        """The product's migration script."""
        return TextFile(self.deployment / "migrate.sh")

    def migration(self, number: str) -> TextFile:
        """Return the migration file with this number."""
        (path,) = (
            path
            for path in self.deployment.glob(f"migration-{number}-*.sql")
            if not path.name.endswith("-rollback.sql")
        )
        return TextFile(path)

    def add_file(self, name: str, text: str) -> Path:
        """Write a new file into the deployment folder."""
        path = self.deployment / name
        path.write_text(text, encoding="utf-8")
        return path

    def session(self) -> Connection:
        """Open a session of the database's owner."""
        return connect_admin(self._owner_dsn, application_name="somebody else")

    def sql(self, statements: str) -> None:
        """Run *statements* as the database's owner, now."""
        with self.session() as connection:
            connection.execute(statements.encode())

    def sql_as_superuser(self, statements: str) -> None:
        """Run *statements* in the same database as a superuser, now."""
        database = str(self.instance.script_connection["dbname"])
        with connect_admin(on_database(self.server.dsn(), database)) as connection:
            connection.execute(statements.encode())

    def apply(self, number: str) -> None:
        """Run a migration file as the database's owner, now."""
        arguments = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(self.migration(number).path)]
        self._run("psql", arguments, self._owner_dsn)

    def dump(self, path: Path, arguments: Sequence[str] = (), *, database: str = "") -> None:
        """Save the clone's database, or another one of its server, to *path* now."""
        name = database or str(self.instance.script_connection["dbname"])
        dsn = on_database(self.server.dsn(), name)
        self._run("pg_dump", [*arguments, "--format=custom", f"--file={path}"], dsn)

    def _run(self, program: str, arguments: Sequence[str], dsn: str) -> None:
        done = run_program(self.server.binaries, program, arguments, dsn=dsn)
        if done.exit_status != 0:
            raise subprocess.CalledProcessError(done.exit_status, program, stderr=done.stderr)
