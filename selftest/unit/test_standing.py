from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.checklist import Item, Kind
from gonogo.history import History
from gonogo.records import NO_INSTANCE, Absence, Attempt, RunSummary, Standing
from gonogo.standing import Circumstances, standings
from gonogo.verdict import OBSERVED, SETTLED, State
from selftest.unit.dossiers import COMMIT, INSTANCE, NOW, attempt, item

PASS, FAIL, ERROR, NOT_RUN = State.PASS, State.FAIL, State.ERROR, State.NOT_RUN
STALE = State.STALE


def run(run_id: str, *planned: str) -> RunSummary:
    return RunSummary(
        run_id=run_id,
        started_at=NOW,
        ended_at=None,
        exit_status=None,
        options="",
        planned=planned,
    )


def stand(
    *attempts: Attempt,
    of: Item | None = None,
    runs: tuple[RunSummary, ...] = (),
    **parts: Any,  # noqa: ANN401
) -> Standing:
    given_ = {"commit": COMMIT, "instance": INSTANCE, "now": NOW, **parts}
    history = History(attempts=attempts, runs=runs)
    [found] = standings([of or item()], history, Circumstances(**given_))
    return found


@pytest.mark.parametrize("state", sorted(OBSERVED))
def test_a_machines_item_stands_where_its_latest_attempt_ended(state: State) -> None:
    found = stand(attempt(state=state, message="said"))
    assert (found.state, found.reason) == (state, "said")


def test_without_an_attempt_nothing_is_known() -> None:
    found = stand()
    assert (found.state, found.absence) == (NOT_RUN, Absence.NOT_SELECTED)
    assert found.latest is None


@pytest.mark.parametrize("earlier", [FAIL, ERROR])
def test_green_after_red_says_so(earlier: State) -> None:
    assert stand(attempt(state=earlier), attempt()).state is State.PASS_AFTER_RETRY


@pytest.mark.parametrize("earlier", [PASS, NOT_RUN, State.INCONCLUSIVE, State.WAITING])
def test_green_after_what_was_no_red_is_plain_green(earlier: State) -> None:
    assert stand(attempt(state=earlier), attempt()).state is PASS


def test_red_after_green_is_red() -> None:
    assert stand(attempt(), attempt(state=FAIL)).state is FAIL


def test_a_red_of_another_commit_is_forgotten_and_its_green_too() -> None:
    assert stand(attempt(state=FAIL, commit="other"), attempt()).state is PASS
    assert stand(attempt(commit="other")).state is NOT_RUN


def test_a_green_of_another_instance_does_not_count() -> None:
    found = stand(attempt(instance="other"))
    assert (found.state, found.absence) == (NOT_RUN, Absence.NOT_SELECTED)


def test_what_another_instance_measured_is_never_shown_as_the_deciding_attempt() -> None:
    here = attempt(message="here", at=NOW - timedelta(minutes=5))
    found = stand(here, attempt(instance="other", state=FAIL, message="elsewhere"))
    assert found.state is State.PASS_AFTER_RETRY
    assert found.latest is here
    assert len(found.attempts) == 2


def test_an_earlier_red_on_another_instance_makes_it_a_retry() -> None:
    earlier = attempt(instance="other", state=FAIL, at=NOW - timedelta(minutes=5))
    assert stand(earlier, attempt()).state is State.PASS_AFTER_RETRY


def test_a_run_that_did_not_reach_the_target_takes_green_away_and_gives_none() -> None:
    assert stand(attempt(), attempt(state=ERROR, instance=NO_INSTANCE)).state is ERROR
    assert stand(attempt(state=FAIL), attempt(instance=NO_INSTANCE)).state is FAIL
    assert stand(attempt(instance=NO_INSTANCE)).state is NOT_RUN


@pytest.mark.parametrize("kind", [Kind.H, Kind.AH, Kind.A_PLUS])
def test_where_a_person_must_speak_a_machines_pass_is_pending(kind: Kind) -> None:
    found = stand(attempt(), of=item(kind=kind))
    assert (found.state, found.absence) == (State.PENDING, Absence.PERSON)
    assert stand(attempt(state=FAIL), attempt(), of=item(kind=kind)).state is State.PENDING


@pytest.mark.parametrize("kind", [Kind.H, Kind.AH, Kind.A_PLUS])
def test_a_red_of_a_persons_item_stays_red(kind: Kind) -> None:
    assert stand(attempt(state=FAIL), of=item(kind=kind)).state is FAIL


@pytest.mark.parametrize("kind", [Kind.A, Kind.A_H, Kind.M])
def test_where_a_machine_is_enough_its_pass_settles(kind: Kind) -> None:
    assert stand(attempt(), of=item(kind=kind)).state is PASS


def test_green_of_another_text_is_stale() -> None:
    found = stand(attempt(bindings={"text": "other"}))
    assert (found.state, found.reason) == (STALE, "the checklist's text of this item changed since")
    assert stand(attempt(bindings={})).state is STALE


@pytest.mark.parametrize(
    ("then", "now", "state"),
    [
        ({"env": "1"}, {"env": "1"}, PASS),
        ({}, {}, PASS),
        ({"env": "1"}, {"env": "2"}, STALE),
        ({}, {"env": "1"}, STALE),
        ({"env": "1"}, {}, STALE),
    ],
)
def test_green_over_something_that_changed_is_stale(
    then: dict[str, str], now: dict[str, str], state: State
) -> None:
    made = attempt(bindings={"text": item().text_sha256, **then})
    assert stand(made, of=item(depends=frozenset({"env"})), bindings=now).state is state
    assert stand(made, bindings=now).state is PASS


@pytest.mark.parametrize(("age_s", "state"), [(0, PASS), (7200, PASS), (7201, STALE)])
def test_green_counts_for_as_long_as_the_item_allows(age_s: int, state: State) -> None:
    old = attempt(at=NOW - timedelta(seconds=age_s))
    assert stand(old, of=item(max_age_s=7200)).state is state
    assert stand(old).state is PASS


def test_stale_comes_before_retried_and_before_the_person() -> None:
    old = attempt(bindings={"text": "other"})
    assert stand(attempt(state=FAIL), old).state is STALE
    assert stand(old, of=item(kind=Kind.AH)).state is STALE


def test_a_red_never_gets_stale() -> None:
    old = attempt(state=FAIL, at=NOW - timedelta(days=9), bindings={})
    assert stand(old, of=item(max_age_s=1)).state is FAIL


def test_an_item_that_the_asking_run_planned_and_did_not_finish_is_not_run() -> None:
    runs = (run("run-1", "MIG-1.1"), run("run-2", "MIG-1.1"))
    found = stand(attempt(), runs=runs, run_id="run-2")
    assert (found.state, found.absence) == (NOT_RUN, Absence.NOT_FINISHED)
    assert stand(attempt(), runs=runs, run_id="run-1").state is PASS


def test_whoever_asks_an_item_that_the_newest_run_did_not_finish_is_not_run() -> None:
    runs = (run("run-1", "MIG-1.1"), run("run-2", "MIG-1.1"))
    assert stand(attempt(), runs=runs).state is NOT_RUN
    assert stand(attempt(), runs=(*runs[:1], run("run-2", "MIG-1.2"))).state is PASS


def test_the_asking_runs_own_red_decides_whatever_an_older_clock_said() -> None:
    early = attempt(at=NOW + timedelta(minutes=4), run_id="run-1")
    late = attempt(state=FAIL, run_id="run-2")
    runs = (run("run-1", "MIG-1.1"), run("run-2", "MIG-1.1"))
    assert stand(early, late, runs=runs, run_id="run-2").state is FAIL


def test_an_item_planned_in_any_run_and_never_finished_says_so() -> None:
    assert stand(runs=(run("run-1", "MIG-1.1"),)).absence is Absence.NOT_FINISHED
    assert stand(runs=(run("run-1", "MIG-1.2"),)).absence is Absence.NOT_SELECTED


def test_an_item_without_a_check_says_so_or_names_the_person() -> None:
    assert stand(covered=()).absence is Absence.NO_CHECK
    assert stand(covered=(), of=item(kind=Kind.H)).absence is Absence.PERSON
    assert stand(covered=(), of=item(kind=Kind.AH)).absence is Absence.NO_CHECK
    assert stand(covered=("MIG-1.1",)).absence is Absence.NOT_SELECTED


def test_items_stand_in_the_order_they_were_given() -> None:
    items = [item("B-1.1"), item("A-1.1"), item("C-1.1")]
    found = standings(items, History(), Circumstances(commit="c", instance="i", now=NOW))
    assert [s.item.id for s in found] == ["B-1.1", "A-1.1", "C-1.1"]


ATTEMPTS = st.lists(
    st.builds(
        lambda state, commit, instance, age_s, text: attempt(
            state=state,
            commit=commit,
            instance=instance,
            at=NOW - timedelta(seconds=age_s),
            bindings={"text": text},
        ),
        st.sampled_from(sorted(OBSERVED)),
        st.sampled_from([COMMIT, "other"]),
        st.sampled_from([INSTANCE, "other", NO_INSTANCE]),
        st.integers(0, 100),
        st.sampled_from([item().text_sha256, "other"]),
    ),
    max_size=6,
).map(lambda found: sorted(found, key=lambda a: a.finished_at))


@given(attempts=ATTEMPTS, kind=st.sampled_from(Kind), max_age_s=st.none() | st.integers(1, 100))
def test_green_is_always_earned_here_on_this_commit_and_text(
    attempts: list[Attempt], kind: Kind, max_age_s: int | None
) -> None:
    found = stand(*attempts, of=item(kind=kind, max_age_s=max_age_s))
    if found.state not in SETTLED:
        return
    latest = found.latest
    assert latest is not None
    assert (latest.state, latest.commit, latest.instance) == (PASS, COMMIT, INSTANCE)
    assert latest.bindings["text"] == item().text_sha256
    after = attempts[[a is latest for a in attempts].index(True) + 1 :]
    assert not [a for a in after if a.commit == COMMIT and a.instance == INSTANCE]


@given(attempts=ATTEMPTS)
def test_a_red_that_comes_last_is_never_anything_better(attempts: list[Attempt]) -> None:
    assert stand(*attempts, attempt(state=FAIL)).state is FAIL


class TestPlatforms:
    ON_NETLIFY = item(platform="netlify")

    def test_an_item_of_another_platform_does_not_apply_and_says_why(self) -> None:
        found = stand(of=self.ON_NETLIFY, platforms=("vercel", "docker"))
        assert found.state is State.NOT_APPLICABLE
        assert found.reason == "deployment.platforms names docker, vercel, not netlify"

    @pytest.mark.parametrize("state", sorted(OBSERVED))
    def test_whatever_was_observed_of_it_once(self, state: State) -> None:
        found = stand(attempt(state=state), of=self.ON_NETLIFY, platforms=("vercel",))
        assert (found.state, len(found.attempts)) == (State.NOT_APPLICABLE, 1)

    def test_an_item_of_a_platform_in_use_is_judged(self) -> None:
        assert stand(attempt(), of=self.ON_NETLIFY, platforms=("netlify",)).state is PASS

    def test_where_nobody_named_a_platform_all_are_judged(self) -> None:
        assert stand(of=self.ON_NETLIFY).state is NOT_RUN

    def test_an_item_of_no_platform_is_judged_everywhere(self) -> None:
        assert stand(attempt(), platforms=("vercel",)).state is PASS
