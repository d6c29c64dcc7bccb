"""Looks whether the browsers that checks use can be had; each is started once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Protocol

from gonogo.checklist import PHASES
from gonogo.config import Settings
from gonogo.config_journeys import Journey
from gonogo.diagnosis import BROWSER_PHASES, Condition, Finding, in_trouble
from gonogo.errors import CannotTell, ToolMissing
from gonogo.probes.browser.engines import Engine

ANY_PHASES = ("phase3", "phase4")
"""The phases whose checks take the first browser that there is."""
JOURNEY_PHASES = ("preflight",)
"""The phases whose checks go the same way in each of the browsers that people have."""


class Browsers(Protocol):
    """Starts browsers as a run does: nothing else tells that an installed one works."""

    def engine(self, kind: str = "") -> Engine:
        """Return the running browser of *kind*, by default the first that can be had."""
        ...

    def first_of(self, kinds: Sequence[str], *, as_phone: bool) -> Engine:
        """Return a browser of the first of *kinds* that can be had."""
        ...


def diagnose_browsers(
    settings: Settings,
    phases: Collection[str] = PHASES,
    *,
    opened: Callable[[Settings], AbstractContextManager[Browsers]],
) -> tuple[Finding, ...]:
    """Return how the browsers of this machine are found, those that *phases* need.

    *opened* gives what starts them, and closes them at its end.
    """
    if set(BROWSER_PHASES).isdisjoint(phases):
        return ()
    found = []
    with opened(settings) as browsers:
        if not set(ANY_PHASES).isdisjoint(phases):
            found.append(_look("browser", ANY_PHASES, browsers.engine))
        configured = [
            _look(f"browsers.{kind}", BROWSER_PHASES, partial(browsers.engine, kind))
            for kind in settings.browsers
        ]
        # Others stand in for one that is configured and cannot be had: nobody would see it.
        found += [replace(each, condition=Condition.WRONG) for each in configured if each.stops]
        if not set(JOURNEY_PHASES).isdisjoint(phases):
            found += _journeys(settings, browsers)
    return tuple(found)


def _journeys(settings: Settings, browsers: Browsers) -> Iterator[Finding]:
    for name in type(settings.journeys).model_fields:
        journey: Journey = getattr(settings.journeys, name)
        start = partial(browsers.first_of, journey.kinds, as_phone=bool(journey.device))
        finding = _look(f"browser ({name})", JOURNEY_PHASES, start)
        if journey.device and not finding.stops:
            finding = replace(finding, found=f"{finding.found}, as {journey.device}")
        yield finding


def _look(service: str, phases: tuple[str, ...], start: Callable[[], Engine]) -> Finding:
    try:
        engine = start()
    except ToolMissing as error:
        found = in_trouble(service, error, condition=Condition.MISSING, phases=phases)
        return replace(found, found=error.found or error.what)
    except CannotTell as error:
        return in_trouble(service, error, phases=phases)
    return Finding(service=service, condition=Condition.REACHABLE, found=str(engine), phases=phases)
