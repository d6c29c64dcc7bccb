"""The only module that reads the clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

UTC_COMPACT = "%Y%m%dT%H%M%SZ"
"""strftime pattern of times in file names, which sort as text."""


class Clock(Protocol):
    """What the engine needs to know about time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()


def rfc3339(moment: datetime) -> str:
    """Return *moment* as RFC 3339 text in UTC with microseconds, ending in ``Z``.

    Raises:
        ValueError: *moment* has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment}")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_rfc3339(text: str) -> datetime:
    """Return the aware time that RFC 3339 *text* names; raises ValueError without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"time without an offset: {text!r}"
        raise ValueError(message)
    return moment
