from __future__ import annotations

import pytest

from selftest.plugin.project import Project

LOOKS = "import pytest\n@pytest.mark.item('FIN-1.1')\ndef test_one(evidence):\n"


def test_a_check_that_looked_at_nothing_is_no_pass(project: Project) -> None:
    (project.pytester.path / "tests").mkdir()
    project.write("tests/test_checks.py", f"{LOOKS}    pass\n")
    assert project.run("-m", "final").ret == 20
    assert project.states["FIN-1.1"] == "ERROR"


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan"])
def test_a_body_that_was_never_run_is_no_pass(project: Project, option: str) -> None:
    project.write_tests("FIN-1.1: pass", "FIN-1.2: pass")
    assert project.run("-m", "final", option).ret == 20
    assert set(project.states.values()) == {"NOT_RUN"}


@pytest.mark.parametrize("option", [["-k", "test_0"], ["--ignore=x"], ["tests"], ["-o", "x=y"]])
def test_a_rehearsal_of_a_part_is_refused(project: Project, option: list[str]) -> None:
    project.write_tests("FIN-1.1: pass")
    result = project.run("--rehearse", *option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--rehearse rehearses everything" in result.stderr.str()


def test_the_callers_environment_is_never_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYAPP_CRED", "zz-canary-of-the-caller")
    project.write_tests(
        "FIN-1.1: raise errors.CannotTell('x')",
        "FIN-1.2: assert evidence is None, evidence",
    )
    result = project.run("-m", "final", "-vv", "--showlocals", "--full-trace")
    assert "zz-canary-of-the-caller" not in result.stdout.str() + result.stderr.str()
    assert b"zz-canary-of-the-caller" not in project.everything_written()


def test_a_debug_log_is_refused(project: Project) -> None:
    project.write_tests("FIN-1.1: pass")
    assert project.run("--debug").ret == pytest.ExitCode.USAGE_ERROR
