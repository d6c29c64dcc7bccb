from __future__ import annotations

import pytest

from selftest.plugin.project import CHECKLIST, Project

WORKERS = pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "workers"])
SHARED = """\
import pytest
from gonogo import errors


@pytest.fixture(scope="session")
def server():
    deep_inside = 1
    raise {error}


@pytest.mark.item("FIN-1.1")
def test_one(server, evidence): ...


@pytest.mark.item("FIN-1.2")
def test_two(server, evidence): ...
"""
REFUSED = "errors.CannotTell('nothing answers', where='db:5432', do='start the server')"


def _said(project: Project, *arguments: str) -> str:
    return project.run("-m", "final", *arguments).stdout.str()


def _share(project: Project, error: str) -> None:
    (project.pytester.path / "tests").mkdir()
    project.write("tests/test_checks.py", SHARED.replace("{error}", error))


@WORKERS
def test_one_cause_is_told_once_with_all_its_items_and_without_a_traceback(
    project: Project, workers: list[str]
) -> None:
    _share(project, REFUSED)
    said = _said(project, *workers)
    assert said.count("nothing answers") == 1
    assert "FIN-1.1, FIN-1.2" in said
    assert "where     db:5432" in said
    assert "deep_inside" not in said
    assert "short test summary" not in said
    assert "2 errors" in said.splitlines()[-1]


@pytest.mark.parametrize("option", ["--tb=long", "--tb=short", "--full-trace"])
def test_whoever_asks_for_tracebacks_gets_them_all(project: Project, option: str) -> None:
    _share(project, REFUSED)
    said = _said(project, option)
    assert said.count("ERROR at setup of") == 2
    assert said.count("CannotTell: nothing answers") >= 2


@WORKERS
def test_what_nobody_expected_keeps_its_traceback_once(
    project: Project, workers: list[str]
) -> None:
    _share(project, "KeyError('rows')")
    said = _said(project, *workers)
    assert said.count("ERROR at setup of") == 1
    assert said.count("deep_inside = 1") == 1
    assert "1. ERROR: KeyError: 'rows'" in said


def test_the_same_words_raised_elsewhere_are_another_traceback(project: Project) -> None:
    project.write_tests("FIN-1.1: raise KeyError('rows')", "FIN-1.2: raise KeyError('rows')")
    assert _said(project).count("ERROR at call of") == 2


def test_an_assertion_is_told_in_its_own_words(project: Project) -> None:
    project.write_tests("FIN-1.1: left = 1; assert left == 2, 'two were wanted'", "FIN-1.2: pass")
    said = _said(project)
    assert "1. FAIL: two were wanted" in said
    assert "left = 1" not in said
    assert "FAILURES" not in said


def test_what_a_check_printed_is_shown_with_its_words(project: Project) -> None:
    project.write_tests("FIN-1.1: print('a hint'); assert False, 'no'", "FIN-1.2: pass")
    said = _said(project)
    assert "a hint" in said
    assert "assert False" not in said


def test_an_advisory_red_is_left_to_pytest_in_its_own_words(project: Project) -> None:
    project.write("checklist.md", CHECKLIST.replace("FIN-1.2 -->", "FIN-1.2 advisory=yes -->"))
    project.write_tests("FIN-1.1: pass", "FIN-1.2: assert False, 'the page is slow'")
    said = _said(project)
    assert "the page is slow" in said.partition("= gonogo =")[0]
    assert "gonogo: GO" in said


def test_a_red_that_another_one_of_its_check_hides_is_shown(project: Project) -> None:
    (project.pytester.path / "tests").mkdir()
    project.write(
        "tests/test_checks.py",
        "import pytest\n"
        "@pytest.fixture\n"
        "def closing():\n    yield\n    raise OSError('gone')\n"
        '@pytest.mark.item("FIN-1.1")\n'
        "def test_one(closing, evidence):\n"
        "    evidence.record('x', found='y')\n"
        "    assert False, 'it was red'\n",
    )
    said = _said(project)
    assert "it was red" in said
    assert "1. ERROR: OSError: gone" in said


def test_the_engineers_page_keeps_the_traceback(project: Project) -> None:
    _share(project, REFUSED)
    project.run("-m", "final", "-p", "pytest_html")
    (page,) = (project.dossier / "runs").glob("*/pytest-html.html")
    assert "deep_inside = 1" in page.read_text()


def test_the_verdict_stands_below_everything_else(project: Project) -> None:
    project.write_tests("FIN-1.1: raise KeyError('rows')", "FIN-1.2: pytest.skip('later')")
    said = _said(project, "-ra")
    assert said.index("short test summary") < said.index("gonogo: HOLD")
    assert said.splitlines()[-2].startswith("report: ")


def test_reds_are_shown_by_pytest_where_no_verdict_could_be_made(project: Project) -> None:
    project.write_tests("FIN-1.1: pass", "FIN-1.2: assert False, 'not as it must be'")
    project.write("conftest.py", BROKEN_REPORTS)
    said = _said(project)
    assert "not everything could be recorded" in said
    assert "not as it must be" in said


BROKEN_REPORTS = """\
pytest_plugins = ["gonogo.pytest_plugin"]


def pytest_runtest_teardown(item):
    reports = item.config.rootpath / "reports"
    for folder in reports.iterdir():
        (folder / "results.json").mkdir(exist_ok=True)
"""


def test_a_run_says_what_comes_before_its_scope_and_is_not_settled(project: Project) -> None:
    project.write_tests("MIG-1.1: pass", "MIG-1.2: pass", "MIG-2.1: pass")
    said = project.run("-m", "phase1").stdout.str()
    assert "covers: phase1 only; before it and not settled: final (2 items)" in said


class TestNothingSelected:
    def say(self, project: Project, *arguments: str) -> str:
        project.write_tests("MIG-1.1: pass", "MIG-1.2: pass")
        result = project.run(*arguments)
        assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
        assert not (project.pytester.path / "reports").exists()
        said = result.stdout.str()
        assert "gonogo: nothing was run, so nothing is decided" in said
        assert "checks:  phase1 (2 of 4 items)" in said
        return said

    def test_a_phase_without_a_check_is_named(self, project: Project) -> None:
        said = self.say(project, "-m", "final")
        assert "missing: no check yet for any of the 2 items of final" in said
        assert "next:    gonogo items --phase final" in said

    def test_an_unknown_marker_is_named_with_those_near_it(self, project: Project) -> None:
        said = self.say(project, "-m", "phse1")
        assert "unknown: -m names phse1, which is no marker; near it: phase1" in said
        assert "known:   preflight, final, phase1" in said
        assert "next:    pytest -m phase1" in said

    def test_a_scope_without_items_is_said_to_be_empty(self, project: Project) -> None:
        assert "no item of the checklist" in self.say(project, "-m", "phase1 and final")
        assert "no item of the checklist" in self.say(project, "-m", "item(id='MIG-1.1')")

    def test_a_keyword_that_no_check_has(self, project: Project) -> None:
        said = self.say(project, "-k", "nothing_like_it")
        assert "none of the 2 checks is selected by this" in said
        assert "such as pytest -k MIG-1.1" in said

    def test_a_project_without_any_check(self, project: Project) -> None:
        said = project.run("-m", "final").stdout.str()
        assert "checks:  none" in said


def test_a_rehearsal_that_is_go_accepts_nothing(project: Project) -> None:
    project.write("checklist.md", CHECKLIST.partition("### Phase 1")[0])
    project.write_tests("FIN-1.1: pass", "FIN-1.2: pass")
    result = project.run("--rehearse")
    assert result.ret == 0
    assert "gonogo: GO" in result.stdout.str()
    assert "accepted" not in result.stdout.str()


@WORKERS
def test_a_verdict_over_a_scope_that_names_nobody_is_never_go(
    project: Project, workers: list[str]
) -> None:
    project.write_tests("FIN-1.1: pass", "FIN-1.2: pass")
    result = project.run("-m", "final or tpyo", *workers)
    assert result.ret == 20
    assert project.results["verdict"] == "HOLD"
    assert "problem  -m names tpyo, which is no marker" in result.stdout.str()


def test_markers_of_pytest_and_of_the_project_are_known(project: Project) -> None:
    project.write_tests("FIN-1.1: pass", "FIN-1.2: pass")
    for expression in ("final and not browser", "final and not xdist_group(name='a')", "final"):
        assert project.run("-m", expression).ret == 0, expression
