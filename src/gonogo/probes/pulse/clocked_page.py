"""A page whose clock is turned: what it asks the partner for, and when by its own clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Route

from gonogo.clock import Clock, SystemClock
from gonogo.config_import import BulkImportSection, SyncSection
from gonogo.probes.browser.listening import Heard
from gonogo.probes.browser.visit import Window
from gonogo.probes.pulse.partner_requests import PartnerEar, PartnerRequest
from gonogo.waiting import pause

PATIENCE_S = 10.0
LOOK_EVERY_S = 0.02
QUIET_S = 0.4
"""How long nothing more may come before all that was due is taken to be there."""
RETRY_AFTER_S = 7
NOTHING = {"data": [], "pagination": {"total": 0, "limit": 50, "offset": 0, "has_more": False}}


@dataclass(frozen=True, kw_only=True)
class SyncSeen:
    """What a page did by itself while its clock went on by one interval."""

    where: str
    interval_minutes: int
    automatic: bool
    early: int
    """Questions to the partner until a second before the end of the interval."""
    due: int
    """Questions with that second."""
    requests: tuple[PartnerRequest, ...] = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    heard: Heard
    settled: bool
    """Whether the exchange came to its end."""
    given: tuple[str, ...] = ()
    """What the page was given in place of the server's own, such as public values."""

    def __str__(self) -> str:
        """Read as a few lines."""
        automatic = "started" if self.automatic else "not started"
        until, at = f"{self.interval_minutes - 1}:59", f"{self.interval_minutes}:00"
        asked = f"{self.early} questions to the partner until {until}, {self.due} at {at}"
        lines = [f"automatic exchange {automatic}; {asked}"]
        lines += [f"asked: {each}" for each in self.requests]
        lines += [f"complaint: {each}" for each in self.heard.complaints]
        lines += [f"sent by the page itself: {each}" for each in self.heard.wrote]
        lines += [f"given in place of the server's own: {each}" for each in self.given]
        return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class LimitSeen:
    """When a page asked again after it was told to wait, by its own clock."""

    where: str
    retry_after_s: int
    first: int
    """Questions before the wait."""
    while_waiting: int
    """Questions during it."""
    afterwards: int
    """Questions right after it."""
    heard: Heard

    def __str__(self) -> str:
        """Read as one line."""
        told = (
            f"told to wait {self.retry_after_s} s: {self.while_waiting} questions meanwhile,"
            f" {self.afterwards} afterwards (the refusal is this check's own, the partner never"
            " saw the question)"
        )
        return "\n".join([told, *(f"sent by the page itself: {e}" for e in self.heard.wrote)])


def watch_interval(  # noqa: PLR0913 - what the look needs to know
    window: Window,
    section: SyncSection,
    *,
    requests: str,
    config_path: str,
    meanwhile: Callable[[], object],
    clock: Clock | None = None,
    answer_nothing: bool = False,
    patience_s: float = PATIENCE_S,
) -> SyncSeen:
    """Let one interval pass on the page's clock; *meanwhile* is called once it has begun.

    With *answer_nothing* the partner is not asked: the page gets an empty answer, and so has
    nothing to write. What does not come is waited for *patience_s* seconds.

    Raises:
        CannotTell: the page cannot be opened.
    """
    clock = clock or SystemClock()
    page = window.page
    ear = PartnerEar(page, requests)
    given = _overlay(window, config_path, section.public_values)
    if answer_nothing:
        page.route(ear.pattern, lambda route: _fulfil(route, 200, NOTHING))
        given += ("an empty answer of the partner",)
    _stop_clock(window)
    window.open(section.page)
    automatic = _comes_true(window, section.automatic, patience_s)
    meanwhile()
    page.clock.run_for(_ms(timedelta(minutes=section.interval_minutes, seconds=-1)))
    early = _after_quiet(window, ear, clock, wanted=0, patience_s=patience_s)
    page.clock.run_for(1000)
    due = _after_quiet(window, ear, clock, wanted=early + 1, patience_s=patience_s) - early
    done = _comes_true(window, section.settled, patience_s)
    return SyncSeen(
        where=f"{page.url} in {window.engine}",
        interval_minutes=section.interval_minutes,
        automatic=automatic,
        early=early,
        due=due,
        requests=ear.requests(),
        lines=ear.lines,
        heard=window.ear.heard(),
        settled=done,
        given=given,
    )


def watch_limit(
    window: Window,
    section: BulkImportSection,
    *,
    requests: str,
    clock: Clock | None = None,
) -> LimitSeen:
    """Refuse the page's first question with 429 and see when it asks again, by its own clock.

    No question reaches the partner, and the answer to the second one has nothing to write.

    Raises:
        CannotTell: the page cannot be opened.
    """
    clock = clock or SystemClock()
    page = window.page
    ear = PartnerEar(page, requests)
    refused: list[str] = []

    def answer(route: Route) -> None:
        if not refused:
            refused.append(route.request.url)
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            _fulfil(route, 429, {"error": {"message": "Slow down."}}, headers)
        else:
            _fulfil(route, 200, NOTHING)

    page.route(ear.pattern, answer)
    _stop_clock(window)
    window.open(section.page)
    _comes_true(window, section.ready)
    page.evaluate(f"() => {{ Promise.resolve().then({section.call}).catch(() => undefined); }}")
    first = _after_quiet(window, ear, clock, wanted=1)
    page.clock.run_for(RETRY_AFTER_S * 1000 - 100)
    waiting = _after_quiet(window, ear, clock, wanted=0)
    page.clock.run_for(200)
    afterwards = _after_quiet(window, ear, clock, wanted=waiting + 1)
    return LimitSeen(
        where=f"{page.url} in {window.engine}",
        retry_after_s=RETRY_AFTER_S,
        first=first,
        while_waiting=waiting - first,
        afterwards=afterwards - waiting,
        heard=window.ear.heard(),
    )


def _stop_clock(window: Window) -> None:
    """From here on the page's time moves only when it is told to."""
    page = window.page
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


def _comes_true(window: Window, expression: str, patience_s: float = PATIENCE_S) -> bool:
    """Whether *expression* becomes true; the page's own clock stands still meanwhile."""
    if not expression:
        return False
    try:
        window.page.wait_for_function(expression, timeout=patience_s * 1000, polling=50)
    except PlaywrightError:
        return False
    return True


def _after_quiet(
    window: Window, ear: PartnerEar, clock: Clock, *, wanted: int, patience_s: float = PATIENCE_S
) -> int:
    """Return how many questions there are once as many as wanted came, and the page is at rest.

    It rests when no request at all is under way and none was sent for a while: what it asks
    others may lead to a question to the partner. What never comes is waited for *patience_s*.
    """
    began_s = changed_s = clock.monotonic_s()
    seen = (ear.sent, window.ear.sent)
    while True:
        pause(LOOK_EVERY_S)
        now, now_s = (ear.sent, window.ear.sent), clock.monotonic_s()
        if now != seen or window.ear.under_way:
            seen, changed_s = now, now_s
        quiet = now_s - changed_s >= QUIET_S
        if (quiet and seen[0] >= wanted) or now_s - began_s >= patience_s:
            return seen[0]


def _fulfil(
    route: Route, status: int, body: object, headers: Mapping[str, str] | None = None
) -> None:
    route.fulfill(
        status=status,
        body=json.dumps(body),
        headers={"Content-Type": "application/json", **(headers or {})},
    )


def _overlay(window: Window, config_path: str, values: Mapping[str, object]) -> tuple[str, ...]:
    """Give the page *values* in place of those that ``config_path`` answers."""
    if not values or not config_path:
        return ()

    def answer(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        for name, value in values.items():
            *folders, last = name.split(".")
            place = body
            for folder in folders:
                place = place[folder]
            place[last] = value
        route.fulfill(response=response, json=body)

    window.page.route(f"**{config_path}", answer)
    return tuple(f"{name} = {value}" for name, value in values.items())


def _ms(length: timedelta) -> int:
    return round(length.total_seconds() * 1000)
