from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.diagnosis import Condition
from selftest.cli.doctors_project import CHECKLIST, files


def test_a_project_that_has_everything_is_all_reachable(project: Path) -> None:
    found = files(project)
    assert {finding.condition for finding in found.values()} == {Condition.REACHABLE}
    assert found["checklist"].found == (
        "2 items: 1 for a machine, 0 of which have a check today; 1 for a person"
    )
    assert found["migration files"].found == "1 files: 01; each with its rollback"
    assert found["repository"].found.endswith("no changes")
    assert found["env file"].found == "1 variables"


class TestTargetFile:
    def test_production_without_its_project_is_wrong(self, project: Path) -> None:
        finding = files(project, target__production=True)["target file"]
        assert finding.condition is Condition.WRONG
        assert "supabase.project_ref" in finding.do


class TestChecklist:
    def test_one_that_cannot_be_read_is_wrong(self, project: Path) -> None:
        (project / "list.md").unlink()
        assert "No such file" in files(project)["checklist"].found
        (project / "list.md").write_bytes(b"\xff")
        assert "not UTF-8" in files(project)["checklist"].found

    def test_one_with_an_error_names_its_line(self, project: Path) -> None:
        (project / "list.md").write_text(CHECKLIST.replace("kind=A", "kind=Z"))
        assert files(project)["checklist"].where == "list.md:6"

    def test_a_missing_copy_of_the_team_is_missing(self, project: Path) -> None:
        finding = files(project, checklist__document="ours.md")["checklist"]
        assert finding.condition is Condition.MISSING
        (project / "ours.md").touch()
        assert not files(project, checklist__document="ours.md")["checklist"].stops

    @pytest.mark.parametrize(
        ("settings", "folder"),
        [
            (None, "tests"),
            ("[tool.pytest]\ntestpaths = ['checks']", "checks"),
            ("[tool.pytest.ini_options]\ntestpaths = 'other checks'", "checks"),
            ("[tool.pytest]", "tests"),
            ("no TOML", "tests"),
        ],
    )
    def test_the_checks_there_are_today_are_counted_in_pytests_folders(
        self, project: Path, settings: str | None, folder: str
    ) -> None:
        if settings is not None:
            (project / "pyproject.toml").write_text(settings)
        test = project / folder / "database/test_backup.py"
        test.parent.mkdir(parents=True)
        test.write_text('@pytest.mark.item("DB-1.1")\ndef test_backup(): ...\n')
        assert "1 for a machine, 1 of which have a check today" in files(project)["checklist"].found

    def test_a_test_that_cannot_be_read_is_no_check(self, project: Path) -> None:
        (project / "tests/test_folder.py").mkdir(parents=True)
        assert "0 of which have a check" in files(project)["checklist"].found


class TestRepository:
    def test_a_missing_one_is_wrong(self, project: Path) -> None:
        found = files(project, repository__path="elsewhere")
        assert found["repository"].condition is Condition.WRONG
        assert found["migration files"].stops
        assert found["env file"].condition is Condition.MISSING

    def test_changed_files_are_counted(self, project: Path) -> None:
        (project / "product/new").touch()
        assert files(project)["repository"].found.endswith("1 changed files")

    def test_another_commit_than_the_releases_is_wrong(self, project: Path) -> None:
        finding = files(project, release__commit="0123456")["repository"]
        assert finding.condition is Condition.WRONG
        assert "0123456 (command line)" in finding.expected


class TestEnvFile:
    def test_bad_lines_are_wrong(self, project: Path) -> None:
        (project / "product/.env.production").write_text("A=1\nwords only\nA=2\n")
        finding = files(project)["env file"]
        assert finding.condition is Condition.WRONG
        assert finding.found == "line 2 is no assignment; A is given in lines 1, 3"

    def test_one_of_another_project_is_wrong(self, project: Path) -> None:
        (project / "product/.env.production").write_text(
            "SUPABASE_URL=https://aaaaaaaaaaaaaaaaaaaa.supabase.co\n"
        )
        finding = files(project, supabase__project_ref="b" * 20)["env file"]
        assert finding.condition is Condition.WRONG
        assert "another project" in finding.found

    def test_one_that_is_a_folder_is_wrong(self, project: Path) -> None:
        finding = files(project, repository__env_file="db")["env file"]
        assert finding.condition is Condition.WRONG
