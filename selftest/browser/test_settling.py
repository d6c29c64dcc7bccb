from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gonogo.probes.browser.settling import settled


@dataclass
class Ears:
    sent: int = 0
    asked: int = 0
    under_way: int = 0


@dataclass
class Time:
    """A clock that goes on only while somebody sleeps, or looks."""

    passed_s: float = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return self.passed_s

    def sleep(self, seconds_s: float) -> None:
        self.passed_s += seconds_s


def rest(
    observe: Callable[[], int],
    ears: Ears,
    time: Time,
    *,
    at_once: bool = True,
    asked_before: int | None = None,
    wanted: int = 9,
) -> int:
    return settled(
        observe,
        lambda seen: seen == wanted,
        ear=ears,
        timeout_s=20,
        at_once=at_once,
        asked_before=asked_before,
        clock=time,
        sleep=time.sleep,
    )


def changing(*values: int) -> Callable[[], int]:
    left: Iterator[int] = iter(values)
    return lambda: next(left, values[-1])


def test_what_is_wanted_is_seen_at_once() -> None:
    time = Time()
    assert rest(changing(1, 2, 9, 3), Ears(), time) == 9
    assert time.passed_s < 0.2


def test_what_never_comes_ends_with_what_is_seen_when_the_page_rests() -> None:
    time = Time()
    assert rest(changing(1, 2, 3), Ears(), time) == 3
    assert 1.5 <= time.passed_s < 2


def test_a_page_that_waits_for_an_answer_does_not_rest() -> None:
    time = Time()
    assert rest(changing(1), Ears(under_way=1), time) == 1
    assert time.passed_s >= 20


def test_a_page_that_looked_like_that_before_must_come_to_rest() -> None:
    time = Time()
    assert rest(changing(9), Ears(), time, at_once=False) == 9
    assert time.passed_s >= 1.5


def test_a_page_that_asked_and_had_its_answer_is_believed_sooner() -> None:
    time, ears = Time(), Ears()

    def observe() -> int:
        ears.asked = ears.sent = int(time.passed_s > 0.3)
        return 9

    assert rest(observe, ears, time, at_once=False) == 9
    assert 0.3 < time.passed_s < 1


def test_a_page_that_had_its_answer_before_it_was_looked_at_is_believed_as_soon() -> None:
    time = Time()
    ears = Ears(asked=3, sent=3)
    assert rest(changing(9), ears, time, at_once=False, asked_before=2) == 9
    assert time.passed_s < 1


def test_on_a_busy_machine_a_page_gets_its_time_as_well() -> None:
    time = Time()

    def observe() -> int:
        time.sleep(0.5)
        return 1

    rest(observe, Ears(), time)
    assert time.passed_s > 10
