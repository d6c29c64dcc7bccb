"""Takes the message of a red apart again: headline, expected, found, where, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gonogo.errors import DEEPER
from gonogo.report.plaintext import one_line
from gonogo.verdict import State

if TYPE_CHECKING:
    from gonogo.records import Attempt, Observation, Standing

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
            # Advice is one line: what stands beside it is of another comparison.
            part = part if part != "what to do" or line.startswith(DEEPER) else "detail"
            parts.setdefault(part, []).append(line.removeprefix(DEEPER))
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
    """Return what an item says for itself, the observation that failed filling what it lacks.

    Where the state is not the check's own (stale, waived, pending), the reason for it speaks.
    """
    latest = standing.latest
    if latest is None or latest.state is not standing.state:
        return read_message(standing.reason)
    text = latest.message or standing.reason
    said = read_message(text)
    seen = _failing(latest, said.headline, text)
    if said.expected or said.found or seen is None:
        return said
    # What the message tells in the observation's own words is not told a second time.
    repeated = _holds(seen, said.headline)
    return replace(
        said,
        headline=said.headline or seen.subject,
        where=said.where or _place(seen.source),
        expected="" if repeated else seen.expected,
        found="" if repeated else with_unit(seen.found, seen.unit),
    )


def with_unit(found: str, unit: str) -> str:
    """Return a figure with its unit; words stay as they are."""
    return f"{found} {unit}" if unit and found[-1:].isdigit() else found


def _failing(attempt: Attempt, headline: str, text: str) -> Observation | None:
    """Return the observation that a check's message is about; None where none is.

    It is the one whose words the message begins with, else the one that *text* quotes, else the
    last that differs from what was expected of it. An ERROR speaks for itself: what was seen
    before it says nothing about it.
    """
    observations = attempt.observations
    if attempt.state is State.ERROR or not observations:
        return None
    if not headline:
        return observations[-1]
    its_words = [o for o in observations if _holds(o, headline)]
    differing = [o for o in observations if o.expected not in ("", o.found) and not _equal(o)]
    quoted = [o for o in differing if one_line(o.found) in one_line(text)]
    return next(iter([*its_words, *quoted, *reversed(differing)]), None)


def _holds(observation: Observation, headline: str) -> bool:
    """Whether a line of what was found is the headline."""
    lines = (line.strip() for line in observation.found.split("\n"))
    return bool(headline) and headline in lines


def _equal(observation: Observation) -> bool:
    """Whether it is a comparison in which nothing differed."""
    return observation.found.partition("\n")[0].endswith(" as expected")


def _place(source: str) -> str:
    """Return a source as a place; a probe's name is none."""
    return "" if source.endswith("()") else source
