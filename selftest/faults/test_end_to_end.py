from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.verdict import State
from staging.faults.box import PreparedBox
from staging.faults.clone import Clone
from staging.faults.every_fault import FAULTS
from staging.faults.fault import fault
from staging.faults.outcome import Outcome
from staging.faults.running import run_fault

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreparedBox]:
    prepared = PreparedBox(ROOT, tmp_path_factory.mktemp("faults"))
    prepared.start()
    yield prepared
    prepared.stop()


@pytest.mark.parametrize("name", ["one-row-is-lost", "backup-is-one-row-short"])
def test_a_fault_turns_exactly_its_items_red(box: PreparedBox, name: str) -> None:
    chosen = next(each for each in FAULTS if each.id == name)
    outcome = Outcome(fault=chosen, observed=run_fault(chosen, box, root=ROOT))
    assert outcome.observed.trouble == ""
    assert outcome.observed.states == chosen.expected
    assert outcome.right


@fault(fails="MIG-3.4")
def nothing_to_replace(clone: Clone) -> None:
    """The script was rewritten, so that the fault finds no place to start from."""
    clone.script.replace("this is not in the script", "")


def test_a_fault_that_cannot_be_applied_is_trouble(box: PreparedBox) -> None:
    observed = run_fault(nothing_to_replace, box, root=ROOT)
    assert "migrate.sh: 0 places read" in observed.trouble


@fault(fails="MIG-3.4")
def target_is_unreadable(clone: Clone) -> None:
    """The target file is no TOML."""
    clone.target.write("[target")


def test_a_run_without_results_is_trouble(box: PreparedBox) -> None:
    observed = run_fault(target_is_unreadable, box, root=ROOT)
    assert "the run left no results (exit status 4)" in observed.trouble
    assert "the target file is not TOML" in observed.trouble


def test_clones_do_not_see_each_other(box: PreparedBox) -> None:
    with box.clone() as one, box.clone() as other:
        one.sql("DELETE FROM public.contact_activities")
        one.script.write("exit 1\n")
        with other.session() as session:
            row = session.execute("SELECT count(*) FROM public.contact_activities").fetchone()
        assert row is not None
        assert row[0] > 1000
        assert other.script.text != one.script.text
        assert one.instance.id != other.instance.id
    assert not one.deployment.exists()


def test_a_clone_is_as_the_box_itself(box: PreparedBox) -> None:
    with box.clone() as clone:
        path = clone.target.path.with_name("instance.json")
        assert "staging.faults.handed_over:HandedOver" in clone.target.text
        assert not path.exists()
        assert State.PASS not in {*FAULTS[0].expected.values()}
        with clone.session() as session:
            row = session.execute("SHOW search_path").fetchone()
        assert row == ('"$user", public, extensions',)
