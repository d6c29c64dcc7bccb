"""Ways a service can be broken on purpose, each a state of its own that can be taken back."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Break(StrEnum):
    """What is broken; the first group is done for every service, the rest by those it fits."""

    DOWN = "down"
    """It hangs up without an answer."""
    SLOW = "slow"
    """It answers after ``value`` seconds."""
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    MISSING = "404"
    LIMITED = "429"
    BROKEN = "500"
    MALFORMED = "malformed"
    """Its JSON ends half-way."""
    EMPTY = "empty"
    """Its JSON is ``[]`` or ``{}``, or its lists are empty."""
    HUGE = "huge"
    """Its answer is ``value`` bytes long."""
    ELSEWHERE = "elsewhere"
    """It redirects to ``value``."""
    INSTEAD = "instead"
    """It answers what ``value`` says: JSON with ``status``, ``headers`` and ``body``."""

    WRONG_PROJECT = "wrong-project"
    """It answers for another project."""
    STALE = "stale"
    """What it says is of yesterday."""
    NEVER = "never"
    """It accepts an event that never arrives."""
    TWICE = "twice"
    """It keeps every event twice."""
    OPEN = "open"
    """It lets everybody in, whatever their key."""
    MISCOUNTS = "miscounts"
    """It tells ``value`` as the limit of requests."""


STATUSES = {
    Break.UNAUTHORIZED: 401,
    Break.FORBIDDEN: 403,
    Break.MISSING: 404,
    Break.LIMITED: 429,
    Break.BROKEN: 500,
}


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One way of being broken, for the paths and methods it names."""

    kind: Break
    path: str = "*"
    """Shell pattern of the paths."""
    method: str = "*"
    value: float | str | None = None
    times: int | None = None
    """After how many answers it mends itself."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the switch of a control request; raises ValueError for an unknown kind."""
        return cls(**{**data, "kind": Break(data["kind"])})

    def fits(self, *, path: str, method: str) -> bool:
        """Whether it breaks this request."""
        return fnmatch.fnmatchcase(path, self.path) and self.method in {"*", method.upper()}


class Switchboard:
    """The switches of one service that are on, in the order they were turned on."""

    def __init__(self) -> None:
        self._left: dict[Switch, int | None] = {}

    def turn_on(self, switch: Switch) -> None:
        """Turn *switch* on; a second time starts its count again."""
        self._left[switch] = switch.times

    def clear(self) -> None:
        """Turn all off."""
        self._left.clear()

    def on(self, kind: Break, *, path: str = "", method: str = "*") -> Switch | None:
        """Return the switch of *kind* that breaks this request, and count the use."""
        for switch, left in self._left.items():
            if switch.kind is kind and switch.fits(path=path, method=method):
                if left is not None:
                    self._count(switch, left)
                return switch
        return None

    def _count(self, switch: Switch, left: int) -> None:
        if left <= 1:
            del self._left[switch]
        else:
            self._left[switch] = left - 1
