"""What a benchmark says it will measure: contenders, and figures with their goals."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from gonogo.clock import SystemClock

CLOCK = SystemClock()


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One thing that is timed; *run* does it once and returns the seconds that count."""

    name: str
    run: Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure to print: how long *of* takes as a multiple of *to*, in seconds without *to*."""

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
