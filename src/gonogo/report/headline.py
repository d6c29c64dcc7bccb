"""The first lines of every report: the heads over the verdict, why it is so, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.checklist import MILESTONES, PHASES
from gonogo.records import Absence
from gonogo.report.obstacles import Obstacle, obstacles, unsettled_advisory
from gonogo.report.plaintext import cut, one_line
from gonogo.report.wording import ADVICE, STATES, count, counts
from gonogo.verdict import RED, SETTLED, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gonogo.records import ReleaseView, Standing

_SHOWN = 160
_SHOWN_ADVICE = 320
_NAMED_PHASES = 3
_HOLDS = {
    Absence.NO_CHECK: "items without a check yet",
    Absence.TOOL: "those that need what this machine lacks",
    Absence.PERSON: "those that need a person's word",
    Absence.HORIZON: "those whose time has not come",
}
"""What no run can settle, and what it is called."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """A word that must never be read apart from the verdict, and what it means."""

    word: str
    meaning: str


def in_order(view: ReleaseView) -> tuple[Standing, ...]:
    """Return every item's standing in the order of the document."""
    return view.in_order


def in_scope(view: ReleaseView) -> tuple[Standing, ...]:
    """Return the standings the verdict is about, in the order of the document."""
    return view.in_scope


def by_phase(standings: Iterable[Standing]) -> dict[str, tuple[Standing, ...]]:
    """Return the standings of each phase, phases in the order of their first item."""
    phases: dict[str, list[Standing]] = {}
    for standing in standings:
        phases.setdefault(standing.item.phase, []).append(standing)
    return {phase: tuple(members) for phase, members in phases.items()}


def scope_name(view: ReleaseView) -> str:
    """Return what the scope is called."""
    return one_line(view.decision.scope) or "the whole checklist"


def settled(view: ReleaseView) -> str:
    """Return ``12 of 12 items in scope settled``, and how many of the rest are only advisory.

    What does not apply is counted apart: nobody looked at it, and nobody has to.
    """
    every = in_scope(view)
    chosen = [s for s in every if s.state is not State.NOT_APPLICABLE]
    done = sum(s.state in SETTLED for s in chosen)
    aside, without = len(unsettled_advisory(chosen)), len(every) - len(chosen)
    sentence = f"{done:,} of {count(len(chosen), 'item')} in scope settled"
    if aside:
        sentence += f", {aside:,} of the rest advisory"
    return f"{sentence}; {without:,} not applicable" if without else sentence


def heads(view: ReleaseView) -> tuple[Head, ...]:
    """Return REHEARSAL, PARTIAL and INCOMPLETE RUN, those that hold."""
    chosen = in_scope(view)
    not_run = sum(s.state is State.NOT_RUN for s in chosen)
    found = []
    if view.rehearsal:
        found.append(Head(word="REHEARSAL", meaning=_rehearsed_on(view)))
    if view.decision.partial:
        found.append(
            Head(
                word="PARTIAL",
                meaning=f"it speaks for {count(len(chosen), 'item')} picked by name, no others",
            )
        )
    if not_run:
        found.append(
            Head(
                word="INCOMPLETE RUN",
                meaning=f"{not_run:,} of {count(len(chosen), 'item')} in scope "
                f"{'was' if not_run == 1 else 'were'} not run",
            )
        )
    return tuple(found)


def _rehearsed_on(view: ReleaseView) -> str:
    if view.in_a_box:
        return "in a box on made-up data: it tries the scripts, not the real target"
    place = one_line(view.release.environment)
    return f"on {place}, a real target but not production: it speaks for {place} alone"


def covers(view: ReleaseView) -> str:
    """Return what a verdict over a part is about, and what comes before it and is not settled.

    Empty where every item is in scope.
    """
    chosen = in_scope(view)
    if not chosen or len(chosen) == len(view.standings):
        return ""
    inside, every = by_phase(chosen), by_phase(view.in_order)
    named = (
        ", ".join(inside)
        if len(inside) <= _NAMED_PHASES
        else f"{len(inside)} of {len(every)} phases"
    )
    sentence = f"{named} only"
    before = by_phase(_unsettled_before(view))
    if not before:
        return sentence
    left = ", ".join(f"{phase} ({count(len(them), 'item')})" for phase, them in before.items())
    return f"{sentence}; before it and not settled: {left}"


def _unsettled_before(view: ReleaseView) -> Iterable[Standing]:
    """Yield what is outside the scope, comes before it, is due no later, and is not settled."""
    chosen = in_scope(view)
    inside = frozenset(view.decision.in_scope)
    last_phase = max((PHASES.index(s.item.phase) for s in chosen), default=-1)
    due = max((MILESTONES.index(s.item.blocks) for s in chosen if s.item.blocks), default=-1)
    for standing in view.in_order:
        item = standing.item
        if item.id in inside or not item.blocks or standing.state in SETTLED:
            continue
        if PHASES.index(item.phase) < last_phase and MILESTONES.index(item.blocks) <= due:
            yield standing


def why(view: ReleaseView) -> str:
    """Return the reason for the verdict in one sentence."""
    decision = view.decision
    if decision.verdict is Verdict.GO:
        return _why_go(view)
    reds = [way for way in obstacles(decision, view.actions) if way.state in RED]
    if reds:
        return _why_not(reds)
    if not decision.in_scope:
        return "No item of the checklist is in scope, so nothing was proven."
    if not decision.blocking and decision.problems:
        return _why_not_trusted(decision.problems)
    states = ", ".join(
        f"{number:,} {STATES[state].text}" for state, number in counts(decision.blocking).items()
    )
    verb = "is" if len(decision.blocking) == 1 else "are"
    sentence = f"Nothing failed, but {count(len(decision.blocking), 'item')} {verb} not settled"
    return f"{sentence}: {states}."


def next_step(view: ReleaseView) -> str:
    """Return what the reader should do now, in one sentence."""
    decision = view.decision
    if decision.verdict is Verdict.GO:
        return _next_after_go(view)
    if view.damage and decision.verdict is Verdict.HOLD:
        return cut(f"Mend the record: {one_line(view.damage[0])}.", _SHOWN_ADVICE)
    ways = obstacles(decision, view.actions)
    if ways and all(s.absence in _HOLDS for s in decision.blocking):
        return _next_after_all_that_runs(view)
    if ways:
        return cut(one_line(_first_do(ways[0])), _SHOWN_ADVICE)
    return "Mend the problems of the record, then run again."


def _next_after_go(view: ReleaseView) -> str:
    if view.decision.partial:
        return "Run the whole scope before you decide: the same without -k and without paths."
    if view.rehearsal:
        real = "a real target" if view.in_a_box else "production"
        return f"Run the same on {real} before you decide: --target NAME."
    if any(_unsettled_before(view)):
        return "Settle what comes before it, then go on."
    return "Go on, and keep the report."


def _next_after_all_that_runs(view: ReleaseView) -> str:
    """Return what is left where another run on this target would change nothing."""
    left = {s.absence for s in view.decision.blocking}
    holds = [text for absence, text in _HOLDS.items() if absence in left]
    *first, last = holds
    listed = f"{', '.join(first)} and {last}" if first else last
    sentence = f"Nothing more can be run here: {listed} keep the whole at HOLD"
    if not view.in_a_box or not any(s.state in SETTLED for s in in_scope(view)):
        return f"{sentence}."
    return f"{sentence}; what was rehearsed goes on with a real target: --target NAME."


def _first_do(obstacle: Obstacle) -> str:
    own = (account.do for account, _ in obstacle.stories if account.do)
    return obstacle.do or next(own, ADVICE[obstacle.state])


def _why_not_trusted(problems: Sequence[str]) -> str:
    others = f"; and {count(len(problems) - 1, 'more problem')}" if len(problems) > 1 else ""
    return f"Every item is settled, but {cut(one_line(problems[0]), _SHOWN_ADVICE)}{others}."


def _why_not(reds: list[Obstacle]) -> str:
    items = sum(s.state in RED for way in reds for s in way.standings)
    first = reds[0].standings[0]
    name = one_line(f"{first.item.id} {first.item.label}")
    said = cut(f"{name}: {reds[0].cause}", _SHOWN * 2)
    if items == 1:
        return said
    causes = f" for {len(reds)} causes" if len(reds) > 1 else ""
    return f"{count(items, 'item')} failed{causes}; the first is {said}"


def _why_go(view: ReleaseView) -> str:
    chosen = [s for s in in_scope(view) if s.state is not State.NOT_APPLICABLE]
    without = len(in_scope(view)) - len(chosen)
    aside = unsettled_advisory(chosen)
    found = counts(s for s in chosen if s.state not in {State.PASS, State.ATTESTED})
    settled_else = [
        f"{number:,} {STATES[state].text}" for state, number in found.items() if state in SETTLED
    ]
    held = count(len(chosen) - len(aside), "item")
    sentence = f"All {held} {'that can hold it up' if aside else 'in scope'} are settled"
    if len(chosen) == 1 and not aside:
        sentence = "The one item in scope is settled"
    if settled_else:
        sentence += f", {', '.join(settled_else)} among them"
    if aside:
        sentence += f"; {count(len(aside), 'advisory item')} not settled"
    if without:
        sentence += f"; {count(without, 'item')} not applicable"
    return sentence + "."
