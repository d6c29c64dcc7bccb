"""Runs faults side by side, shows how far it is, and keeps each result as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Protocol

from staging.faults.fault import Fault
from staging.faults.outcome import Outcome
from staging.faults.running import Observed


class Memory(Protocol):
    """Where results are kept between runs."""

    def of(self, fault: Fault) -> Observed | None:
        """Return what is known of *fault*, or None."""
        ...

    def keep(self, fault: Fault, observed: Observed) -> None:
        """Keep a result."""
        ...


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Runs the healthy box first, and nothing else when that is not green."""

    run: Callable[[Fault], Observed]
    known: Memory
    say: Callable[[str], object]
    jobs: int = 2
    fresh: bool = False

    def outcomes(
        self, healthy: Fault, faults: Sequence[Fault], *, items: Collection[str]
    ) -> list[Outcome]:
        """Return one outcome for each fault in the given order; the healthy box's alone if red.

        The healthy box must have all of *items* checked, so that a lost check is no kill. Those
        that it lacks a tool for are left out everywhere.
        """
        seen = self._outcome(healthy)
        left_out = seen.observed.without_tool
        first = replace(seen, left_out=left_out)
        self._show(first, "healthy box")
        if first.right and first.observed.checked != len(items):
            trouble = f"{first.observed.checked} items checked, expected {len(items)}"
            first = Outcome(fault=healthy, observed=Observed(trouble=trouble))
        if not first.right:
            self.say("the healthy box is not all green: no fault is run")
            return [first]
        done: dict[str, Outcome] = {}
        with ThreadPoolExecutor(max_workers=self.jobs) as pool:
            try:
                for future in as_completed([pool.submit(self._outcome, each) for each in faults]):
                    outcome = replace(future.result(), left_out=left_out)
                    done[outcome.fault.id] = outcome
                    self._show(outcome, f"{len(done)} of {len(faults)}")
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return [done[each.id] for each in faults]

    def _outcome(self, fault: Fault) -> Outcome:
        observed = None if self.fresh else self.known.of(fault)
        if observed is not None:
            return Outcome(fault=fault, observed=observed, known=True)
        observed = self.run(fault)
        self.known.keep(fault, observed)
        return Outcome(fault=fault, observed=observed)

    def _show(self, outcome: Outcome, place: str) -> None:
        word = "as expected" if outcome.right else "NOT AS EXPECTED"
        took = "known" if outcome.known else f"{outcome.observed.duration_s:.1f} s"
        self.say(f"[{place}] {outcome.fault.id}: {word}, {took}")
