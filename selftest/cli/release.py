"""A small project whose dossiers are written by hand, for the commands that read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gonogo.checklist import Checklist, parse
from gonogo.cli.main import run
from gonogo.dossier import Dossier
from gonogo.verdict import State
from selftest.plugin.project import CHECKLIST, TARGET
from selftest.unit.dossiers import Run

AT = datetime.now(UTC) - timedelta(minutes=10)
FOLDER = "1.0-c0ffee0000-rehearsal"
BLOCKING = ("FIN-1.1", "FIN-1.2", "MIG-1.1", "MIG-1.2", "MIG-2.1")
"""The items of the tiny checklist that a machine settles."""


@dataclass(frozen=True)
class Release:
    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def checklist(self) -> Checklist:
        return parse((self.folder / "checklist.md").read_text(), path="checklist.md")

    def dossier(self, name: str = FOLDER) -> Dossier:
        return Dossier(self.folder / "reports" / name)

    def ran(
        self,
        run_id: str = "1",
        *,
        in_: str = FOLDER,
        minutes: float = 0,
        **parts: Any,  # noqa: ANN401
    ) -> Path:
        """Write a run whose attempts are of the checklist's own texts."""
        texts = {item.id: item.text_sha256 for item in self.checklist.items}
        made = Run(run_id=run_id, at=AT + timedelta(minutes=minutes), texts=texts, **parts)
        return made.write(self.dossier(in_))

    def all_green(self, run_id: str = "1", **parts: Any) -> Path:  # noqa: ANN401
        return self.ran(run_id, ends=dict.fromkeys(BLOCKING, State.PASS), **parts)

    def without_the_persons_item(self) -> None:
        self.edit("checklist.md", "  - [ ] Someone looked <!-- gonogo: MIG-2.2 kind=H -->\n", "")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new, 1))

    def set_document(self, text: str) -> None:
        (self.folder / "TEAM.md").write_text(text)
        self.edit("gonogo.toml", "[repository]", 'document = "TEAM.md"\n[repository]')

    def say(self, *arguments: str, status: int) -> str:
        """Run the command line, check its exit status, return what it printed."""
        self.capsys.readouterr()
        ended = run(list(arguments))
        said = self.capsys.readouterr()
        assert ended == status, said.out + said.err
        assert "Traceback" not in said.err
        return said.out + said.err

    def data(self, *arguments: str, status: int) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.say(*arguments, "--json", status=status))
        return loaded


def made_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> Release:
    (folder / "checklist.md").write_text(CHECKLIST)
    (folder / "gonogo.toml").write_text(TARGET)
    return Release(folder, capsys)
