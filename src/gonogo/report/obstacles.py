"""What stands in the way of a GO, folded so that one cause is told once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gonogo.records import Absence, ActionRecord, Decision, Standing
from gonogo.report.message import Told, read_message, told
from gonogo.report.plaintext import one_line
from gonogo.report.wording import ADVICE, STATES
from gonogo.verdict import RED, SETTLED, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SEVERITY = {state: place for place, state in enumerate(STATES)}


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One cause and the items it holds back, worst first; ``action`` failed and is the cause."""

    cause: str
    standings: tuple[Standing, ...]
    action: ActionRecord | None = None

    @property
    def state(self) -> State:
        """The worst state among the items."""
        return self.standings[0].state

    @property
    def looked(self) -> tuple[Standing, ...]:
        """The items of which something is known."""
        return tuple(s for s in self.standings if s.state is not State.NOT_RUN)

    @property
    def not_run(self) -> tuple[Standing, ...]:
        """The items nobody looked at for the same cause."""
        return tuple(s for s in self.standings if s.state is State.NOT_RUN)

    @property
    def where(self) -> str:
        """The place all its items name, else a failed action's output; empty when they differ."""
        said = [told(standing).where for standing in self.looked]
        if self.action and not any(said):
            return f"actions/{self.action.run_id}-{self.action.name}/output.log, beside the report"
        return _shared(said)

    @property
    def do(self) -> str:
        """What is to be done; empty when its items say different things."""
        said = [told(standing).do for standing in self.looked or self.not_run]
        return _shared(said) if any(said) else self._advice

    @property
    def _advice(self) -> str:
        """What is to be done where no item says it."""
        if self.action is None:
            return ADVICE[self.state]
        name = self.action.name
        return (
            f"read the output of {name} from its first error on and mend the cause; then run it"
            f" again (a target that stays: --again {name} --reason TEXT), or roll back"
        )

    @property
    def stories(self) -> tuple[tuple[Told, tuple[Standing, ...]], ...]:
        """What the items that were looked at say, each different account once with its items.

        What all of them share is left out: ``where`` and ``do`` say it once.
        """
        where_shared, do_shared = bool(self.where), bool(self.do)
        accounts: dict[Told, list[Standing]] = {}
        for standing in self.looked:
            account = told(standing)
            own = replace(
                account,
                headline="" if one_line(account.headline) == self.cause else account.headline,
                where="" if where_shared else account.where,
                do="" if do_shared else account.do or ADVICE[standing.state],
            )
            accounts.setdefault(own, []).append(standing)
        return tuple((account, tuple(items)) for account, items in accounts.items())


def obstacles(decision: Decision, actions: Sequence[ActionRecord] = ()) -> tuple[Obstacle, ...]:
    """Return the causes that stand in the way in the order in which they are to be mended.

    Worst first; within one state what nobody may waive, then an action that failed, before what
    is missing because of it; then the decision's order.
    """
    found = [
        replace(each, action=_failed_action(each, actions)) for each in _grouped(decision.blocking)
    ]
    return tuple(sorted(found, key=_urgency))


def _urgency(obstacle: Obstacle) -> tuple[int, bool, bool]:
    may_be_waived = all(s.item.waivable for s in obstacle.looked)
    return _SEVERITY[obstacle.state], may_be_waived, obstacle.action is None


def _failed_action(obstacle: Obstacle, actions: Sequence[ActionRecord]) -> ActionRecord | None:
    """Return the action whose bad end a red quotes."""
    failed = (action for action in actions if not action.ended_well)
    quoted = (action for action in failed if one_line(str(action)) in obstacle.cause)
    return next(quoted, None) if obstacle.state in RED else None


def unsettled_advisory(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Return items that are not settled and stand in nobody's way because they are advisory."""
    return tuple(s for s in standings if s.item.advisory and s.state not in SETTLED)


def not_run_by_reason(standings: Iterable[Standing]) -> dict[str, tuple[Standing, ...]]:
    """Return the items nobody looked at by why, most first; names what was planned first."""
    groups: dict[str, list[Standing]] = {}
    for standing in standings:
        if standing.state is State.NOT_RUN:
            groups.setdefault(_why_not_run(standing), []).append(standing)
    planned_first = sorted(
        groups.items(), key=lambda group: (group[1][0].absence is not Absence.NOT_FINISHED,)
    )
    return {reason: tuple(items) for reason, items in planned_first}


def _grouped(blocking: Iterable[Standing]) -> Iterable[Obstacle]:
    groups: dict[str, list[Standing]] = {}
    for standing in blocking:
        groups.setdefault(_cause(standing), []).append(standing)
    for cause, members in groups.items():
        worst_first = sorted(members, key=lambda s: _SEVERITY[s.state])
        yield Obstacle(cause=cause, standings=tuple(worst_first))


def _cause(standing: Standing) -> str:
    latest = standing.latest
    if latest is not None and latest.cause and latest.state is standing.state:
        return one_line(latest.cause)
    if standing.state is State.NOT_RUN:
        return _why_not_run(standing)
    return one_line(told(standing).headline or standing.reason) or STATES[standing.state].meaning


def _why_not_run(standing: Standing) -> str:
    said = one_line(read_message(standing.reason).headline)
    return said or str(standing.absence or "no reason is recorded")


def _shared(texts: list[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else ""
