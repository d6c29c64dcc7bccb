"""Reds on the terminal: what the verdict's summary tells, pytest's own sections do not repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from gonogo.errors import GonogoError
from gonogo.records import ReleaseView

RED_ATTRIBUTE = "gonogo_red"
"""What a report says of its red, as plain data: that crosses from worker to controller."""
_CATEGORIES = ("error", "failed")


@dataclass(frozen=True, kw_only=True)
class Red:
    """A red's own words, and where it was raised if those words are not enough."""

    message: str
    raised_at: str = ""
    """Empty where the message speaks for itself: a check's assertion, or an error of ours."""


def note_red(report: pytest.TestReport, call: pytest.CallInfo[None], message: str) -> None:
    """Leave on *report* what its red says; *message* is masked already."""
    assert call.excinfo is not None
    error = call.excinfo.value
    expected = isinstance(error, GonogoError) or (
        isinstance(error, AssertionError) and call.when == "call"
    )
    last = call.excinfo.traceback[-1]
    place = "" if expected else f"{last.path}:{last.lineno + 1}"
    setattr(report, RED_ATTRIBUTE, {"message": message, "raised_at": place})


@contextmanager
def told_once(reporter: pytest.TerminalReporter, view: ReleaseView | None) -> Iterator[None]:
    """While pytest writes its sections, keep from it the reds that *view*'s summary tells.

    An unexpected exception keeps its traceback, once for each place it was raised at; whatever
    the summary does not tell is shown by its message. Whoever asks for tracebacks gets them all.
    """
    option = reporter.config.option
    if option.tbstyle != "auto" or option.fulltrace:
        yield
        return
    whole = {name: reporter.stats[name] for name in _CATEGORIES if name in reporter.stats}
    told = _told_by(view) if view else frozenset()
    places: set[tuple[str, str]] = set()
    for name, reports in whole.items():
        reporter.stats[name] = list(_left_to_pytest(reports, told, places))
    try:
        yield
    finally:
        reporter.stats.update(whole)


def _told_by(view: ReleaseView) -> frozenset[tuple[str, str]]:
    """Return check and message of each red that the summary tells."""
    latest = (standing.latest for standing in view.decision.blocking)
    return frozenset((each.nodeid, each.message) for each in latest if each)


def _left_to_pytest(
    reports: Iterable[pytest.TestReport],
    told: frozenset[tuple[str, str]],
    places: set[tuple[str, str]],
) -> Iterator[pytest.TestReport]:
    for report in reports:
        parts: dict[str, str] | None = getattr(report, RED_ATTRIBUTE, None)
        if parts is None:
            yield report
            continue
        red = Red(**parts)
        place = (red.message, red.raised_at)
        news = bool(red.raised_at) and place not in places
        places.add(place)
        if not red.raised_at:
            report.longrepr = red.message
        if news or report.sections or (report.nodeid, red.message) not in told:
            yield report
