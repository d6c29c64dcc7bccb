"""The only module that sleeps: every wait ends in a value or in a raise that says why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from gonogo.clock import Clock, SystemClock
from gonogo.errors import WaitTimedOut

T = TypeVar("T")


def pause(seconds_s: float) -> None:
    """Sleep for *seconds_s* seconds."""
    time.sleep(seconds_s)


async def pause_task(seconds_s: float) -> None:
    """Let the others of the event loop go on for *seconds_s* seconds; a cancellation ends it."""
    await asyncio.sleep(seconds_s)


def growing(
    first_s: float = 0.2, *, factor: float = 1.5, longest_s: float = 5.0
) -> Iterator[float]:
    """Yield how long to sleep before each next look, in seconds, without end.

    The first looks come quickly, the later ones leave a vendor's limit of requests alone: some
    thirty in two minutes.
    """
    next_s = first_s
    while True:
        yield min(next_s, longest_s)
        next_s = min(next_s * factor, longest_s)


def wait_until(  # noqa: PLR0913 - each is one keyword of the sentence that calls it
    observe: Callable[[], T],
    wanted: Callable[[T], bool],
    *,
    what: str,
    timeout_s: float,
    interval_s: float | Iterable[float] = 0.05,
    do: str = "",
    clock: Clock | None = None,
    sleep: Callable[[float], None] = pause,
) -> T:
    """Return the first observed value that is wanted; the last look happens at the deadline.

    *interval_s* is how long it sleeps between looks: the same each time, or one after the other,
    the last of them again and again.

    Raises:
        WaitTimedOut: naming what was wanted, what was last seen, the seconds and the attempts.
    """
    clock = clock or SystemClock()
    start_s = clock.monotonic_s()
    attempts = 0
    naps_s = iter((interval_s,) if isinstance(interval_s, int | float) else interval_s)
    nap_s = 0.0
    while True:
        value = observe()
        attempts += 1
        elapsed_s = clock.monotonic_s() - start_s
        if wanted(value):
            return value
        if elapsed_s >= timeout_s:
            raise WaitTimedOut(
                f"waited {elapsed_s:.1f} s for {what}",
                expected=what,
                found=f"{value!r} after {attempts} attempts",
                do=do,
            )
        nap_s = next(naps_s, nap_s)
        sleep(min(nap_s, max(timeout_s - elapsed_s, 0.0)))
