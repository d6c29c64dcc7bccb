from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gonogo.diagnosis import Condition, Finding, needed_in
from gonogo.diagnosis_node import diagnose_node, version_said_by
from selftest.cli.doctors_project import settings_of
from selftest.cli.doctors_providers import provided_by


class TestNode:
    def look(
        self,
        project: Path,
        provider: str = "Opens",
        *,
        there: tuple[str, ...] = ("node", "npm"),
        says: str = "v20.1.0",
    ) -> list[Finding]:
        if provider:
            provided_by(project, provider)
        found = diagnose_node(
            settings_of(project),
            which=lambda name: f"/bin/{name}" if name in there else None,
            ask=lambda program: says if program == "/bin/node" else "",
        )
        return list(found)

    def test_a_box_with_services_says_which_one_it_finds(self, project: Path) -> None:
        [finding] = self.look(project)
        assert (finding.service, finding.condition) == ("Node.js", Condition.REACHABLE)
        assert finding.found == "version 20.1.0, with npm"
        assert finding.where == "/bin/node"

    def test_the_provider_is_looked_for_in_the_projects_folder(self, project: Path) -> None:
        (project / "a_box_beside_its_file.py").write_text(
            "class Box:\n    def open(self, progress): ...\n    def stop(self): ...\n"
        )
        before = list(sys.path)
        [finding] = self.look(project, "a_box_beside_its_file:Box")
        assert finding.service == "Node.js"
        assert sys.path == before

    @pytest.mark.parametrize(
        ("there", "says", "condition", "found"),
        [
            ((), "", Condition.MISSING, "node is not on PATH"),
            (("node",), "v20.1.0", Condition.MISSING, "npm is not on PATH"),
            (("node", "npm"), "v18.20.0", Condition.WRONG, "version 18.20.0 is too old"),
            (("node", "npm"), "", Condition.WRONG, "it does not say its version"),
        ],
    )
    def test_where_it_lacks_checks_of_the_services_cannot_look_and_the_way_to_get_it_is_told(
        self, project: Path, there: tuple[str, ...], says: str, condition: Condition, found: str
    ) -> None:
        [finding] = self.look(project, there=there, says=says)
        assert finding.condition is condition
        assert found in finding.found
        assert "gonogo staging up" in finding.found
        assert finding.expected == "Node.js 20 or newer with npm"
        assert "https://nodejs.org, or on Debian 13 or newer: apt-get install" in finding.do

    def test_phase_1_needs_none(self, project: Path) -> None:
        found = self.look(project, there=())
        assert needed_in(["phase1"], found, None) == ()
        for phase in ("preflight", "phase2", "phase3", "phase4"):
            assert needed_in([phase], found, None), phase

    @pytest.mark.parametrize("provider", ["", "StartsOnly", "NoSuchClass"])
    def test_a_target_that_opens_no_services_has_no_such_line(
        self, project: Path, provider: str
    ) -> None:
        assert self.look(project, provider) == []

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("#!/bin/sh\necho v20.1.0\n", "v20.1.0"),
            ("#!/bin/sh\nexit 1\n", ""),
            ("#!/bin/sh\nsleep 9\n", ""),
            ("not a program", ""),
        ],
    )
    def test_a_program_is_asked_for_its_version_within_a_time(
        self, tmp_path: Path, script: str, said: str
    ) -> None:
        program = tmp_path / "node"
        program.write_text(script)
        program.chmod(0o755)
        assert version_said_by(str(program), timeout_s=0.5) == said
