from __future__ import annotations

import pytest

from selftest.plugin.project import CHECKLIST, TARGET, Project


def test_a_check_that_sends_test_events_needs_the_targets_word(project: Project) -> None:
    project.write("checklist.md", CHECKLIST.replace("FIN-1.2", "FIN-1.2 effect=test-event"))
    project.write_tests("FIN-1.1: pass", "FIN-1.2: pass")
    assert project.run("-m", "final").ret == 20
    assert project.states["FIN-1.2"] == "NOT_RUN"
    project.write("gonogo.toml", TARGET.replace("[release]", 'actions = ["test-event"]\n[release]'))
    assert project.run("-m", "final").ret == 0


def test_help_and_markers_need_no_target(project: Project) -> None:
    project.write("gonogo.toml", "this is no TOML")
    assert project.run("--markers").ret == 0
    assert project.run("--help").ret == 0


def test_github_learns_the_secrets_before_anything_can_print_them(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    project.write_tests("FIN-1.1: pass", "FIN-1.2: pass")
    project.run("-m", "final").stdout.fnmatch_lines(["::add-mask::s3cr3t-canary-value"])
    assert b"s3cr3t-canary-value" not in project.everything_written()
