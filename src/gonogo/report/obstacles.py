"""What stands in the way of a GO, folded so that one cause is told once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gonogo.records import Absence, Decision, Standing
from gonogo.report.message import Told, read_message, told
from gonogo.report.plaintext import one_line
from gonogo.report.wording import STATES
from gonogo.verdict import SETTLED, State

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEVERITY = {state: place for place, state in enumerate(STATES)}


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One cause and the items it holds back, worst first."""

    cause: str
    standings: tuple[Standing, ...]

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
        """The place all its items name; empty when they differ."""
        return _shared([told(standing).where for standing in self.looked])

    @property
    def do(self) -> str:
        """What all its items say is to be done; empty when they differ."""
        return _shared([told(standing).do for standing in self.looked])

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
                do="" if do_shared else account.do,
            )
            accounts.setdefault(own, []).append(standing)
        return tuple((account, tuple(items)) for account, items in accounts.items())


def obstacles(decision: Decision) -> tuple[Obstacle, ...]:
    """Return the causes that stand in the way, reds first, in the decision's order."""
    return tuple(
        sorted(_grouped(decision.blocking), key=lambda obstacle: _SEVERITY[obstacle.state])
    )


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
