from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHECKLIST = """\
# Tiny checklist

### Final checks <!-- gonogo: section FIN phase=final -->

- [ ] **One** <!-- gonogo: group FIN-1 -->
  - [ ] First thing <!-- gonogo: FIN-1.1 max_age=2h -->
  - [ ] Second thing <!-- gonogo: FIN-1.2 -->

### Phase 1: Database Migration <!-- gonogo: section MIG phase=phase1 -->

- [ ] **Backup** <!-- gonogo: group MIG-1 -->
  - [ ] Backup made <!-- gonogo: MIG-1.1 -->
  - [ ] Backup held <!-- gonogo: MIG-1.2 -->
- [ ] **Migrate** <!-- gonogo: group MIG-2 -->
  - [ ] Migrated <!-- gonogo: MIG-2.1 -->
  - [ ] Someone looked <!-- gonogo: MIG-2.2 kind=H -->
"""
TARGET = """\
[target]
name = "tiny"
environment = "rehearsal"
provider = "tiny:Provider"
[release]
version = "1.0"
[checklist]
path = "checklist.md"
[repository]
path = "."
[actions.migrate]
command = ["./migrate.sh"]
"""
PROVIDER = """\
from gonogo.provider import Instance


class Provider:
    def __init__(self, settings, *, root, workspace, intent):
        self.root = root

    def start(self):
        return Instance(
            id="tiny-1",
            commit="c0ffee0000000000",
            repository=str(self.root),
            acts_by_itself=True,
            secrets=("s3cr3t-canary-value",),
        )

    def stop(self):
        pass
"""


@dataclass(frozen=True)
class Project:
    pytester: pytest.Pytester

    def write_tests(self, *bodies: str) -> None:
        """Each body is ``item_id: statement``; the check's body is the statement."""
        parts = ["import pytest", "from gonogo import errors"]
        for number, body in enumerate(bodies):
            item_id, _, statement = body.partition(": ")
            parts.append(f'@pytest.mark.item("{item_id}")\ndef test_{number}(evidence):')
            parts.append(f"    evidence.record('something', found='seen')\n    {statement}")
        (self.pytester.path / "tests").mkdir(exist_ok=True)
        (self.pytester.path / "tests" / "test_checks.py").write_text("\n".join(parts) + "\n")

    def write(self, name: str, text: str) -> Path:
        path = self.pytester.path / name
        path.write_text(text)
        return path

    def run(self, *arguments: str) -> pytest.RunResult:
        arguments = ("-p", "no:cacheprovider", *arguments)
        if "-n" in arguments:
            return self.pytester.runpytest_subprocess(*arguments)
        return self.pytester.runpytest_inprocess(*arguments)

    @property
    def dossier(self) -> Path:
        return next((self.pytester.path / "reports").iterdir())

    @property
    def results(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.dossier / "results.json").read_text())
        return loaded

    @property
    def states(self) -> dict[str, str]:
        return {item["id"]: item["state"] for item in self.results["items"]}

    def everything_written(self) -> bytes:
        files = (path for path in (self.pytester.path / "reports").rglob("*") if path.is_file())
        return b"\n".join(path.read_bytes() for path in files)
