"""Which interrupted runs still have to be spoken of, and which are history. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gonogo.records import ActionRecord


@dataclass(frozen=True, kw_only=True)
class RunTrace:
    """What one run left behind, as far as interruptions go.

    ``torn`` are what is to be said of half lines.
    """

    run_id: str
    begun: bool = False
    """Whether it wrote its first record."""
    commit: str = ""
    target: str = ""
    rehearsal: bool = False
    planned: frozenset[str] = frozenset()
    finished: frozenset[str] = frozenset()
    under_way: tuple[str, ...] = ()
    closed: bool = False
    """Whether its end is written down."""
    over: bool = False
    """Whether nobody is still at it; a run that is about to speak has closed and is not over."""
    torn: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether it came to its end."""
        return self.over and self.closed

    @property
    def cut(self) -> bool:
        """Whether it is over without an end."""
        return self.over and not self.closed


def still_to_say(
    runs: Sequence[RunTrace], actions: Sequence[ActionRecord], *, checked: Collection[str] | None
) -> tuple[str, ...]:
    """Return what is to be said of interrupted *runs* (oldest first), until it is history.

    - An interrupted check run is said until every item it planned that has a check (*checked*;
      None: all) was finished again, at the same commit, by later runs that came to their end.
      Where it planned nothing, or not even its commit is known, the next run is enough.
    - An action that was under way is said until its own end is written down, or until a later
      attempt of the same action has finished and a run came to its end since: on the same
      instance, or, in a rehearsal, on any instance of the same target, because a box is made anew
      for each run.

    Only runs that are over settle anything, so the next run itself still says it. *actions* are
    what runs that are over wrote down, each action once, oldest first.
    """
    said: list[str] = []
    for place, run in enumerate(runs):
        history = _is_covered(run, runs[place + 1 :], checked)
        said += () if history else run.torn
        said += end_of_run(run, _unsettled(run, runs, actions), history=history)
    return tuple(said)


def end_of_run(run: RunTrace, actions: Sequence[str], *, history: bool = False) -> tuple[str, ...]:
    """Return what is said of how a run ended while *actions* of its own were under way.

    Where its checks are *history* only the actions are named.
    """
    if run.closed and actions:
        return (f"run {run.run_id} ended before these actions did: {', '.join(actions)}",)
    if not run.cut or (history and not actions):
        return ()
    if not run.begun:
        return (f"run {run.run_id} ended before it wrote its first record",)
    parts = []
    if run.under_way and not history:
        parts.append("checks under way: " + ", ".join(run.under_way))
    if actions:
        parts.append("actions under way: " + ", ".join(actions))
    return (f"run {run.run_id} was interrupted; {'; '.join(parts) or 'nothing was under way'}",)


def _is_covered(run: RunTrace, later: Sequence[RunTrace], checked: Collection[str] | None) -> bool:
    over = [each for each in later if each.ended and run.commit in ("", each.commit)]
    needed = run.planned if checked is None else run.planned & frozenset(checked)
    done = {item for each in over for item in each.finished}
    return bool(over) and needed <= done


def _unsettled(
    run: RunTrace, runs: Sequence[RunTrace], actions: Sequence[ActionRecord]
) -> tuple[str, ...]:
    """Return the names of the run's own actions whose end nobody knows."""
    return tuple(
        action.name
        for action in actions
        if action.run_id == run.run_id
        and action.outcome == "interrupted"
        and not any(_settles(other, action, runs) for other in actions)
    )


def _settles(other: ActionRecord, action: ActionRecord, runs: Sequence[RunTrace]) -> bool:
    if other.name != action.name or other.outcome != "finished":
        return False
    if other.started_at <= action.started_at or not _was_said(other.run_id, runs):
        return False
    if other.instance == action.instance:
        return True
    traces = {each.run_id: each for each in runs}
    one, two = traces.get(other.run_id), traces.get(action.run_id)
    return bool(one and two and one.rehearsal and two.rehearsal and one.target == two.target)


def _was_said(run_id: str, runs: Sequence[RunTrace]) -> bool:
    """Return whether that run, or one after it, came to its end: only then did anybody read it."""
    places = [place for place, run in enumerate(runs) if run.run_id == run_id]
    return any(run.ended for place in places for run in runs[place:])
