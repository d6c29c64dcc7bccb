from __future__ import annotations

import pytest

from selftest.plugin.project import Project

CHECKS = """\
import pytest


@pytest.fixture(scope="session")
def session(suite_run):
    yield "signed in"
    suite_run.note("a session with s3cr3t-canary-value was left; end it by hand")


@pytest.mark.item("FIN-1.1")
def test_one(session, evidence):
    evidence.record("the session", found=session)


@pytest.mark.item("FIN-1.2")
def test_two(session, evidence):
    evidence.record("the session", found=session)
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "workers"])
def test_what_the_end_of_a_run_left_is_told_and_no_item_is_red_for_it(
    project: Project, workers: list[str]
) -> None:
    (project.pytester.path / "tests").mkdir()
    project.write("tests/test_checks.py", CHECKS)
    said = project.run("-m", "final", *workers).stdout.str()
    [run] = project.results["runs"]
    assert len(run["notes"]) == 1
    assert run["notes"][0].startswith("a session with ")
    assert said.count("note     a session with ") == 1
    assert "end it by hand" in (project.dossier / "report.html").read_text("utf-8")
    assert {project.states[item] for item in ("FIN-1.1", "FIN-1.2")} == {"PASS"}
    assert b"s3cr3t-canary-value" not in project.everything_written()
