"""The end of a run on the terminal: what a tired person must grasp in ten seconds."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from gonogo.report.headline import (
    by_phase,
    covers,
    heads,
    in_scope,
    next_step,
    scope_name,
    settled,
)
from gonogo.report.obstacles import Obstacle, not_run_by_reason, obstacles
from gonogo.report.plaintext import cut, one_line
from gonogo.report.results import problems_of
from gonogo.report.wording import STATES, count, counts
from gonogo.verdict import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gonogo.records import ReleaseView, Standing
    from gonogo.report.message import Told

SHOWN_CAUSES = 8
SHOWN_STORIES = 3
SHOWN_IN_FULL = 3
"""Causes told with more than one detail; what follows them mostly follows from them."""
SHOWN_DETAILS = 3
SHOWN_NOTES = 5
"""Notes are facts beside the differences, such as the keys of the rows that differ."""
SHOWN_IDS = 8
SHOWN_PROBLEMS = 5
SHOWN_REASONS = 6
_VALUE_LIMIT = 240
_DETAIL_LIMIT = 180
_NOTE_LIMIT = 600
"""A note says what to do as well, and stands nowhere else on the terminal."""
_NARROWEST, _WIDEST = 40, 120
_LEFT_OUT = re.compile(r"… and (\d+) more$")


def summary_lines(
    view: ReleaseView, *, report_path: str, width: int, phases: bool = True
) -> list[str]:
    """Return the closing lines, plain text without colour, folded at *width* columns.

    Counts by phase where *phases* are wanted, the reds by cause, what was not run, the verdict,
    what to do next; last the report's path, which stays whole so that it can be copied.
    """
    columns = max(_NARROWEST, min(width, _WIDEST))
    lines = [
        *(_phases(view) if phases else ()),
        *_obstacles(view),
        *_not_run(view),
        *_not_applicable(view),
    ]
    lines += _problems(view)
    lines += _notes(view)
    lines += ["", *_verdict(view)]
    folded = [part for line in lines for part in _fold(line, columns)]
    return [*folded, f"report: {one_line(report_path)}"]


def _phases(view: ReleaseView) -> Iterator[str]:
    members = by_phase(in_scope(view))
    longest = max(map(len, members), default=0)
    for phase, standings in members.items():
        states = ", ".join(f"{n:,} {STATES[state].text}" for state, n in counts(standings).items())
        yield f"{phase:<{longest}}  {states}"


def _obstacles(view: ReleaseView) -> Iterator[str]:
    causes = [way for way in obstacles(view.decision, view.actions) if way.looked]
    for number, cause in enumerate(causes[:SHOWN_CAUSES], start=1):
        yield ""
        yield from _cause(number, cause)
    left = causes[SHOWN_CAUSES:]
    if left:
        yield ""
        held = _ids(standing for cause in left for standing in cause.looked)
        yield f"… and {count(len(left), 'more cause')}, all in the report: {held}"


def _cause(number: int, obstacle: Obstacle) -> Iterator[str]:
    stories = obstacle.stories
    details = SHOWN_DETAILS if number <= SHOWN_IN_FULL else 1
    yield f"{number}. {STATES[obstacle.state].text}: {cut(obstacle.cause, _VALUE_LIMIT)}"
    for account, standings in stories[:SHOWN_STORIES]:
        names = _ids(standings) if len(standings) > 1 else _name(standings[0])
        yield f"   {names}"
        yield from _account(account, obstacle.cause, details)
    rest = [standing for _, standings in stories[SHOWN_STORIES:] for standing in standings]
    if rest:
        yield f"   also {_ids(rest)}"
    yield from _labelled("   ", (("where", obstacle.where), ("do", obstacle.do)))
    if obstacle.not_run:
        yield f"   not run because of it: {_ids(obstacle.not_run)}"


def _account(account: Told, cause: str, details: int) -> Iterator[str]:
    yield from _lines("     ", account.detail, details, told=cause)
    for label, text in (("expected", account.expected), ("found", account.found)):
        first, _, rest = text.partition("\n")
        yield from _labelled("     ", ((label, first),))
        yield from _lines(" " * 15, rest, details, told=cause)
    yield from _labelled("     ", (("where", account.where), ("do", account.do)))


def _lines(margin: str, text: str, details: int, *, told: str) -> Iterator[str]:
    """Yield the first *details* of *text* and its first notes, then how much is left out.

    What is *told* already is left out without a word.
    """
    notes: list[str] = []
    others: list[str] = []
    for line in dict.fromkeys(map(one_line, text.split("\n"))):
        # The advice of what was found gives way to the advice of whoever judged it.
        if line not in ("", told) and not line.startswith("what to do: "):
            (notes if line.startswith("note: ") else others).append(line)
    for line in (*others[:details], *notes[:SHOWN_NOTES]):
        yield f"{margin}{cut(line, _DETAIL_LIMIT)}"
    left = sum(map(_things_in, (*others[details:], *notes[SHOWN_NOTES:])))
    if left:
        yield f"{margin}… {count(left, 'more line')} in the report"


def _things_in(line: str) -> int:
    """Return how many lines a line stands for: a comparison counts what it leaves out itself."""
    already_cut = _LEFT_OUT.match(line)
    return int(already_cut[1]) if already_cut else 1


def _labelled(margin: str, parts: Iterable[tuple[str, str]]) -> Iterator[str]:
    for label, text in parts:
        if text:
            yield f"{margin}{label:<8}  {cut(one_line(text), _VALUE_LIMIT)}"


def _not_run(view: ReleaseView) -> Iterator[str]:
    reasons = list(not_run_by_reason(in_scope(view)).items())
    if reasons:
        yield ""
    for reason, standings in reasons[:SHOWN_REASONS]:
        names = _ids(standings)
        if len(standings) > SHOWN_IDS:
            names = f"{len(standings):,} items of {', '.join(by_phase(standings))}"
        yield f"not run  {names}: {cut(reason, _VALUE_LIMIT // 2)}"
    left = sum(len(standings) for _, standings in reasons[SHOWN_REASONS:])
    if left:
        yield f"not run  {count(left, 'more item')} for other reasons, all in the report"


def _not_applicable(view: ReleaseView) -> Iterator[str]:
    by_reason: dict[str, list[Standing]] = {}
    for standing in in_scope(view):
        if standing.state is State.NOT_APPLICABLE:
            by_reason.setdefault(standing.reason, []).append(standing)
    if by_reason:
        yield ""
    for reason, standings in by_reason.items():
        yield f"not applicable  {_ids(standings)}: {cut(one_line(reason), _VALUE_LIMIT // 2)}"


def _problems(view: ReleaseView) -> Iterator[str]:
    # What the next step says whole is not said here as well.
    told = next_step(view)
    problems = [each for each in problems_of(view) if one_line(each) not in told]
    if problems:
        yield ""
    for problem in problems[:SHOWN_PROBLEMS]:
        yield f"problem  {cut(one_line(problem), _VALUE_LIMIT)}"
    if len(problems) > SHOWN_PROBLEMS:
        yield f"problem  … and {len(problems) - SHOWN_PROBLEMS:,} more, all in the report"


def _notes(view: ReleaseView) -> Iterator[str]:
    """Yield what the newest run left to be known."""
    notes = view.runs[-1].notes if view.runs else ()
    if notes:
        yield ""
    for note in notes:
        yield f"note     {cut(one_line(note), _NOTE_LIMIT)}"


def _verdict(view: ReleaseView) -> Iterator[str]:
    yield f"gonogo: {view.decision.verdict} — {settled(view)} ({scope_name(view)})"
    for head in heads(view):
        yield f"{head.word}: {head.meaning}"
    if part := covers(view):
        yield f"covers: {part}"
    yield f"next:   {next_step(view)}"


def _name(standing: Standing) -> str:
    return one_line(f"{standing.item.id} {standing.item.label}")


def _ids(standings: Iterable[Standing]) -> str:
    ids: Sequence[str] = [standing.item.id for standing in standings]
    if len(ids) <= SHOWN_IDS:
        return ", ".join(ids)
    return f"{len(ids):,} items, {ids[0]} to {ids[-1]}"


def _fold(line: str, columns: int) -> list[str]:
    if len(line) <= columns:
        return [line]
    # Continuation lines stand under the text, not under its number or label.
    start = len(line) - len(line.lstrip())
    for mark in ("  ", ": ", ". "):
        place = line.find(mark, start + 1)
        if 0 < place < min(20, columns // 3):
            start = len(line) - len(line[place:].lstrip(": ."))
            break
    if " " not in line[start:]:
        return [line]  # one long word, such as a path, stays whole beside its label
    # An id, a path or a name that has a hyphen is not cut there.
    return textwrap.wrap(line, columns, subsequent_indent=" " * start, break_on_hyphens=False) or [
        line
    ]
