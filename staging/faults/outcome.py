"""Holds what was observed beside what was expected: kills, misses and false alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gonogo.verdict import State
from staging.faults.fault import Fault
from staging.faults.running import Observed

TURNED_RED = frozenset({State.FAIL, State.ERROR})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One fault and what the checks made of it.

    ``left_out`` are the items that this machine cannot judge even in a healthy box.
    """

    fault: Fault
    observed: Observed
    known: bool = False
    left_out: frozenset[str] = frozenset()

    @property
    def missed(self) -> dict[str, str]:
        """Expected items that stayed green or have another state, each with both."""
        return {
            item: f"{self.observed.states.get(item, State.PASS)}, not {state}"
            for item, state in self.fault.expected.items()
            if item not in self.left_out and self.observed.states.get(item) is not state
        }

    @property
    def extra(self) -> dict[str, str]:
        """Items that left green without being expected to."""
        return {
            item: str(state)
            for item, state in self.observed.states.items()
            if item not in self.fault.expected and item not in self.left_out
        }

    @property
    def could_be_seen(self) -> bool:
        """Whether this machine can judge an item that the fault turns red."""
        return not self.left_out.issuperset(self.fault.expected)

    @property
    def right(self) -> bool:
        """Whether exactly the expected items left green, each to the expected state."""
        return not self.observed.trouble and not self.missed and not self.extra


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What all outcomes say together."""

    outcomes: Sequence[Outcome]
    reddened: Mapping[str, int]
    """By item: how many faults of the whole catalogue expect it to FAIL or to be ERROR."""

    @property
    def faults(self) -> int:
        """How many outcomes are of faults that could be seen here, not of controls."""
        return sum(each.could_be_seen for each in self.outcomes)

    @property
    def killed(self) -> int:
        """How many faults were seen at every item they should be seen at."""
        return sum(
            each.could_be_seen and not (each.missed or each.observed.trouble)
            for each in self.outcomes
        )

    @property
    def false_alarms(self) -> int:
        """How many items went red that should not have, over all faults and controls."""
        return sum(len(each.extra) for each in self.outcomes)

    @property
    def broken(self) -> int:
        """How many faults could not be applied or run."""
        return sum(bool(each.observed.trouble) for each in self.outcomes)

    @property
    def left_out(self) -> list[str]:
        """Items that this machine cannot judge: it lacks an engine or tool."""
        return sorted({item for each in self.outcomes for item in each.left_out})

    @property
    def uncovered(self) -> list[str]:
        """Items that no fault turns red."""
        return [item for item, count in self.reddened.items() if count == 0]

    @property
    def perfect(self) -> bool:
        """Whether every fault was killed, nothing went red without a reason, no item is left."""
        nothing_wrong = not (self.false_alarms or self.broken or self.uncovered)
        return bool(self.outcomes) and nothing_wrong and self.killed == self.faults


def tally(outcomes: Sequence[Outcome], catalogue: Iterable[Fault], items: Iterable[str]) -> Tally:
    """Return the sums over *outcomes*, and over *catalogue* for each of *items*."""
    reddened = Counter(
        item for fault in catalogue for item, state in fault.expected.items() if state in TURNED_RED
    )
    return Tally(outcomes=outcomes, reddened={item: reddened[item] for item in items})
