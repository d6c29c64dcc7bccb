"""What HogQL's values are, and how two of them compare."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from gonogo.clock import rfc3339


class NotUnderstood(Exception):
    """The query is no HogQL, or more than the stand-in understands; says what."""


UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


def unit(name: str) -> timedelta:
    """Return the length of ``hour`` or ``hours``; raises NotUnderstood (a month has none)."""
    singular = name.lower().removesuffix("s")
    if singular not in UNITS:
        raise NotUnderstood(f"the stand-in knows no unit {name!r}")
    return UNITS[singular]


def as_time(value: Any) -> datetime | None:  # noqa: ANN401 - any value of a query
    """Return the time that *value* is or says, in UTC; None for what is none."""
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def as_number(value: Any) -> float | None:  # noqa: ANN401 - any value of a query
    """Return the number that *value* is or says, or None."""
    if isinstance(value, datetime):
        return value.timestamp()
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def as_text(value: Any) -> str | None:  # noqa: ANN401 - any value of a query
    """Return *value* as text, or None."""
    if isinstance(value, bool):
        return str(value).lower()
    return rfc3339(value) if isinstance(value, datetime) else None if value is None else str(value)


def compared(left: Any, right: Any, how: Callable[[Any, Any], bool]) -> bool:  # noqa: ANN401
    """Return whether *how* holds once both are of one kind; nothing compares with null."""
    if left is None or right is None:
        return False
    if isinstance(left, datetime) or isinstance(right, datetime):
        left, right = as_time(left), as_time(right)
    elif isinstance(left, bool) or isinstance(right, bool):
        left, right = _truth(left), _truth(right)
    elif isinstance(left, int | float) or isinstance(right, int | float):
        left, right = as_number(left), as_number(right)
    if left is None or right is None:
        return False
    try:
        return how(left, right)
    except TypeError:
        return False


def _truth(value: Any) -> str | None:  # noqa: ANN401 - any value of a query
    text = as_text(value)
    return {"1": "true", "0": "false"}.get(text, text) if text is not None else None


def like(value: Any, pattern: Any, *, any_case: bool) -> bool:  # noqa: ANN401 - any value
    """Return whether *value* fits SQL's *pattern*."""
    if value is None or pattern is None:
        return False
    parts = (re.escape(c) if c not in "%_" else {"%": ".*", "_": "."}[c] for c in str(pattern))
    flags = re.DOTALL | (re.IGNORECASE if any_case else 0)
    return re.fullmatch("".join(parts), as_text(value) or "", flags) is not None


def shown(value: Any) -> Any:  # noqa: ANN401 - any value of a query
    """Return *value* as JSON can say it."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return [shown(each) for each in value] if isinstance(value, list | tuple) else value
