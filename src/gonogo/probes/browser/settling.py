"""When a page has come to rest: the one way the probes wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from gonogo.clock import Clock, SystemClock
from gonogo.waiting import pause

T = TypeVar("T")

INTERVAL_S = 0.04
CALM_S = 0.15
"""How long a page that had its answer needs to draw it."""
REST_S = 1.5
"""How long nothing must change before a page that is not as wanted is taken at its word."""
REST_LOOKS = 0.6
"""How many of the looks that fit into a rest must have been taken: on a busy machine, where each
takes longer, a page gets its time as well."""


class Requests(Protocol):
    """What is known of a page's requests."""

    @property
    def sent(self) -> int:
        """How many were sent so far."""

    @property
    def asked(self) -> int:
        """How many of them asked for data."""

    @property
    def under_way(self) -> int:
        """How many are not answered yet."""


def settled(  # noqa: PLR0913 - each is one keyword of the sentence that calls it
    observe: Callable[[], T],
    wanted: Callable[[T], bool],
    *,
    ear: Requests,
    timeout_s: float,
    at_once: bool = True,
    asked_before: int | None = None,
    rest_s: float = REST_S,
    clock: Clock | None = None,
    sleep: Callable[[float], None] = pause,
) -> T:
    """Return what *observe* sees as soon as it is wanted, else what it sees when the page rests.

    A page rests when no request is under way and nothing changed for *rest_s* seconds. It has
    *timeout_s* seconds for that; what is seen then is returned. Without *at_once*, what is wanted
    is believed only after the page asked for data and had its answer, or came to rest: for a page
    that looked like that before something was done to it, when it had *asked_before* so often.
    """
    clock = clock or SystemClock()
    began_s = changed_s = clock.monotonic_s()
    asked = ear.asked if asked_before is None else asked_before
    before, sent, looks = observe(), ear.sent, 0
    while True:
        now_s = clock.monotonic_s()
        answered = ear.asked > asked and not ear.under_way and now_s - changed_s >= CALM_S
        if (at_once or answered) and wanted(before):
            return before
        rested = now_s - changed_s >= rest_s and looks >= rest_s / INTERVAL_S * REST_LOOKS
        if rested or now_s - began_s >= timeout_s:
            return before
        sleep(INTERVAL_S)
        seen = observe()
        looks += 1
        if seen != before or ear.under_way or ear.sent != sent:
            changed_s, looks = clock.monotonic_s(), 0
        before, sent = seen, ear.sent
