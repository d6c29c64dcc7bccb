from __future__ import annotations

import pytest

from selftest.plugin.project import CHECKLIST, Project
from selftest.plugin.reached import ReachedProject

FIRST_WITH_LAST_LATE = CHECKLIST.replace("FIN-1.2 -->", "FIN-1.2 blocks=live -->")
LOG = "__import__('pathlib').Path('order.txt').open('a').write('{} ')"


def order(project: Project) -> list[str]:
    return (project.pytester.path / "order.txt").read_text().split()


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_checks_run_by_phase_whatever_their_order_in_the_files(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.write_tests(
        *(f"{i}: {LOG.format(i)}" for i in ("MIG-2.1", "MIG-1.1", "FIN-1.2", "FIN-1.1"))
    )
    project.run(*workers)
    assert {*order(project)[:2]} == {"FIN-1.1", "FIN-1.2"}
    assert {*order(project)[2:]} == {"MIG-1.1", "MIG-2.1"}


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_what_holds_up_nothing_before_the_application_is_live_waits_for_it(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.write("checklist.md", FIRST_WITH_LAST_LATE)
    project.write_tests(
        *(f"{i}: {LOG.format(i)}" for i in ("FIN-1.1", "FIN-1.2", "MIG-1.1", "MIG-2.1"))
    )
    project.run(*workers)
    assert (order(project)[0], order(project)[-1]) == ("FIN-1.1", "FIN-1.2")


@pytest.mark.parametrize(
    ("checklist", "state"), [(CHECKLIST, "NOT_RUN"), (FIRST_WITH_LAST_LATE, "PASS")]
)
def test_a_red_stops_the_migration_only_where_it_holds_it_up(
    shop: ReachedProject, checklist: str, state: str
) -> None:
    shop.project.write("checklist.md", checklist)
    shop.project.write(
        "tests/test_final.py",
        'import pytest\n@pytest.mark.item("FIN-1.2")\n'
        "def test_slow(evidence):\n    assert evidence is None\n",
    )
    shop.run("--execute", "migrate")
    assert shop.project.states["FIN-1.2"] == "FAIL"
    assert shop.project.states["MIG-2.1"] == state
