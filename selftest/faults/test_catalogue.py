from __future__ import annotations

import re
from collections import Counter

import pytest

from gonogo.verdict import State
from staging.faults.__main__ import machine_items
from staging.faults.catalogue import FAULTS
from staging.faults.clone import Clone
from staging.faults.fault import RED_STATES, control, fault
from staging.faults.outcome import TURNED_RED

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


def test_expected_items_are_machine_items_and_states_are_red_ones() -> None:
    known = set(machine_items())
    assert {item for each in FAULTS for item in each.expected} <= known
    assert {state for each in FAULTS for state in each.expected.values()} <= RED_STATES


def test_every_machine_item_is_turned_red_by_two_faults_and_fails_in_one() -> None:
    red = Counter(
        item for each in BREAKING for item, state in each.expected.items() if state in TURNED_RED
    )
    fails = Counter(
        item for each in BREAKING for item, state in each.expected.items() if state is State.FAIL
    )
    assert [item for item in machine_items() if red[item] < 2 or fails[item] < 1] == []


def test_there_are_the_machine_items_of_phase_1() -> None:
    assert machine_items() == [
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


def test_a_control_expects_nothing() -> None:
    @control
    def moon_is_full(_clone: Clone) -> None:
        """The moon is full."""

    assert moon_is_full.is_control
