from __future__ import annotations

import pytest

from selftest.plugin.project import Project

GREEN = ("FIN-1.1: pass", "FIN-1.2: pass", "MIG-1.1: pass", "MIG-1.2: pass", "MIG-2.1: pass")


def test_go_when_every_item_in_scope_passes(project: Project) -> None:
    project.write_tests(*GREEN)
    result = project.run("-m", "final")
    assert result.ret == 0
    assert project.results["verdict"] == "GO"
    result.stdout.fnmatch_lines(["*gonogo: GO*2 of 2*"])


@pytest.mark.parametrize(
    ("statement", "state", "code"),
    [
        ("assert 1 == 2, 'one is not two'", "FAIL", 1),
        ("raise errors.CannotTell('refused')", "ERROR", 20),
        ("raise RuntimeError('boom')", "ERROR", 20),
        ("pytest.skip('later')", "NOT_RUN", 20),
        ("raise errors.NothingToCompare('no baseline')", "NOT_RUN", 20),
        ("raise errors.TooLittleToDecide('3 of 10')", "INCONCLUSIVE", 20),
        ("pytest.fail('not an assertion')", "ERROR", 20),
    ],
)
def test_each_end_of_a_check_has_its_state(
    project: Project, statement: str, state: str, code: int
) -> None:
    project.write_tests("FIN-1.1: pass", f"FIN-1.2: {statement}")
    assert project.run("-m", "final").ret == code
    assert project.states["FIN-1.2"] == state
    assert project.states["FIN-1.1"] == "PASS"


def test_trouble_in_teardown_is_an_error_although_the_check_passed(project: Project) -> None:
    (project.pytester.path / "tests").mkdir()
    project.write(
        "tests/test_checks.py",
        "import pytest\n"
        "@pytest.fixture\n"
        "def closing():\n    yield\n    raise OSError('gone')\n"
        '@pytest.mark.item("FIN-1.1")\n'
        "def test_one(closing, evidence): evidence.record('x', found='y')\n"
        '@pytest.mark.item("FIN-1.2")\n'
        "def test_two(evidence): evidence.record('x', found='y')\n",
    )
    assert project.run("-m", "final").ret == 20
    assert project.states["FIN-1.1"] == "ERROR"


def test_an_item_without_a_check_is_not_run_and_holds(project: Project) -> None:
    project.write_tests("FIN-1.1: pass")
    assert project.run("-m", "final").ret == 20
    assert project.states["FIN-1.2"] == "NOT_RUN"


def test_a_rehearsal_accepts_only_what_it_cannot_mend(project: Project) -> None:
    project.write_tests("FIN-1.1: pass")
    assert project.run("--rehearse").ret == 0
    project.write_tests("FIN-1.1: raise errors.CannotTell('refused')")
    assert project.run("--rehearse").ret == 20
    project.write_tests("FIN-1.1: raise errors.Blocked('by another')")
    assert project.run("--rehearse").ret == 20


def test_a_keyword_makes_the_verdict_partial(project: Project) -> None:
    project.write_tests(*GREEN)
    result = project.run("-k", "test_3")
    assert result.ret == 0
    assert project.results["partial"] is True
    result.stdout.fnmatch_lines(["*PARTIAL*"])


def test_a_path_makes_the_verdict_partial(project: Project) -> None:
    project.write_tests(*GREEN)
    assert project.run("tests/test_checks.py").ret == 0
    assert project.results["partial"] is True


def test_green_after_red_of_the_same_commit_says_so(project: Project) -> None:
    project.write_tests("FIN-1.1: assert False", "FIN-1.2: pass")
    assert project.run("-m", "final").ret == 1
    project.write_tests("FIN-1.1: pass", "FIN-1.2: pass")
    assert project.run("-m", "final").ret == 0
    assert project.states["FIN-1.1"] == "PASS_AFTER_RETRY"
    assert project.states["FIN-1.2"] == "PASS"


def test_a_machine_pass_of_a_persons_item_waits_for_the_person(project: Project) -> None:
    project.write_tests("MIG-1.1: pass", "MIG-1.2: pass", "MIG-2.1: pass", "MIG-2.2: pass")
    assert project.run("-m", "phase1").ret == 20
    assert project.states["MIG-2.2"] == "PENDING"


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_states_are_the_same_with_and_without_workers(project: Project, workers: list[str]) -> None:
    project.write_tests(
        "FIN-1.1: pass",
        "FIN-1.2: assert False",
        "MIG-1.1: raise errors.CannotTell('x')",
        "MIG-1.2: pytest.skip('y')",
        "MIG-2.1: pass",
    )
    assert project.run(*workers).ret == 1
    assert project.states == {
        "FIN-1.1": "PASS",
        "FIN-1.2": "FAIL",
        "MIG-1.1": "ERROR",
        "MIG-1.2": "NOT_RUN",
        "MIG-2.1": "PASS",
        "MIG-2.2": "NOT_RUN",
    }


def test_collecting_only_starts_and_writes_nothing(project: Project) -> None:
    project.write_tests(*GREEN)
    project.run("--collect-only")
    assert not (project.pytester.path / "reports").exists()


def test_nothing_collected_keeps_pytests_own_code(project: Project) -> None:
    project.write_tests("MIG-1.1: pass")
    assert project.run("-m", "final").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_secret_is_masked_everywhere(project: Project) -> None:
    project.write_tests(
        "FIN-1.1: print('s3cr3t-canary-value'); assert 's3cr3t-canary-value' == 'x'",
        "FIN-1.2: evidence.record('x', found={'a': 's3cr3t-canary-value'})",
    )
    result = project.run("-m", "final")
    assert b"s3cr3t-canary-value" not in project.everything_written()
    assert "s3cr3t-canary-value" not in result.stdout.str() + result.stderr.str()
