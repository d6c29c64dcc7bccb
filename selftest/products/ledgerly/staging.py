"""Ledgerly's staging: a server of its own, a repository of its own, and the suite run on both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from gonogo.actions.database_clients import RealTarget, database_clients
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.clones import create_clone, create_database, drop_database
from gonogo.probes.database.preparation import apply_prelude, apply_reader, run_script
from gonogo.probes.database.server import EmbeddedServer
from gonogo.redaction import Secret

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PROJECT = "ledgerlystaging"
ADDRESS = f"postgresql://postgres@db.{PROJECT}.supabase.co:5432/postgres"
ENV_FILE = f"""\
LEDGERLY_PROJECT_URL=https://{PROJECT}.supabase.co
LEDGERLY_PUBLIC_KEY=sb_publishable_0123456789
LEDGERLY_INVOICE_PREFIX=INV
LEDGERLY_MAIL_TOKEN=mail-canary-5f1d0c
"""
READER = "gonogo_reader"
PASSWORDS = {
    "postgres": "owner-canary-81b2",
    "ledger_owner": "owner-canary-77e0",
    READER: "reader-canary-47c9",
}
PLAIN_ROLES = f"""
CREATE ROLE ledger_owner LOGIN PASSWORD '{PASSWORDS["ledger_owner"]}';
CREATE ROLE {READER} LOGIN BYPASSRLS PASSWORD '{PASSWORDS[READER]}';
ALTER DATABASE start OWNER TO ledger_owner;
"""
PLAIN_GRANTS = f"""
GRANT USAGE ON SCHEMA public, billing TO {READER};
GRANT SELECT ON ALL TABLES IN SCHEMA public, billing TO {READER};
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, billing TO {READER};
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER};
ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO {READER};
"""


@dataclass(frozen=True)
class Judged:
    status: int
    output: str
    results: Mapping[str, Any]

    @property
    def states(self) -> dict[str, str]:
        return {
            item["id"]: item["state"]
            for item in self.results["items"]
            if item["id"].startswith("MIG-")
        }


class Server:
    """The server, with one database to copy: the product's own, before the release.

    ``plain`` is a PostgreSQL without anything of Supabase's, whose superuser is postgres.
    """

    def __init__(self, binaries: PostgresBinaries, *, plain: bool = False) -> None:
        self.plain = plain
        self.owner = "ledger_owner" if plain else "postgres"
        self.server = EmbeddedServer(
            binaries=binaries,
            superuser="postgres" if plain else "supabase_admin",
            password="superuser-canary",
        )

    def __enter__(self) -> Self:
        self.server.start()
        dsn = create_database(self.server.dsn(), "start")
        if self.plain:
            run_script(dsn, PLAIN_ROLES)
        else:
            apply_prelude(dsn)
            run_script(dsn, f"ALTER ROLE postgres PASSWORD '{PASSWORDS['postgres']}'")
        owner = self.dsn("start", self.owner)
        run_script(owner, (HERE / "database" / "start.sql").read_text())
        if self.plain:
            run_script(owner, PLAIN_GRANTS)
        else:
            apply_reader(owner, schemas=("public", "billing"), password=PASSWORDS[READER])
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def dsn(self, database: str, role: str) -> str:
        return self.server.dsn(database, role, PASSWORDS[role])

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        create_clone(self.server.dsn(), name, template="start")
        try:
            yield name
        finally:
            drop_database(self.server.dsn(), name)


@dataclass
class Staging:
    """One database and one repository of the product, and the suite run on them by a target file.

    ``settings`` go to the suite's environment, as GONOGO_SECTION__KEY.
    """

    server: Server
    database: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copytree(HERE / "repository", self.repository)
        (self.repository / "config" / "live.env").write_text(ENV_FILE)
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "2.4.0"]):
            subprocess.run([*git, *words], cwd=self.repository, check=True)

    @property
    def repository(self) -> Path:
        return self.folder / "ledgerly"

    @property
    def environment(self) -> dict[str, str]:
        reports = self.folder / "reports"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LEDGERLY_READER_URL": self.server.dsn(self.database, READER),
            "LEDGERLY_OWNER_URL": self.server.dsn(self.database, self.server.owner),
            "GONOGO_REPOSITORY__PATH": str(self.repository),
            "GONOGO_REPORTS__FOLDER": str(reports),
            **self.settings,
        }

    def gonogo(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("-c", "from gonogo.cli.main import main; main()", *arguments)

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        # One word: pytest would look for its own settings beside a path that stands alone.
        target = f"--target={(HERE / 'ledgerly.toml').relative_to(ROOT)}"
        return subprocess.run(
            [sys.executable, *command, target],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def judge(self, *arguments: str) -> Judged:
        done = self._run("-m", "pytest", "-p", "no:cacheprovider", "-m", "phase1", *arguments)
        output = done.stdout + done.stderr
        results = sorted(self.folder.glob("reports/*/results.json"))
        assert results, output
        return Judged(done.returncode, output, json.loads(results[-1].read_text()))

    def by_hand(self, *command: str) -> str:
        """Run a script of the product in its own repository, as the team does."""
        server = self.server.server
        clients = database_clients(
            binaries=server.binaries.folder,
            target=RealTarget(
                host=server.host,
                port=server.port,
                user=self.server.owner,
                database=self.database,
                password=Secret(PASSWORDS[self.server.owner]),
            ),
            expected_project=PROJECT,
        )
        with clients as private:
            done = subprocess.run(
                command,
                cwd=self.repository,
                env={"PATH": f"{private.folder}:/usr/bin:/bin", "HOME": str(self.folder)},
                input="typed by hand\n",
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def written(self) -> bytes:
        files = [path for path in (self.folder / "reports").rglob("*") if path.is_file()]
        return b"\n".join(path.read_bytes() for path in files)

    def instances(self) -> set[str]:
        """Return the names of the targets that the runs so far have reached."""
        return {
            str(json.loads(path.read_text())["instance"])
            for path in self.folder.glob("reports/*/results.json")
        }
