"""The end of a run on the terminal: what a tired person must grasp in ten seconds."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from gonogo.report.headline import by_phase, heads, in_scope, next_step, scope_name, settled
from gonogo.report.obstacles import Obstacle, not_run_by_reason, obstacles
from gonogo.report.plaintext import cut, one_line
from gonogo.report.results import problems_of
from gonogo.report.wording import STATES, count, counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gonogo.records import ReleaseView, Standing
    from gonogo.report.message import Told

SHOWN_CAUSES = 8
SHOWN_STORIES = 3
SHOWN_DETAILS = 3
SHOWN_IDS = 8
SHOWN_PROBLEMS = 5
SHOWN_REASONS = 6
_VALUE_LIMIT = 240
_NARROWEST, _WIDEST = 40, 120


def summary_lines(view: ReleaseView, *, report_path: str, width: int) -> list[str]:
    """Return the closing lines, plain text without colour, none longer than *width* columns.

    Counts by phase, the reds by cause, what was not run, the verdict, what to do next.
    """
    columns = max(_NARROWEST, min(width, _WIDEST))
    lines = [*_phases(view), *_obstacles(view), *_not_run(view), *_problems(view)]
    lines += ["", *_verdict(view, report_path)]
    return [folded for line in lines for folded in _fold(line, columns)]


def _phases(view: ReleaseView) -> Iterator[str]:
    members = by_phase(in_scope(view))
    longest = max(map(len, members), default=0)
    for phase, standings in members.items():
        states = ", ".join(f"{n:,} {STATES[state].text}" for state, n in counts(standings).items())
        yield f"{phase:<{longest}}  {states}"


def _obstacles(view: ReleaseView) -> Iterator[str]:
    causes = [way for way in obstacles(view.decision) if way.looked]
    for number, cause in enumerate(causes[:SHOWN_CAUSES], start=1):
        yield ""
        yield from _cause(number, cause)
    left = len(causes) - SHOWN_CAUSES
    if left > 0:
        yield ""
        yield f"… and {count(left, 'more cause')}, all in the report"


def _cause(number: int, obstacle: Obstacle) -> Iterator[str]:
    stories = obstacle.stories
    yield f"{number}. {STATES[obstacle.state].text}: {cut(obstacle.cause, _VALUE_LIMIT)}"
    for account, standings in stories[:SHOWN_STORIES]:
        names = _ids(standings) if len(standings) > 1 else _name(standings[0])
        yield f"   {names}"
        yield from _account(account)
    rest = [standing for _, standings in stories[SHOWN_STORIES:] for standing in standings]
    if rest:
        yield f"   also {_ids(rest)}"
    yield from _labelled("   ", (("where", obstacle.where), ("do", obstacle.do)))
    if obstacle.not_run:
        yield f"   not run because of it: {_ids(obstacle.not_run)}"


def _account(account: Told) -> Iterator[str]:
    details = account.detail.split("\n") if account.detail else []
    for detail in details[:SHOWN_DETAILS]:
        yield f"     {cut(one_line(detail), _VALUE_LIMIT)}"
    if len(details) > SHOWN_DETAILS:
        yield f"     … {count(len(details) - SHOWN_DETAILS, 'more line')} in the report"
    parts = (
        ("expected", account.expected),
        ("found", account.found),
        ("where", account.where),
        ("do", account.do),
    )
    yield from _labelled("     ", parts)


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


def _problems(view: ReleaseView) -> Iterator[str]:
    problems = problems_of(view)
    if problems:
        yield ""
    for problem in problems[:SHOWN_PROBLEMS]:
        yield f"problem  {cut(one_line(problem), _VALUE_LIMIT)}"
    if len(problems) > SHOWN_PROBLEMS:
        yield f"problem  … and {len(problems) - SHOWN_PROBLEMS:,} more, all in the report"


def _verdict(view: ReleaseView, report_path: str) -> Iterator[str]:
    yield f"gonogo: {view.decision.verdict} — {settled(view)} ({scope_name(view)})"
    for head in heads(view):
        yield f"{head.word}: {head.meaning}"
    yield f"next:   {next_step(view)}"
    yield f"report: {one_line(report_path)}"


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
    return textwrap.wrap(line, columns, subsequent_indent=" " * start) or [line]
