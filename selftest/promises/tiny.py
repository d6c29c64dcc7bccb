"""A tiny project whose one action is slow, on a database that outlives every run of it.

It has the checklist, target file and layout of the plugin's selftests, and a migrate.sh that
notes when it begins and when it ends.
"""

from __future__ import annotations

import json
from pathlib import Path

from gonogo.probes.database.server import EmbeddedServer
from selftest.plugin.project import CHECKLIST, TARGET
from selftest.promises.runs import Place

PROVIDER = """\
import json

from gonogo.provider import Instance


class Provider:
    def __init__(self, settings, *, root, workspace, intent):
        self.root = root

    def start(self):
        reached = json.loads((self.root / "database.json").read_text())
        return Instance(
            id="tiny-1",
            commit="c0ffee0000000000",
            repository=str(self.root),
            acts_by_itself=True,
            **reached,
        )

    def stop(self):
        pass
"""
CHECKS = """\
import pytest

from gonogo.errors import CannotTell
from gonogo.waiting import pause


@pytest.fixture(scope="session")
def migrated(actions):
    return actions.perform("migrate", after=("MIG-1.1",))


@pytest.mark.item("FIN-1.1")
def test_first(evidence):
    evidence.record("first", expected="anything", found="something")
    pause(0.1)


@pytest.mark.item("FIN-1.2")
def test_second(evidence):
    evidence.record("something", found="seen")
    pause(0.1)


@pytest.mark.item("MIG-1.1")
def test_backup_made(evidence):
    evidence.record("something", found="seen")
    pause(0.1)


@pytest.mark.item("MIG-2.1")
def test_migrated(migrated, evidence):
    evidence.record("something", found="seen")
    assert migrated.ended_well


@pytest.mark.item("MIG-1.2")
def test_backup_held(evidence):
    evidence.record("something", found="seen")
    pause(0.1)
"""
SCRIPT = """\
#!/bin/sh
echo begun >> calls
for step in 1 2 3 4 5 6; do
  echo "step $step"
  sleep {pause_s}
done
echo ended >> calls
"""
HELD = """\
#!/bin/sh
echo begun >> calls
until [ -e let_go ]; do sleep 0.1; done
echo ended >> calls
"""


class Tiny(Place):
    """The project in *folder*; its database is named when it is made."""

    def __init__(self, folder: Path, reached: dict[str, object]) -> None:
        super().__init__(folder, root=folder, target=folder / "gonogo.toml")
        files = {
            "conftest.py": 'pytest_plugins = ["gonogo.pytest_plugin"]\n',
            "pyproject.toml": '[tool.pytest]\nstrict = true\ntestpaths = ["tests"]\n',
            "checklist.md": "".join(
                line for line in CHECKLIST.splitlines(keepends=True) if "kind=H" not in line
            ),
            "gonogo.toml": TARGET,
            "tiny.py": PROVIDER,
            "database.json": json.dumps(reached),
            "tests/test_checks.py": CHECKS,
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        self.slow_down(step_s=0.15)

    def slow_down(self, *, step_s: float) -> None:
        """Let each of the script's six steps take *step_s*."""
        self._write_script(SCRIPT.format(pause_s=step_s))

    def hold_on(self) -> None:
        """Let the script go on until ``let_go``."""
        self._write_script(HELD)

    def let_go(self) -> None:
        (self.folder / "let_go").touch()

    def _write_script(self, text: str) -> None:
        path = self.folder / "migrate.sh"
        path.write_text(text, "utf-8")
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """What migrate.sh noted: begun, ended, for each time it was run."""
        path = self.folder / "calls"
        return path.read_text("utf-8").split() if path.exists() else []


def reached(server: EmbeddedServer, database: str) -> dict[str, object]:
    """Return how a tiny project reaches *database* of *server*."""
    binaries = server.binaries
    return {
        "reader_dsn": server.dsn(database),
        "script_connection": {
            "host": server.host,
            "port": str(server.port),
            "user": server.superuser,
            "dbname": database,
        },
        "postgres": {
            "folder": str(binaries.folder),
            "version": binaries.version,
            "source": binaries.source,
        },
    }
