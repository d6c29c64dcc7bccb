"""Find what a team's own copy of the checklist holds beyond, or short of, the known one. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from gonogo.checklist_attributes import read_comment
from gonogo.checklist_document import Line, LineKind, pattern, plain, read
from gonogo.checklist_items import Checklist, Field, Group, Item, Section, Signature

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable

REWORDED = 0.6
"""From this ratio of common characters on (difflib), two lines of one section are one, reworded."""

RENAMED = 0.75
"""The same for headings, which share more words with each other."""


class Mismatch(StrEnum):
    """How a line of the copy differs from the checklist."""

    NEW = "new"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Uncovered:
    """One line without its equal; ``nearest`` is the id it is, was, or reads most like ("": none).

    ``section`` is a section's id, or the heading's words where they name no known section.
    ``line`` counts in the copy; for what is missing it is the heading it should stand under, 0
    where that is missing too.
    """

    kind: Mismatch
    line: int
    section: str
    label: str
    nearest: str


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """A line of the checklist, to be found in the copy."""

    id: str
    section: str
    label: str
    pattern: re.Pattern[str]
    choices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Found:
    """A line of the copy; ``sections`` are the ids it stands under, innermost first."""

    line: Line
    id: str
    sections: tuple[str, ...]
    heading: str

    @property
    def place(self) -> str:
        return self.sections[0] if self.sections else self.heading

    @property
    def fillable(self) -> bool:
        """Whether it still shows something to tick or to fill in."""
        return self.line.kind is not LineKind.OTHER or bool(self.line.blanks or self.line.choices)


_L = TypeVar("_L")
_R = TypeVar("_R")


def uncovered(document: str, *, path: str, checklist: Checklist) -> tuple[Uncovered, ...]:
    """Return what is new in ``document``, changed or missing, in the order of its lines.

    The copy may be with or without ids, its boxes ticked and its blanks filled. Lines are matched
    by id, else by section and words; every box, metric row, blank and signature line of either
    side has its equal or is returned. Raises ChecklistError where the copy cannot be read.
    """
    lines = read(document, path=path)
    section_of_title, reworded = _match_headings(lines, checklist.sections)
    found, heading_lines = _locate(lines, section_of_title, path)
    boxes = [one for one in found if one.line.kind is not LineKind.OTHER]
    others = [one for one in found if one.line.kind is LineKind.OTHER]
    # A group that is a plain line or a heading has no box, and one that is an item is one already.
    ids = {item.id for item in checklist.items}
    groups = [one for one in checklist.groups if " [ ] " in one.text and one.id not in ids]
    known_boxes = [*map(_known, checklist.items), *map(_known, groups)]
    known_others = [*map(_known, checklist.signatures), *map(_known, checklist.fields)]
    differences = [
        *reworded,
        *_compare(boxes, known_boxes, heading_lines),
        *_compare(others, known_others, heading_lines),
    ]
    return tuple(sorted(differences, key=lambda one: one.line))


def _known(one: Item | Group | Signature | Field) -> _Known:
    choices = one.choices if isinstance(one, Item | Field) else ()
    return _Known(
        id=one.id,
        section=one.section,
        label=one.label,
        pattern=pattern(one.text),
        choices=choices,
    )


def _match_headings(
    lines: Iterable[Line], sections: Iterable[Section]
) -> tuple[dict[str, str], list[Uncovered]]:
    """Return the section id by the words of the copy's headings, and the headings reworded."""
    headings = {line.label: line for line in lines if line.kind is LineKind.HEADING}
    known = {section.title: section.id for section in sections}
    section_of_title = {title: known[title] for title in headings if title in known}
    added = [title for title in headings if title not in known]
    lost = [title for title in known if title not in headings]
    reworded = []
    for title, former in _closest(added, lost, lambda a, b: (a, b), cutoff=RENAMED):
        id_ = section_of_title[title] = known[former]
        reworded.append(
            Uncovered(
                kind=Mismatch.CHANGED,
                line=headings[title].number,
                section=id_,
                label=title,
                nearest=id_,
            )
        )
    return section_of_title, reworded


def _locate(
    lines: Iterable[Line], section_of_title: dict[str, str], path: str
) -> tuple[list[_Found], dict[str, int]]:
    """Return the copy's lines with the sections they stand under, and each section's first line."""
    found: list[_Found] = []
    heading_lines: dict[str, int] = {}
    above: list[tuple[int, str]] = []
    heading = ""
    for line in lines:
        if line.kind is LineKind.HEADING:
            above = [(level, id_) for level, id_ in above if level < line.level]
            heading = line.label
            if id_ := section_of_title.get(heading):
                above.append((line.level, id_))
                heading_lines.setdefault(id_, line.number)
            continue
        where = f"{path}:{line.number}"
        found.append(
            _Found(
                line=line,
                id=read_comment(line.comment, where=where).id if line.comment else "",
                sections=tuple(id_ for _, id_ in reversed(above)),
                heading=heading,
            )
        )
    return found, heading_lines


def _compare(
    found: list[_Found], known: list[_Known], heading_lines: dict[str, int]
) -> list[Uncovered]:
    """Pair the lines of both sides, surest rule first, and return those without their equal."""
    every = list(known)
    changed: list[tuple[_Found, _Known]] = []
    for one, its in _pair(found, known, lambda one, its: one.id == its.id):
        if not _same(one, its):
            changed.append((one, its))
    _pair(found, known, _same_in_section)
    found[:] = [one for one in found if one.fillable]
    changed += _pair(found, known, lambda one, its: bool(its.label) and one.line.label == its.label)
    for one, its in _closest(found, known, _comparable, cutoff=REWORDED):
        changed.append((one, its))
        found.remove(one)
        known.remove(its)
    return [
        *(_uncovered(Mismatch.CHANGED, one, its.id) for one, its in changed),
        *(_uncovered(Mismatch.NEW, one, _nearest(one, every)) for one in found),
        *(
            Uncovered(
                kind=Mismatch.MISSING,
                line=heading_lines.get(its.section, 0),
                section=its.section,
                label=its.label,
                nearest=its.id,
            )
            for its in known
            # A line for free notes has no words to find it by once it is filled.
            if its.label
        ),
    ]


def _pair(
    found: list[_Found], known: list[_Known], rule: Callable[[_Found, _Known], bool]
) -> list[tuple[_Found, _Known]]:
    """Take from both lists, in order, the pairs the rule accepts."""
    pairs = []
    for one in list(found):
        its = next((its for its in known if rule(one, its)), None)
        if its is not None:
            pairs.append((one, its))
            found.remove(one)
            known.remove(its)
    return pairs


def _same_in_section(one: _Found, its: _Known) -> bool:
    # A line for free notes would match any other: it is only found empty.
    if its.section not in one.sections or (one.line.label == "") != (its.label == ""):
        return False
    return _same(one, its)


def _same(one: _Found, its: _Known) -> bool:
    """Tell whether a line reads as known, apart from ticks and what was filled in."""
    kept = not one.line.choices or one.line.choices == its.choices
    return kept and its.pattern.fullmatch(plain(one.line.text)) is not None


def _comparable(one: _Found, its: _Known) -> tuple[str, str] | None:
    return (one.line.label, its.label) if its.section in one.sections else None


def _closest(
    left: Iterable[_L],
    right: Iterable[_R],
    texts: Callable[[_L, _R], tuple[str, str] | None],
    *,
    cutoff: float,
) -> list[tuple[_L, _R]]:
    """Pair each of ``left`` with at most one of ``right``, the most alike texts first."""
    right = list(right)
    ranked = []
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            pair = texts(one, other)
            if pair is None:
                continue
            matcher = SequenceMatcher(None, *pair)
            if matcher.quick_ratio() >= cutoff and (ratio := matcher.ratio()) >= cutoff:
                ranked.append((ratio, i, j, one, other))
    ranked.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    taken: Counter[tuple[str, int]] = Counter()
    pairs = []
    for _, i, j, one, other in ranked:
        if not taken["left", i] and not taken["right", j]:
            taken.update({("left", i): 1, ("right", j): 1})
            pairs.append((one, other))
    return pairs


def _nearest(one: _Found, known: list[_Known]) -> str:
    """Return the id whose words are most like this line's, of its own section if any is."""
    here = {its.label: its.id for its in known if its.section in one.sections}
    anywhere = {its.label: its.id for its in known}
    for ids in (here, anywhere):
        for label in get_close_matches(one.line.label, ids, n=1, cutoff=REWORDED):
            return ids[label]
    return ""


def _uncovered(kind: Mismatch, one: _Found, nearest: str) -> Uncovered:
    return Uncovered(
        kind=kind,
        line=one.line.number,
        section=one.place,
        label=one.line.label,
        nearest=nearest,
    )
