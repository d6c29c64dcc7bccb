"""Sentry's search language, as far as checks use it: ``key:value`` terms joined by AND."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from staging.services.sentry.asking import Refused

Fields = Mapping[str, Any]
Matching = Callable[[Fields], bool]

TERM = re.compile(
    r"""(?P<not>!)?(?P<key>"[^"]+"|[\w.\-]+):(?P<op>>=|<=|>|<|=)?
        (?P<value>\[[^\]]*\]|"(?:[^"\\]|\\.)*"|[^\s"]\S*)|(?P<free>"(?:[^"\\]|\\.)*"|\S+)""",
    re.VERBOSE,
)
DURATION = re.compile(r"(-?\d+(?:\.\d+)?)(ms|s|m|min|h)?")
MS = {None: 1, "ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}


def matching(query: str) -> Matching:
    """Return what a record's fields must fulfil; raises Refused for what is not understood."""
    terms = [_term(found) for found in TERM.finditer(query) if found["free"] != "AND"]
    return lambda fields: all(term(fields) for term in terms)


def _term(found: re.Match[str]) -> Matching:
    if found["free"] is not None:
        return _free(found["free"])
    key, text = found["key"].strip('"'), found["value"]
    if key == "has":
        wanted = _has(text)
    elif found["op"] in {">", "<", ">=", "<="}:
        wanted = _compared(key, found["op"], text)
    else:
        listed = text.startswith("[")
        values = [part.strip() for part in text[1:-1].split(",")] if listed else [text]
        wanted = _equal(key, [_plain(value) for value in values])
    return (lambda fields: not wanted(fields)) if found["not"] else wanted


def _free(text: str) -> Matching:
    """Return whether the title or message has *text*; raises Refused for OR and brackets."""
    if text in {"OR", "(", ")"} or text[0] in "()":
        raise Refused(400, f"Invalid query: the stand-in does not understand {text!r}.")
    wanted = _plain(text).lower()
    return lambda fields: any(
        wanted in str(fields.get(key) or "").lower() for key in ("title", "message")
    )


def _has(key: str) -> Matching:
    return lambda fields: fields.get(key) not in {None, ""}


def _equal(key: str, values: list[str]) -> Matching:
    def wanted(fields: Fields) -> bool:
        found = fields.get(key)
        text = (
            str(found).lower() if isinstance(found, bool) else str("" if found is None else found)
        )
        return any(_same(text, value) for value in values)

    return wanted


def _same(text: str, value: str) -> bool:
    if "*" not in value:
        return text == value
    return fnmatch.fnmatchcase(text, value.replace("[", "[[]"))


def _compared(key: str, sign: str, text: str) -> Matching:
    limit = _figure(text)

    def wanted(fields: Fields) -> bool:
        found = fields.get(key)
        if isinstance(found, datetime):
            found = found.timestamp()
        if not isinstance(found, int | float):
            return False
        return {
            ">": found > limit, "<": found < limit, ">=": found >= limit, "<=": found <= limit,
        }[sign]  # fmt: skip

    return wanted


def _figure(text: str) -> float:
    """Return a number, a duration in milliseconds or a time in Unix seconds."""
    if found := DURATION.fullmatch(text):
        return float(found[1]) * MS[found[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise Refused(400, f"Invalid query: {text!r} is neither a number nor a time.") from None


def _plain(value: str) -> str:
    return value[1:-1].replace('\\"', '"') if value.startswith('"') else value
