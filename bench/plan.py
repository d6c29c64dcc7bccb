"""What a benchmark says it will measure: contenders, and figures with their goals."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from gonogo.clock import SystemClock

CLOCK = SystemClock()


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One thing that is measured; *run* does it once and returns what counts, in *unit*."""

    name: str
    run: Callable[[], float]
    unit: str = "s"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure to print: *of* as a multiple of *to*; without *to*, in its contender's unit."""

    of: str
    to: str = ""
    at_most: float | None = None
    """The goal; None where the figure is only told."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A peer that this machine lacks, and how to get it."""

    name: str
    do: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Contenders that are ready to run, the figures wanted of them, and what is missing."""

    contenders: tuple[Contender, ...]
    figures: tuple[Figure, ...]
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()

    def unit(self, name: str) -> str:
        """Return the unit of the contender *name*."""
        return next(each.unit for each in self.contenders if each.name == name)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One benchmark; *prepare* sets everything up and clears it away again."""

    name: str
    title: str
    rounds: int
    prepare: Callable[[], AbstractContextManager[Plan]]


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """Return what does *work* and gives the seconds it took."""

    def run() -> float:
        start_s = CLOCK.monotonic_s()
        work()
        return CLOCK.monotonic_s() - start_s

    return run
