"""The ``headers`` of vercel.json, which the platform adds to what a deployment answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PARAMETER = re.compile(r":(\w+)(\*|\+|\?)?(\([^)]*\))?")


def pattern_of(source: str) -> re.Pattern[str]:
    """Return the pattern of a ``source``: ``:name``, ``:name*`` and groups as in path-to-regexp."""

    def parameter(match: re.Match[str]) -> str:
        _, repeat, group = match.groups()
        if group:
            return group
        return {"*": ".*", "+": ".+"}.get(repeat or "", f"[^/]+{repeat or ''}")

    return re.compile(PARAMETER.sub(parameter, source))


class HeaderRules:
    """The rules of one deployment; those with conditions (``has``, ``missing``) are left out."""

    def __init__(self, rules: Sequence[Mapping[str, Any]]) -> None:
        self._rules = [
            (pattern_of(rule["source"]), [(h["key"], h["value"]) for h in rule["headers"]])
            for rule in rules
            if not rule.keys() & {"has", "missing"}
        ]

    def of(self, path: str) -> Iterator[tuple[str, str]]:
        """Return the headers for *path*; of two with one name the later rule counts."""
        found: dict[str, tuple[str, str]] = {}
        for pattern, headers in self._rules:
            if pattern.fullmatch(path):
                found.update({name.lower(): (name, value) for name, value in headers})
        yield from found.values()
