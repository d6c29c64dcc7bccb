from __future__ import annotations

import threading
from collections.abc import Callable

from gonogo.verdict import State
from selftest.faults.test_outcome import a_fault
from staging.faults.fault import Fault
from staging.faults.runner import Runner
from staging.faults.running import Observed

HEALTHY = a_fault("healthy")
ITEMS = ["X-1", "X-2"]
GREEN = Observed(checked=2)


class Known:
    def __init__(self, **known: Observed) -> None:
        self.known = known

    def of(self, fault: Fault) -> Observed | None:
        return self.known.get(fault.id)

    def keep(self, fault: Fault, observed: Observed) -> None:
        self.known[fault.id] = observed


def runner(
    run: Callable[[Fault], Observed], *, known: Known | None = None, fresh: bool = False
) -> tuple[Runner, list[str]]:
    said: list[str] = []
    return Runner(run=run, known=known or Known(), say=said.append, jobs=2, fresh=fresh), said


def test_outcomes_come_in_the_given_order() -> None:
    first_may_end = threading.Event()

    def run(fault: Fault) -> Observed:
        if fault.id == "slow":
            assert first_may_end.wait(10)
        if fault.id == "quick":
            first_may_end.set()
        return Observed(states=fault.expected, checked=2)

    faults = [a_fault("slow", X_1=State.FAIL), a_fault("quick", X_2=State.FAIL)]
    subject, said = runner(run)
    outcomes = subject.outcomes(HEALTHY, faults, items=ITEMS)
    assert [each.fault.id for each in outcomes] == ["slow", "quick"]
    assert all(each.right for each in outcomes)
    assert said[0] == "[healthy box] healthy: as expected, 0.0 s"
    assert {line.partition("] ")[2] for line in said[1:]} == {
        "quick: as expected, 0.0 s",
        "slow: as expected, 0.0 s",
    }


def test_nothing_else_is_run_when_the_healthy_box_is_red() -> None:
    subject, said = runner(lambda _fault: Observed(states={"X-1": State.FAIL}, checked=2))
    outcomes = subject.outcomes(HEALTHY, [a_fault("f", X_1=State.FAIL)], items=ITEMS)
    assert [each.fault.id for each in outcomes] == ["healthy"]
    assert not outcomes[0].right
    assert said[-1] == "the healthy box is not all green: no fault is run"


def test_a_healthy_box_with_fewer_checks_than_items_is_not_healthy() -> None:
    subject, _ = runner(lambda _fault: Observed(checked=1))
    (outcome,) = subject.outcomes(HEALTHY, [a_fault("f", X_1=State.FAIL)], items=ITEMS)
    assert outcome.observed.trouble == "1 items checked, expected 2"


def test_what_the_healthy_box_lacks_a_tool_for_is_left_out_everywhere() -> None:
    lacking = {"X-2": State.NOT_RUN}

    def run(fault: Fault) -> Observed:
        tool = frozenset({"X-2"})
        return Observed(states={**fault.expected, **lacking}, without_tool=tool, checked=2)

    subject, _ = runner(run)
    (outcome,) = subject.outcomes(HEALTHY, [a_fault("f", X_1=State.FAIL)], items=ITEMS)
    assert outcome.right


def test_a_tool_that_only_a_fault_takes_away_is_missed() -> None:
    def run(fault: Fault) -> Observed:
        if fault is HEALTHY:
            return GREEN
        return Observed(states={"X-1": State.NOT_RUN}, without_tool=frozenset({"X-1"}), checked=2)

    subject, _ = runner(run)
    (outcome,) = subject.outcomes(HEALTHY, [a_fault("f", X_1=State.FAIL)], items=ITEMS)
    assert outcome.missed == {"X-1": "NOT_RUN, not FAIL"}


def test_what_is_known_is_not_run_again() -> None:
    fault = a_fault("f", X_1=State.FAIL)
    known = Known(healthy=GREEN, f=Observed(states=fault.expected, checked=2))

    def run(_fault: Fault) -> Observed:
        raise AssertionError

    subject, said = runner(run, known=known)
    (outcome,) = subject.outcomes(HEALTHY, [fault], items=ITEMS)
    assert outcome.known
    assert outcome.right
    assert said[-1] == "[1 of 1] f: as expected, known"


def test_fresh_runs_even_what_is_known_and_keeps_it() -> None:
    known = Known(healthy=GREEN, f=GREEN)
    fault = a_fault("f", X_1=State.FAIL)
    subject, said = runner(
        lambda each: Observed(states=each.expected, checked=2), known=known, fresh=True
    )
    (outcome,) = subject.outcomes(HEALTHY, [fault], items=ITEMS)
    assert not outcome.known
    assert known.known["f"].states == {"X-1": State.FAIL}
    assert "NOT AS EXPECTED" not in " ".join(said)


def test_a_surprise_is_shown_as_soon_as_it_is_there() -> None:
    def run(fault: Fault) -> Observed:
        return GREEN if fault is HEALTHY else Observed(trouble="no place to insert")

    subject, said = runner(run)
    (outcome,) = subject.outcomes(HEALTHY, [a_fault("f", X_1=State.FAIL)], items=ITEMS)
    assert not outcome.right
    assert said[-1] == "[1 of 1] f: NOT AS EXPECTED, 0.0 s"
