"""What gonogo adds to pytest: the same tests as checks with their record, and bare.

The whole process is timed: start, imports, collecting, running, the record, the gate's answer and
the report. Both sides run without other plugins (pytest-html, xdist and the like) and without
JUnit XML.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.plan import Benchmark, Contender, Figure, Plan, timed
from bench.processes import Processes

CHECKS = 3000
GROUP = 30
BARE, FIXTURE = "bare pytest", "bare pytest, one fixture each"
CHECKED = "checks, one observation each"
SETTINGS = '[tool.pytest]\nstrict = true\ntestpaths = ["tests"]\n'
TARGET = """\
[target]
name = "nothing"
environment = "rehearsal"
provider = "nothing:Provider"
[release]
version = "1.0"
[checklist]
path = "checklist.md"
[repository]
path = "."
"""
PROVIDER = """\
from gonogo.provider import Instance


class Provider:
    def __init__(self, settings, **given):
        self._root = settings.root

    def start(self):
        return Instance(id="nothing-1", commit="0" * 40, repository=str(self._root))

    def stop(self):
        pass
"""
BARE_TEST = """
def test_{number}():
    assert {number} + 1 == {next}
"""
FIXTURE_TEST = """
def test_{number}(node):
    assert {number} + 1 == {next}
"""
CHECK = """
@pytest.mark.item("{item}")
def test_{number}(evidence):
    evidence.record("a sum", expected={next}, found={number} + 1)
    assert {number} + 1 == {next}
"""
FIXTURE_HEAD = """\
import pytest


@pytest.fixture
def node(request):
    return request.node
"""
PROJECTS = {
    BARE: ("import pytest\n", BARE_TEST),
    FIXTURE: (FIXTURE_HEAD, FIXTURE_TEST),
    CHECKED: ("import pytest\n", CHECK),
}


@contextmanager
def prepare(checks: int = CHECKS) -> Iterator[Plan]:
    """Write one project for each contender."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-") as name:
        folder = Path(name)
        processes = Processes(folder, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
        contenders = []
        for number, (contender, (head, test)) in enumerate(PROJECTS.items()):
            project = folder / f"project{number}"
            _write_project(project, head, test, checks, is_gonogo=contender == CHECKED)
            run = _run(processes, project, checks)
            contenders.append(Contender(name=contender, run=run))
        yield Plan(
            contenders=tuple(contenders),
            figures=(
                Figure(of=CHECKED, to=BARE, at_most=1.3),
                Figure(of=CHECKED, to=FIXTURE),
                Figure(of=FIXTURE, to=BARE),
            ),
            notes=(f"{checks:,} checks; whole process, report included, bytecode compiled before",),
        )


BENCHMARK = Benchmark(
    name="overhead",
    title=f"what gonogo adds to pytest, {CHECKS:,} checks",
    rounds=7,
    prepare=prepare,
)


def _run(processes: Processes, project: Path, checks: int) -> Callable[[], float]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:junitxml", "-p", "no:cacheprovider"]

    def suite() -> None:
        told = processes.run(command, folder=project)
        if f"{checks} passed" not in told:
            raise RuntimeError(told[-2000:])

    def fresh() -> float:
        shutil.rmtree(project / "reports", ignore_errors=True)
        return timed(suite)()

    return fresh


def _write_project(project: Path, head: str, test: str, checks: int, *, is_gonogo: bool) -> None:
    tests = project / "tests"
    tests.mkdir(parents=True)
    (project / "pyproject.toml").write_text(SETTINGS)
    bodies = [
        test.format(number=number, next=number + 1, item=_item_id(number))
        for number in range(checks)
    ]
    (tests / "test_many.py").write_text(head + "\n".join(bodies))
    if is_gonogo:
        (project / "conftest.py").write_text('pytest_plugins = ["gonogo.pytest_plugin"]\n')
        (project / "gonogo.toml").write_text(TARGET)
        (project / "nothing.py").write_text(PROVIDER)
        (project / "checklist.md").write_text(_checklist(checks))


def _item_id(number: int) -> str:
    return f"MNY-{number // GROUP + 1}.{number % GROUP + 1}"


def _checklist(checks: int) -> str:
    lines = ["# Many", "", "### Phase 1: Many <!-- gonogo: section MNY phase=phase1 -->", ""]
    for number in range(checks):
        if number % GROUP == 0:
            group = number // GROUP + 1
            lines.append(f"- [ ] **Group {group}** <!-- gonogo: group MNY-{group} -->")
        lines.append(f"  - [ ] Thing {number} is right <!-- gonogo: {_item_id(number)} -->")
    return "\n".join(lines) + "\n"
