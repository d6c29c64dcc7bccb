from __future__ import annotations

import asyncio
from itertools import islice

import pytest

from gonogo.errors import CannotTell, WaitTimedOut
from gonogo.waiting import growing, pause, pause_task, wait_until
from selftest.unit.dossiers import SetClock


class Slept(SetClock):
    """A clock that is slept on, and remembers how long each time."""

    def __init__(self) -> None:
        super().__init__()
        self.naps_s: list[float] = []

    def sleep(self, seconds_s: float) -> None:
        self.naps_s.append(seconds_s)
        self.advance(seconds_s)


@pytest.fixture
def clock() -> Slept:
    return Slept()


def test_what_is_there_at_once_is_returned_without_a_sleep(clock: Slept) -> None:
    found = wait_until(
        lambda: 7, lambda n: n == 7, what="7", timeout_s=1, clock=clock, sleep=clock.sleep
    )
    assert (found, clock.naps_s) == (7, [])


def test_the_first_wanted_value_is_returned(clock: Slept) -> None:
    values = iter([0, 0, 3, 4])
    found = wait_until(
        lambda: next(values), bool, what="one", timeout_s=9, clock=clock, sleep=clock.sleep
    )
    assert found == 3
    assert clock.naps_s == [0.05, 0.05]


def test_the_last_look_is_at_the_deadline(clock: Slept) -> None:
    looks_s: list[float] = []

    def look() -> bool:
        looks_s.append(clock.monotonic_s() - 100.0)
        return looks_s[-1] >= 1.0

    assert wait_until(
        look, bool, what="it", timeout_s=1.0, interval_s=0.4, clock=clock, sleep=clock.sleep
    )
    assert looks_s == pytest.approx([0, 0.4, 0.8, 1.0])


def test_pauses_grow_until_they_are_long_enough() -> None:
    naps_s = list(islice(growing(), 12))
    assert naps_s[:4] == pytest.approx([0.2, 0.3, 0.45, 0.675])
    assert naps_s[8:] == pytest.approx([5.0, 5.0, 5.0, 5.0])
    assert naps_s == sorted(naps_s)
    assert list(islice(growing(1.0, factor=2.0, longest_s=3.0), 4)) == [1.0, 2.0, 3.0, 3.0]


def test_a_wait_with_growing_pauses_asks_seldom_and_still_at_the_deadline(clock: Slept) -> None:
    looks_s: list[float] = []

    def look() -> bool:
        looks_s.append(clock.monotonic_s() - 100.0)
        return False

    with pytest.raises(WaitTimedOut):
        wait_until(
            look, bool, what="it", timeout_s=120, interval_s=growing(), clock=clock,
            sleep=clock.sleep,
        )  # fmt: skip
    assert len(looks_s) < 35
    assert sum(each < 1 for each in looks_s) >= 4
    assert looks_s[-1] == pytest.approx(120)


def test_pauses_that_come_to_an_end_go_on_with_the_last(clock: Slept) -> None:
    with pytest.raises(WaitTimedOut):
        wait_until(
            lambda: 0, bool, what="it", timeout_s=5, interval_s=[1.0, 2.0], clock=clock,
            sleep=clock.sleep,
        )  # fmt: skip
    assert clock.naps_s == [1.0, 2.0, 2.0]


def test_a_wait_that_runs_out_says_what_was_wanted_seen_and_how_long(clock: Slept) -> None:
    with pytest.raises(WaitTimedOut) as caught:
        wait_until(
            lambda: "not yet",
            lambda seen: seen == "ready",
            what="the server to be ready",
            timeout_s=2,
            interval_s=1,
            do="see its log",
            clock=clock,
            sleep=clock.sleep,
        )
    error = caught.value
    assert isinstance(error, CannotTell)
    assert error.what == "waited 2.0 s for the server to be ready"
    assert error.found == "'not yet' after 3 attempts"
    assert (error.expected, error.do) == ("the server to be ready", "see its log")


def test_a_look_that_takes_longer_than_the_deadline_still_counts(clock: Slept) -> None:
    def slow() -> bool:
        clock.advance(60)
        return True

    assert wait_until(slow, bool, what="it", timeout_s=1, clock=clock, sleep=clock.sleep)


@pytest.mark.parametrize("timeout_s", [0.0, -1.0])
def test_without_time_there_is_one_look(clock: Slept, timeout_s: float) -> None:
    with pytest.raises(WaitTimedOut, match="for it") as caught:
        wait_until(
            lambda: None, bool, what="it", timeout_s=timeout_s, clock=clock, sleep=clock.sleep
        )
    assert "after 1 attempts" in caught.value.found
    assert clock.naps_s == []


def test_a_look_that_raises_is_not_waited_over(clock: Slept) -> None:
    def broken() -> bool:
        raise CannotTell("refused")

    with pytest.raises(CannotTell, match="refused"):
        wait_until(broken, bool, what="it", timeout_s=9, clock=clock, sleep=clock.sleep)
    assert clock.naps_s == []


def test_the_machines_own_clock_is_used_where_none_is_given() -> None:
    with pytest.raises(WaitTimedOut):
        wait_until(lambda: False, bool, what="it", timeout_s=0.02, interval_s=0.01)
    pause(0.0)
    asyncio.run(pause_task(0.0))
