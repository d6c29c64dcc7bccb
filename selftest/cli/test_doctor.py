from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from gonogo.checklist import PHASES
from gonogo.cli.doctor import show
from gonogo.cli.main import run
from gonogo.diagnosis import Condition, Finding, needed_in
from gonogo.diagnosis_database import diagnose_database
from gonogo.diagnosis_files import diagnose_files
from selftest.cli.doctors_project import settings_of

PROJECT = Path(__file__).parents[2]


class TestPhases:
    def test_only_what_a_phase_needs_is_kept(self) -> None:
        findings = [
            Finding(service="a", condition=Condition.WRONG, found="", phases=("phase1",)),
            Finding(service="b", condition=Condition.WRONG, found="", phases=("phase2",)),
        ]
        assert [finding.service for finding in needed_in(["phase1"], findings, None)] == ["a"]


class TestTheCommand:
    def test_the_box_is_ready(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(PROJECT)
        assert run(["doctor", "--phase", "phase1"]) == 0
        said = capsys.readouterr().out
        assert "nothing is missing or wrong" in said
        assert "\x1b" not in said

    def test_json_says_what_to_do_and_what_it_unlocks(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(project)
        assert run(["doctor", "--phase", "phase1", "--json"]) == 20
        report = json.loads(capsys.readouterr().out)
        assert report["schema"] == "gonogo.doctor/1"
        assert not report["ready"]
        found = {finding["service"]: finding for finding in report["findings"]}
        assert found["database"]["condition"] == "missing"
        assert found["database"]["unlocks"] == "0 checks of phase1, for 1 items in all"
        assert found["scripts' database"]["condition"] == "by hand"
        assert "analytics" not in found

    def test_a_broken_checklist_does_not_hide_the_rest(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "list.md").unlink()
        monkeypatch.chdir(project)
        assert run(["doctor"]) == 20
        said = capsys.readouterr().out
        assert "checklist is wrong" in said
        assert "database is missing" in said
        assert "no check looks yet at: hosting platform, application address" in said
        assert "scripts' database is by hand: set database.admin_url_env" in said

    def test_what_is_unlocked_is_said_once_for_all_that_unlock_it(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "product/db/save.sh").unlink()
        monkeypatch.chdir(project)
        assert run(["doctor", "--phase", "phase1"]) == 20
        said = capsys.readouterr().out
        unlocked = "unlocks 0 checks of phase1, for 1 items in all"
        assert f"mending action backup, action migrate and database {unlocked}" in said
        assert said.count("0 checks of phase1") == 1

    def test_a_repository_beside_the_project_is_shown_by_its_whole_path(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "here").mkdir()
        (project / "gonogo.toml").rename(project / "here/gonogo.toml")
        (project / "list.md").rename(project / "here/list.md")
        (project / "product/.env.production").unlink()
        (project / "product/db/save.sh").unlink()
        text = (project / "here/gonogo.toml").read_text().replace('"product"', '"../product"')
        (project / "here/gonogo.toml").write_text(text)
        monkeypatch.chdir(project / "here")
        assert run(["doctor", "--phase", "phase1"]) == 20
        said = capsys.readouterr().out
        assert f"where: {project}/product/.env.production\n" in said
        assert f"where: {project}/product/db/save.sh (actions.backup" in said
        assert "../" not in said

    def test_an_unknown_phase_is_a_usage_error(self) -> None:
        assert run(["doctor", "--phase", "phase9"]) == 4

    def test_a_wrong_target_file_is_a_usage_error(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(project)
        assert run(["doctor", "--target", "no-such"]) == 4
        assert "no-such" in capsys.readouterr().err

    def test_colour_only_repeats_what_words_say(self, project: Path) -> None:
        rows: list[dict[str, object]] = [
            {
                **dict.fromkeys(("where", "expected", "least_scope", "unlocks"), ""),
                "service": "[red]x",
                "condition": condition.value,
                "found": "f",
                "do": "d",
            }
            for condition in Condition
        ]
        written = StringIO()
        show(rows, settings_of(project), Console(file=written, force_terminal=True, width=100))
        plain = StringIO()
        show(rows, settings_of(project), Console(file=plain, width=100))
        assert "\x1b[31m" in written.getvalue()
        for word in ("ready", "missing", "wrong", "not needed", "by hand"):
            assert word in plain.getvalue()
        assert "reachable" not in plain.getvalue()
        assert "[red]x is wrong: f" in plain.getvalue()
        assert "2 of 5 are missing or wrong" in plain.getvalue()
        assert "no check looks yet at: [red]x" in plain.getvalue()


def test_every_phase_named_is_one_of_the_checklists(project: Path) -> None:
    found = [
        *diagnose_files(settings_of(project)),
        *diagnose_database(settings_of(project), environ={}),
    ]
    assert all(set(finding.phases) <= set(PHASES) for finding in found)
