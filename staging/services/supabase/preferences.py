"""What the headers of a request ask for: preferences, ranges, media types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from staging.services.supabase.grammar import Window
from staging.services.supabase.refusals import Refusal, bad_range

JSON = "application/json"
OBJECT = "application/vnd.pgrst.object+json"
ARRAY = "application/vnd.pgrst.array+json"
KNOWN: Mapping[str, frozenset[str]] = {
    "return": frozenset({"representation", "minimal", "headers-only"}),
    "count": frozenset({"exact", "planned", "estimated"}),
    "resolution": frozenset({"merge-duplicates", "ignore-duplicates"}),
    "missing": frozenset({"default", "null"}),
    "handling": frozenset({"strict", "lenient"}),
}
RANGE = re.compile(r"(\d+)-(\d*)")
APPLIES: Mapping[str, frozenset[str]] = {
    "GET": frozenset({"count", "handling"}),
    "HEAD": frozenset({"count", "handling"}),
    "POST": frozenset({"resolution", "return", "count", "missing", "handling"}),
    "PATCH": frozenset({"return", "count", "missing", "handling", "max-affected"}),
    "DELETE": frozenset({"return", "count", "handling", "max-affected"}),
}


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """The ``Prefer`` header, as far as it is known."""

    given: Mapping[str, str]

    @classmethod
    def read(cls, header: str) -> Preferences:
        """Return the preferences of *header*; the first of each name counts.

        Raises:
            Refusal: PGRST122 for an unknown one when ``handling=strict`` is among them.
        """
        found: dict[str, str] = {}
        unknown: list[str] = []
        for part in filter(None, (each.strip() for each in header.split(","))):
            name, _, value = part.partition("=")
            number = name == "max-affected" and value.isdecimal()
            if number or value in KNOWN.get(name, ()):
                found.setdefault(name, value)
            else:
                unknown.append(part)
        if unknown and found.get("handling") == "strict":
            message = "Invalid preferences given with handling=strict"
            details = f"Invalid preferences: {', '.join(unknown)}"
            raise Refusal(400, "PGRST122", message, details=details)
        return cls(given=found)

    @property
    def shows_rows(self) -> bool:
        """Whether the rows changed are wanted back."""
        return self.given.get("return") == "representation"

    @property
    def resolution(self) -> Literal["merge", "ignore"] | None:
        """What to do about rows that are there already."""
        wanted = self.given.get("resolution")
        if wanted is None:
            return None
        return "merge" if wanted == "merge-duplicates" else "ignore"

    @property
    def most_affected(self) -> int | None:
        """How many rows may be changed."""
        if self.given.get("handling") != "strict" or "max-affected" not in self.given:
            return None
        return int(self.given["max-affected"])

    def applied(self, method: str) -> str:
        """Return the ``Preference-Applied`` header for *method*."""
        names = APPLIES.get(method, frozenset())
        return ", ".join(f"{name}={value}" for name, value in self.given.items() if name in names)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The form of the answer."""

    media_type: str
    single: bool
    strip_nulls: bool

    @classmethod
    def read(cls, accept: str) -> Wanted:
        """Return the first form of *accept* that is here; raises Refusal PGRST107 for none."""
        offered = [each.strip() for each in accept.split(",")] or ["*/*"]
        for each in offered:
            kind, _, options = each.partition(";")
            strip = "nulls=stripped" in options.replace(" ", "")
            if kind in {OBJECT, "application/vnd.pgrst.object"}:
                shown = OBJECT + ";nulls=stripped" * strip
                return cls(media_type=shown, single=True, strip_nulls=strip)
            if kind in {ARRAY, "application/vnd.pgrst.array"}:
                shown = ARRAY + ";nulls=stripped" if strip else JSON
                return cls(media_type=shown, single=False, strip_nulls=strip)
            if kind in {JSON, "*/*", "application/*", ""}:
                return cls(media_type=JSON, single=False, strip_nulls=False)
        message = f"None of these media types are available: {', '.join(offered)}"
        raise Refusal(406, "PGRST107", message)


def narrowed(window: Window, header: str | None) -> Window:
    """Return *window* cut to the ``Range`` header.

    Raises:
        Refusal: PGRST103 for a range that ends before it starts, or a negative limit.
    """
    match = RANGE.fullmatch(header or "")
    if match is not None:
        first = int(match[1])
        if match[2] and int(match[2]) < first:
            raise bad_range(
                "The lower boundary must be lower than or equal to the upper boundary in the "
                "Range header."
            )
        start = max(first, window.offset)
        ends = [int(match[2]) + 1] if match[2] else []
        ends += [] if window.limit is None else [window.offset + window.limit]
        window = Window(limit=min(ends) - start if ends else None, offset=start)
    if (window.limit is not None and window.limit < 0) or window.offset < 0:
        raise bad_range("Limit should be greater than or equal to zero.")
    return window


def content_range(first: int, rows: int, total: int | None) -> str:
    """Return ``first-last/total``, with ``*`` for what there is not."""
    shown = "*" if rows <= 0 or total == 0 else f"{first}-{first + rows - 1}"
    return f"{shown}/{'*' if total is None else total}"


def range_status(first: int, rows: int, total: int | None) -> int:
    """Return 200 for all rows, 206 for some of them, 416 for rows beyond the end."""
    if total is None:
        return 200
    if first > total:
        return 416
    return 206 if rows < total else 200
