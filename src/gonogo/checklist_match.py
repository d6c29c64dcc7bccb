"""Find what a team's own copy of the checklist holds beyond, or short of, the known one. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from gonogo.checklist_attributes import Form, read_comment
from gonogo.checklist_document import Line, LineKind, pattern, read
from gonogo.checklist_items import Checklist, Section

SIMILAR = 0.6
"""From this ratio of common characters on (difflib), two texts count as one that was reworded."""


class Mismatch(StrEnum):
    """How a line of the copy differs from the checklist."""

    NEW = "new"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Uncovered:
    """One line that has no equal; ``nearest`` is the id it is, was, or comes closest to.

    ``section`` is a section's id, or the heading's words where no section is known by them.
    ``line`` counts in the copy: for what is missing, the heading it is missing under (0: no such).
    """

    kind: Mismatch
    line: int
    section: str
    label: str
    nearest: str


@dataclass(frozen=True, kw_only=True)
class _Known:
    """A line of the checklist, to be found in the copy."""

    id: str
    section: str
    label: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """A line of the copy; ``sections`` are the headings it stands under, innermost first."""

    line: Line
    sections: tuple[str, ...]
    id: str


_Rule = Callable[[_Candidate, _Known], bool]


def uncovered(document: str, *, path: str, checklist: Checklist) -> tuple[Uncovered, ...]:
    """Return what is new in ``document``, changed or missing, in the order of its lines.

    The copy may be with or without ids, its boxes ticked and its blanks filled. Lines are matched
    by id, else by section and label; every box, metric row, blank and signature line of either
    side has its equal or is returned. Raises ChecklistError where the copy cannot be read.
    """
    lines = read(document, path=path)
    titles, renamed = _match_headings(lines, checklist.sections)
    candidates, heading_lines = _candidates(lines, titles, path)
    boxes = [c for c in candidates if c.line.kind in (LineKind.BOX, LineKind.METRIC_ROW)]
    others = [c for c in candidates if c.line.kind is LineKind.OTHER]
    found = (
        *renamed,
        *_compare(boxes, _known_boxes(checklist), heading_lines),
        *_compare(others, _known_blanks(checklist), heading_lines),
    )
    return tuple(sorted(found, key=lambda each: (each.line, each.nearest)))


def _known_boxes(checklist: Checklist) -> list[_Known]:
    items = {item.id: item for item in checklist.items}
    # A group that is a plain line or a heading holds nothing to tick.
    groups = [g for g in checklist.groups if g.id not in items and " [ ] " in g.text]
    return [
        _Known(id=one.id, section=one.section, label=one.label, pattern=pattern(one.text))
        for one in (*checklist.items, *groups)
    ]


def _known_blanks(checklist: Checklist) -> list[_Known]:
    return [
        _Known(id=one.id, section=one.section, label=one.label, pattern=pattern(one.text))
        for one in (*checklist.signatures, *checklist.fields)
    ]


def _match_headings(
    lines: Iterable[Line], sections: Iterable[Section]
) -> tuple[dict[str, str], list[Uncovered]]:
    """Return the section id of each heading's words, and the headings that were reworded."""
    by_title = {_plain(section.title): section for section in sections}
    headings = {_plain(line.label): line for line in lines if line.kind is LineKind.HEADING}
    titles = {title: by_title[title].id for title in headings if title in by_title}
    lost = {title: section for title, section in by_title.items() if title not in headings}
    unknown = {title: line for title, line in headings.items() if title not in by_title}
    renamed: list[Uncovered] = []
    for title, line, section in _closest(
        [(title, line) for title, line in unknown.items()],
        [(title, section) for title, section in lost.items()],
    ):
        titles[title] = section.id
        renamed.append(
            Uncovered(
                kind=Mismatch.CHANGED,
                line=line.number,
                section=section.id,
                label=line.label,
                nearest=section.id,
            )
        )
    return titles, renamed
