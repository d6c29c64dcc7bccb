"""Reads what strangers send: a part of the wrong shape counts as missing, as it does at vendors."""

from __future__ import annotations

from typing import Any


def mapping(value: object) -> dict[str, Any]:
    """Return *value* when it is an object, or made of pairs; else an empty one."""
    if isinstance(value, dict):
        return value
    pairs = [each for each in listed(value) if isinstance(each, list) and len(each) == 2]
    return {str(key): found for key, found in pairs}


def listed(value: object) -> list[Any]:
    """Return *value* when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """Return a string, or a number as one; else None."""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return str(value)
    return None


def whole(value: object) -> int:
    """Return *value* when it is a whole number, else 0."""
    return value if isinstance(value, int) else 0
