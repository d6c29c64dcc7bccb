"""Takes the message of a red apart again: headline, expected, found, where, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gonogo.records import Observation, Standing

# The labelled lines that gonogo.errors and gonogo.comparison write.
_LABELLED = re.compile(r"^ {0,4}(where|expected|found|what to do): ?(.*)$")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a red says for itself; parts it does not say are empty."""

    headline: str = ""
    detail: str = ""
    where: str = ""
    expected: str = ""
    found: str = ""
    do: str = ""


def read_message(text: str) -> Told:
    """Return the parts of a message; a line without a label belongs to the part before it."""
    parts: dict[str, list[str]] = {}
    part = "detail"
    headline, *rest = text.strip("\n").split("\n")
    for line in rest:
        labelled = _LABELLED.match(line)
        if labelled and labelled[1] not in parts:
            part = labelled[1]
            parts[part] = [labelled[2]]
        else:
            parts.setdefault(part, []).append(line)
    joined = {name: "\n".join(lines).rstrip() for name, lines in parts.items()}
    return Told(
        headline=headline.strip(),
        detail=joined.get("detail", ""),
        where=joined.get("where", ""),
        expected=joined.get("expected", ""),
        found=joined.get("found", ""),
        do=joined.get("what to do", ""),
    )


def told(standing: Standing) -> Told:
    """Return what an item says for itself, its observation filling what the text lacks.

    Where the state is not the check's own (stale, waived, pending), the reason for it speaks.
    """
    latest = standing.latest
    if latest is None or latest.state is not standing.state:
        return read_message(standing.reason)
    said = read_message(latest.message or standing.reason)
    seen = _telling(latest.observations)
    if said.expected or said.found or seen is None:
        return said
    return Told(
        headline=said.headline or seen.subject,
        detail=said.detail,
        where=said.where or seen.source,
        expected=seen.expected,
        found=with_unit(seen.found, seen.unit),
        do=said.do,
    )


def with_unit(found: str, unit: str) -> str:
    """Return a figure with its unit; words stay as they are."""
    return f"{found} {unit}" if unit and found[-1:].isdigit() else found


def _telling(observations: tuple[Observation, ...]) -> Observation | None:
    if not observations:
        return None
    differing = [o for o in observations if o.expected and o.expected != o.found]
    return (differing or observations)[-1]
