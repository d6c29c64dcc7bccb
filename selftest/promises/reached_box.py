"""The box's database and repository as a target that is already there, and outlives every run."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from gonogo.probes.database.clones import create_database
from gonogo.probes.database.preparation import READER_ROLE, apply_prelude, apply_reader, run_script
from gonogo.probes.database.server import EmbeddedServer
from selftest.git_repository import made_repository
from selftest.promises.runs import ROOT, Ended, Place, Started

CRM = ROOT / "staging" / "crm"
OWNER, DATABASE = "postgres", "crm"
PASSWORDS = {OWNER: "owner-canary-6e21", READER_ROLE: "reader-canary-9d04"}
ENV_FILE = "VITE_SUPABASE_URL=https://abcdefghijklmnopqrst.supabase.co\nVITE_LOG_LEVEL=warn\n"
CHANGES = {
    'provider = "staging.stack:Stack"\n': "",
    "[database]\n": '[database]\nurl_env = "CRM_READER_URL"\nadmin_url_env = "CRM_OWNER_URL"\n',
}


class ReachedBox(Place):
    """Use as a context manager; migrate.sh notes when it begins and ends, and takes its time."""

    def __init__(self, folder: Path) -> None:
        text = (ROOT / "gonogo.toml").read_text("utf-8")
        self.repository = folder / "crm"
        changes = CHANGES | {
            '[reports]\nfolder = "reports"': f'[reports]\nfolder = "{folder}/reports"',
            'path = "staging/crm"': f'path = "{self.repository}"',
        }
        for old, new in changes.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        target = folder / "target.toml"
        target.write_text(text, "utf-8")
        super().__init__(folder, root=ROOT, target=target)
        self._server = EmbeddedServer(superuser="supabase_admin", password="superuser-canary-11")

    def __enter__(self) -> Self:
        self._server.start()
        dsn = create_database(self._server.dsn(), DATABASE)
        apply_prelude(dsn)
        run_script(dsn, f"ALTER ROLE {OWNER} PASSWORD '{PASSWORDS[OWNER]}'")
        for script in ("baseline.sql", "seed.sql"):
            run_script(self.dsn(OWNER), (CRM / "database" / script).read_text("utf-8"))
        apply_reader(self.dsn(OWNER), schemas=("public",), password=PASSWORDS[READER_ROLE])
        self._make_repository()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        if self.reports.exists():
            shutil.rmtree(ROOT / ".cache" / "gonogo" / self.instance, ignore_errors=True)

    def dsn(self, role: str) -> str:
        return self._server.dsn(DATABASE, role, PASSWORDS[role])

    @property
    def addresses(self) -> Mapping[str, str]:
        return {"CRM_READER_URL": self.dsn(READER_ROLE), "CRM_OWNER_URL": self.dsn(OWNER)}

    def start_acting(self, actions: str = "backup,migrate") -> Started:
        return self.start("-m", "phase1", "--execute", actions, extra=self.addresses)

    def judge(self, *options: str) -> Ended:
        """Judge phase 1, after what the team did by hand unless *options* name actions."""
        return self.run("-m", "phase1", *options, extra=self.addresses)

    def record_before(self) -> Ended:
        return self.ask("before", "phase1", extra=self.addresses)

    @property
    def calls(self) -> list[str]:
        """What migrate.sh noted when it applied migrations: begun, ended."""
        path = self.folder / "calls"
        return path.read_text("utf-8").split() if path.exists() else []

    @property
    def held(self) -> Path:
        """As long as this file is there, migrate.sh does not go on."""
        return self.folder / "held"

    @property
    def instance(self) -> str:
        dossier = self.dossier
        return str(dossier.segments(dossier.run_ids()[-1])[0].header["instance"])

    def _make_repository(self) -> None:
        shutil.copytree(CRM, self.repository)
        (self.repository / ".env.production").write_text(ENV_FILE, "utf-8")
        script = self.repository / "deployment" / "migrate.sh"
        text = script.read_text("utf-8")
        notes = self.folder / "calls"
        wait = f"while [ -e {self.held} ]; do sleep 0.1; done"
        begin = "  local mode=$1 applied file version count=0\n"
        end = '    say "All migrations completed"\n'
        assert text.count(begin) == text.count(end) == 1
        text = text.replace(begin, f"{begin}  echo begun >> {notes}\n  {wait}\n")
        text = text.replace(end, f"{end}    echo ended >> {notes}\n")
        script.write_text(text, "utf-8")
        made_repository(self.repository)
