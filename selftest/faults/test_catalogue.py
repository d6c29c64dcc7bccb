from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from gonogo.verdict import State
from staging.faults.checked_items import machine_items
from staging.faults.clone import Clone
from staging.faults.every_fault import FAULTS, HEALTHY
from staging.faults.fault import DATABASE_ALONE, RED_STATES, control, fault
from staging.faults.outcome import TURNED_RED

ROOT = Path(__file__).parents[2]
BREAKING = [each for each in FAULTS if not each.is_control]


def test_ids_are_unique_words_with_dashes() -> None:
    ids = [each.id for each in FAULTS]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) for each in ids)


def test_every_fault_says_in_one_sentence_what_is_broken() -> None:
    said = [each.sentence for each in FAULTS]
    assert [words for words in said if "\n" in words or not words.endswith(".")] == []


def test_sentences_are_not_said_twice() -> None:
    said = Counter(each.sentence for each in FAULTS)
    assert [sentence for sentence, count in said.items() if count > 1] == []


def test_expected_items_are_machine_items_of_the_phase_and_states_are_red_ones() -> None:
    strangers = {
        each.id: unknown
        for each in FAULTS
        if (unknown := each.expected.keys() - set(machine_items(ROOT, each)))
    }
    assert strangers == {}
    assert {state for each in FAULTS for state in each.expected.values()} <= RED_STATES


def test_faults_are_of_phases_that_are_run() -> None:
    assert [each.id for each in FAULTS if each.phase not in HEALTHY] == []


@pytest.mark.parametrize("phase", HEALTHY)
def test_every_machine_item_is_turned_red_by_faults_and_fails_in_one(phase: str) -> None:
    least = 2 if phase == DATABASE_ALONE else 1
    red = Counter(
        item for each in BREAKING for item, state in each.expected.items() if state in TURNED_RED
    )
    fails = Counter(
        item for each in BREAKING for item, state in each.expected.items() if state is State.FAIL
    )
    items = machine_items(ROOT, HEALTHY[phase])
    assert [item for item in items if red[item] < least or fails[item] < 1] == []


def test_there_are_the_machine_items_of_phase_1() -> None:
    assert machine_items(ROOT, HEALTHY["phase1"]) == [
        *(f"MIG-1.{n}" for n in range(1, 4)),
        *(f"MIG-2.{n}" for n in range(1, 6)),
        *(f"MIG-3.{n}" for n in range(1, 5)),
    ]


def test_a_fault_must_expect_something() -> None:
    with pytest.raises(ValueError, match="names items"):
        fault()


def test_a_fault_names_an_item_once() -> None:
    with pytest.raises(ValueError, match="each of them once"):
        fault(fails="MIG-1.1", errors="MIG-1.1")


def test_a_function_becomes_a_fault_with_its_name_and_docstring() -> None:
    @fault(fails="MIG-1.2 MIG-1.1", not_run="MIG-3.4")
    def disk_is_full(_clone: Clone) -> None:
        """The disk is full."""

    assert disk_is_full.id == "disk-is-full"
    assert disk_is_full.sentence == "The disk is full."
    assert disk_is_full.group == "test_catalogue"
    assert disk_is_full.expected == {
        "MIG-1.1": State.FAIL,
        "MIG-1.2": State.FAIL,
        "MIG-3.4": State.NOT_RUN,
    }
    assert not disk_is_full.is_control


def test_a_fault_of_a_later_phase_has_services() -> None:
    @fault(fails="DEP-V.1", phase="phase2", before="deploy")
    def tests_are_skipped(_clone: Clone) -> None:
        """The script skips the tests."""

    @control(phase="preflight")
    def moon_is_new(_clone: Clone) -> None:
        """The moon is new."""

    assert (tests_are_skipped.needs_services, tests_are_skipped.before) == (True, "deploy")
    assert tests_are_skipped.marks == ("phase2",)
    assert moon_is_new.is_control
    assert moon_is_new.marks == ("preflight", "browser")


def test_a_control_expects_nothing() -> None:
    @control
    def moon_is_full(_clone: Clone) -> None:
        """The moon is full."""

    assert moon_is_full.is_control
