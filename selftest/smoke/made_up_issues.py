"""Issues as Sentry lists them, of a test's own making."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gonogo.probes.monitoring.browser_events import TITLE
from gonogo.vendors.sentry import SentryChange, SentryEvent, SentryIssue
from selftest.smoke.made_up_sentry import BEGAN, RELEASE

LATER, EARLIER = BEGAN + timedelta(hours=1), BEGAN - timedelta(days=5)
OLDER = "r@0"


def issue(title: str = "TypeError: x", *, number: str = "1", **more: Any) -> SentryIssue:  # noqa: ANN401 - any field
    known: dict[str, Any] = {
        "level": "error",
        "status": "unresolved",
        "substatus": "ongoing",
        "count": 3,
        "first_seen": LATER,
        "link": f"https://s/{number}",
    }
    return SentryIssue(id=number, title=title, **known | more)


def event(number: str, *, release: str = RELEASE, environment: str = "production") -> SentryEvent:
    return SentryEvent(
        id="e", title=f"{TITLE} abc", release=release, environment=environment, issue=number
    )


def came_back(at: datetime, *, release: str = "", kind: str = "set_regression") -> SentryChange:
    return SentryChange(kind=kind, at=at, release=release)


OURS = issue(f"GonogoTestEvent: {TITLE} of an earlier run", number="9")
OLD = issue("Old", first_seen=EARLIER)
