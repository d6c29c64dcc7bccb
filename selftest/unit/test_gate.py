from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.gate import ACCEPTED_IN_REHEARSAL, acceptable_in_rehearsal, decide
from gonogo.records import Absence, Decision, Standing
from gonogo.verdict import RED, SETTLED, State, Verdict
from selftest.unit.dossiers import item, standing

BETTER = (Verdict.NO_GO, Verdict.HOLD, Verdict.GO)
STATES = st.sampled_from(sorted(State))
SETTLED_STATES = st.sampled_from(sorted(SETTLED))
UNSETTLED = st.sampled_from(sorted(set(State) - SETTLED))
PLACES = st.lists(st.tuples(STATES, st.booleans()), max_size=8)


def of(places: list[tuple[State, bool]]) -> list[Standing]:
    return [
        standing(f"A-1.{number}", state, advisory=advisory)
        for number, (state, advisory) in enumerate(places)
    ]


def decided(stands: list[Standing], problems: tuple[str, ...] = ()) -> Decision:
    return decide(stands, scope="all", in_scope=[s.item.id for s in stands], problems=problems)


@pytest.mark.parametrize("state", sorted(State))
def test_each_state_alone_has_its_verdict(state: State) -> None:
    settles = state in SETTLED - {State.NOT_APPLICABLE}
    expected = Verdict.GO if settles else Verdict.NO_GO if state in RED else Verdict.HOLD
    assert decided([standing("A-1.1", state)]).verdict is expected


@given(PLACES, st.sampled_from(sorted(RED)))
def test_one_red_more_never_turns_the_verdict_better(
    places: list[tuple[State, bool]], red: State
) -> None:
    before = decided(of(places)).verdict
    after = decided(of([*places, (red, False)])).verdict
    assert after is Verdict.NO_GO
    assert BETTER.index(after) <= BETTER.index(before)


@given(PLACES, STATES)
def test_nothing_added_turns_a_no_go_into_anything_else(
    places: list[tuple[State, bool]], added: State
) -> None:
    if decided(of(places)).verdict is Verdict.NO_GO:
        assert decided(of([*places, (added, False)])).verdict is Verdict.NO_GO


@given(PLACES, UNSETTLED)
def test_anything_unsettled_is_never_go(places: list[tuple[State, bool]], state: State) -> None:
    decision = decided(of([*places, (state, False)]))
    assert decision.verdict is not Verdict.GO
    assert state in {s.state for s in decision.blocking}


@given(PLACES)
def test_go_means_that_all_that_can_block_is_settled(places: list[tuple[State, bool]]) -> None:
    decision = decided(of(places))
    settled = [state in SETTLED for state, advisory in places if not advisory]
    if decision.verdict is Verdict.GO:
        assert all(settled)
        assert any(state in SETTLED for state, _ in places)
        assert not decision.blocking
        assert not decision.problems


@given(PLACES, st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(
    places: list[tuple[State, bool]], shuffle: random.Random
) -> None:
    stands = of(places)
    shuffled = list(stands)
    shuffle.shuffle(shuffled)
    one, other = decided(stands), decided(shuffled)
    assert one.verdict is other.verdict
    assert {s.item.id for s in one.blocking} == {s.item.id for s in other.blocking}
    assert [s.state for s in one.blocking] == [s.state for s in other.blocking]


@given(st.lists(SETTLED_STATES, min_size=1, max_size=4), st.lists(STATES, max_size=4))
def test_advisory_items_never_block(settled: list[State], advisory: list[State]) -> None:
    places = [(state, False) for state in settled] + [(state, True) for state in advisory]
    decision = decided(of([*places, (State.PASS, False)]))
    assert decision.verdict is Verdict.GO
    assert decision.blocking == ()


@given(st.lists(UNSETTLED, min_size=1, max_size=4))
def test_advisory_items_alone_prove_nothing_until_one_is_settled(states: list[State]) -> None:
    advisory = [(state, True) for state in states]
    assert decided(of(advisory)).verdict is Verdict.HOLD
    assert decided(of([*advisory, (State.PASS, True)])).verdict is Verdict.GO


def test_what_does_not_apply_holds_nothing_up_and_proves_nothing() -> None:
    left_out = (State.NOT_APPLICABLE, False)
    decision = decided(of([left_out, (State.PASS, False)]))
    assert (decision.verdict, decision.not_applicable) == (Verdict.GO, 1)
    alone = decided(of([left_out, left_out]))
    assert (alone.verdict, len(alone.problems)) == (Verdict.HOLD, 1)
    beside_advisory = decided(of([left_out, (State.FAIL, True)]))
    assert beside_advisory.verdict is Verdict.HOLD


def test_a_rehearsal_of_what_does_not_apply_is_none() -> None:
    left_out = standing("A-1.1", State.NOT_APPLICABLE)
    lacking = Standing(item=item("A-1.2"), state=State.NOT_RUN, absence=Absence.TOOL)
    assert not acceptable_in_rehearsal(decided([left_out, lacking]))
    assert acceptable_in_rehearsal(decided([left_out, lacking, standing("A-1.3", State.PASS)]))


@given(PLACES, st.text(min_size=1))
def test_over_damage_the_gate_never_answers_go(
    places: list[tuple[State, bool]], damage: str
) -> None:
    decision = decided(of(places), problems=(damage,))
    assert decision.verdict is not Verdict.GO
    assert damage in decision.problems


def test_no_scope_is_never_go() -> None:
    decision = decided([])
    assert decision.verdict is Verdict.HOLD
    assert decision.problems == ("no item of the checklist is in scope",)


def test_an_unknown_id_is_never_go_and_named() -> None:
    decision = decide([standing("A-1.1", State.PASS)], scope="x", in_scope=["A-1.1", "B-9.9"])
    assert decision.verdict is Verdict.HOLD
    assert decision.problems == ("unknown item id B-9.9",)


def test_only_unknown_ids_are_no_scope() -> None:
    decision = decide([standing("A-1.1", State.PASS)], scope="x", in_scope=["B-9.9"])
    assert decision.verdict is Verdict.HOLD
    assert len(decision.problems) == 2


def test_what_is_out_of_scope_is_not_asked() -> None:
    stands = [standing("A-1.1", State.PASS), standing("A-1.2", State.FAIL)]
    decision = decide(stands, scope="x", in_scope=["A-1.1"])
    assert (decision.verdict, decision.in_scope) == (Verdict.GO, ("A-1.1",))


def test_an_id_named_twice_is_asked_once() -> None:
    decision = decide([standing("A-1.1", State.PASS)], scope="x", in_scope=["A-1.1", "A-1.1"])
    assert decision.in_scope == ("A-1.1",)


def test_reds_come_first_then_what_could_not_be_seen() -> None:
    states = [State.WAITING, State.NOT_RUN, State.ERROR, State.FAIL, State.STALE]
    decision = decided(of([(state, False) for state in states]))
    assert [s.state for s in decision.blocking] == [
        State.FAIL,
        State.ERROR,
        State.STALE,
        State.NOT_RUN,
        State.WAITING,
    ]


def absent(absence: Absence | None, state: State = State.NOT_RUN) -> Standing:
    return Standing(item=item("A-1.2"), state=state, absence=absence)


@pytest.mark.parametrize("absence", [None, *Absence])
def test_a_rehearsal_accepts_only_what_it_could_not_mend(absence: Absence | None) -> None:
    decision = decided([standing("A-1.1", State.PASS), absent(absence)])
    assert acceptable_in_rehearsal(decision) is (absence in ACCEPTED_IN_REHEARSAL)


def test_a_rehearsal_that_settled_nothing_is_not_accepted() -> None:
    assert not acceptable_in_rehearsal(decided([absent(Absence.NO_CHECK)]))
    assert not acceptable_in_rehearsal(decided([]))


@pytest.mark.parametrize("state", sorted(RED))
def test_a_rehearsal_never_accepts_a_red(state: State) -> None:
    decision = decided([standing("A-1.1", State.PASS), absent(Absence.NO_CHECK, state)])
    assert not acceptable_in_rehearsal(decision)


def test_a_rehearsal_accepts_go_but_no_problem() -> None:
    assert acceptable_in_rehearsal(decided([standing("A-1.1", State.PASS)]))
    assert not acceptable_in_rehearsal(decided([standing("A-1.1", State.PASS)], ("damage",)))
