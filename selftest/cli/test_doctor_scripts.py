from __future__ import annotations

import os
from pathlib import Path

import pytest

from gonogo.diagnosis import Condition, Finding
from gonogo.diagnosis_files import diagnose_files
from selftest.cli.doctors_project import files, settings_of


class TestScripts:
    def test_a_missing_script_is_wrong(self, project: Path) -> None:
        (project / "product/db/save.sh").unlink()
        finding = files(project)["action backup"]
        assert finding.condition is Condition.WRONG
        assert "actions.backup" in finding.where

    @pytest.mark.parametrize(
        ("denied", "found"), [(os.R_OK, "cannot be read"), (os.X_OK, "not executable")]
    )
    def test_a_script_that_may_not_be_used_is_wrong(
        self, project: Path, denied: int, found: str
    ) -> None:
        findings = diagnose_files(settings_of(project), allowed=lambda _, mode: mode != denied)
        finding = next(each for each in findings if each.service == "action backup")
        assert finding.condition is Condition.WRONG
        assert found in finding.found

    def test_a_script_without_the_bit_is_wrong_for_everybody(self, project: Path) -> None:
        (project / "product/db/save.sh").chmod(0o644)
        assert "chmod +x save.sh" in files(project)["action backup"].do

    def test_a_program_of_the_path_needs_no_folder(self, project: Path) -> None:
        assert not files(project, actions__backup__command=["sh"])["action backup"].stops
        assert files(project, actions__backup__command=["no-such-program"])["action backup"].stops

    def test_an_answer_that_is_not_set_is_missing(self, project: Path) -> None:
        prompts = [{"pattern": "yes?", "answer": "yes"}, {"pattern": "Word", "answer_env": "WORD"}]
        finding = files(project, actions__backup__prompts=prompts)["action backup"]
        assert finding.condition is Condition.MISSING
        assert "WORD is not set" in finding.found
        settings = settings_of(project, {"WORD": "x"}, actions__backup__prompts=prompts)
        given = {each.service: each for each in diagnose_files(settings)}
        assert not given["action backup"].stops

    def test_an_action_that_is_not_configured_is_left_to_people(self, project: Path) -> None:
        text = (project / "gonogo.toml").read_text()
        (project / "gonogo.toml").write_text(text.partition("[actions.migrate]")[0])
        finding = files(project)["action migrate"]
        assert finding.condition is Condition.BY_HAND
        assert not finding.stops
        assert "between gonogo before phase1 and pytest" in finding.found
        assert "actions.migrate.command" in finding.do

    def test_a_migration_without_its_rollback_is_wrong(self, project: Path) -> None:
        (project / "product/db/02-b.sql").touch()
        finding = files(project)["migration files"]
        assert finding.condition is Condition.WRONG
        assert finding.found == "no rollback file for 02-b.sql"


class TestFolders:
    REF = "abcdefghijklmnopqrst"

    def production(self, project: Path, **changed: object) -> dict[str, Finding]:
        return files(project, target__production=True, supabase__project_ref=self.REF, **changed)

    def test_scripts_write_to_the_real_ones_on_production_only(self, project: Path) -> None:
        assert "backups folder" not in files(project)
        found = self.production(project)
        assert found["backups folder"].found == "will be made when it is needed"
        assert "logs folder" not in self.production(project, migration__logs="")

    def test_a_file_in_its_place_is_wrong(self, project: Path) -> None:
        (project / "product/db/backups").touch()
        assert self.production(project)["backups folder"].condition is Condition.WRONG

    def test_one_that_may_not_be_written_is_wrong(self, project: Path) -> None:
        (project / "reports").mkdir()
        findings = diagnose_files(settings_of(project), allowed=lambda _, mode: not mode & os.W_OK)
        finding = findings[-1]
        assert finding.service == "reports folder"
        assert finding.condition is Condition.WRONG
        assert "may not write" in finding.found

    def test_a_full_disk_is_wrong(self, project: Path) -> None:
        finding = diagnose_files(settings_of(project), free_bytes=lambda _: 5 * 10**8)[-1]
        assert finding.condition is Condition.WRONG
        assert finding.found == "0.5 GB free"
        assert finding.expected == "at least 1 GB"
