from __future__ import annotations

from gonogo.gate import _WORST_FIRST
from gonogo.report.wording import STATES
from gonogo.verdict import OBSERVED, RED, SETTLED, State, Verdict


def test_each_verdict_has_its_own_exit_status_and_none_of_pytests() -> None:
    statuses = {verdict: verdict.exit_code for verdict in Verdict}
    assert statuses == {Verdict.GO: 0, Verdict.NO_GO: 1, Verdict.HOLD: 20}


def test_no_state_is_both_settled_and_red() -> None:
    assert not SETTLED & RED


def test_every_state_that_is_not_settled_has_its_place_among_what_blocks() -> None:
    assert set(_WORST_FIRST) == set(State) - SETTLED
    assert set(_WORST_FIRST[: len(RED)]) == RED


def test_every_state_has_its_words() -> None:
    assert set(STATES) == set(State)


def test_the_only_settled_state_a_check_can_end_in_is_pass() -> None:
    assert {State.PASS} == OBSERVED & SETTLED
