"""Runs the contenders of a plan in turn and works out the figures."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.plan import Benchmark, Contender, Figure, Plan


@dataclass(frozen=True, kw_only=True)
class Series:
    """Several values of one kind; printed as the median with the least and the greatest."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def greatest(self) -> float:
        """The greatest value."""
        return max(self.values)


@dataclass(frozen=True, kw_only=True)
class MeasuredFigure:
    """A figure with its values: ratios of one round each, or seconds."""

    figure: Figure
    series: Series

    @property
    def met(self) -> bool | None:
        """Whether the median meets the goal; None where there is no goal."""
        goal = self.figure.at_most
        return None if goal is None else self.series.median <= goal


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a benchmark came to; *failure* says why it could not run."""

    benchmark: Benchmark
    plan: Plan | None = None
    seconds: Mapping[str, Series]
    figures: tuple[MeasuredFigure, ...] = ()
    failure: str = ""


def measure(
    benchmark: Benchmark, *, rounds: int | None = None, tell: Callable[[str], None]
) -> Outcome:
    """Run one benchmark; whatever stops it is the outcome's failure, not a raise."""
    try:
        with benchmark.prepare() as plan:
            seconds = interleaved(plan.contenders, rounds=rounds or benchmark.rounds, tell=tell)
            figures = tuple(
                MeasuredFigure(figure=figure, series=_values(figure, seconds))
                for figure in plan.figures
            )
    except Exception as error:  # noqa: BLE001 - the other benchmarks must still run
        failure = f"{type(error).__name__}: {error}"
        return Outcome(benchmark=benchmark, seconds={}, failure=failure)
    return Outcome(benchmark=benchmark, plan=plan, seconds=seconds, figures=figures)


def interleaved(
    contenders: Sequence[Contender], *, rounds: int, tell: Callable[[str], None]
) -> dict[str, Series]:
    """Run every contender once a round, each second round in reverse; the first does not count.

    In turn, so that a machine that is busy for a while slows all of them; in reverse, so that none
    always follows the same other.
    """
    values: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        tell(f"round {number} of {rounds}" if number else "warming up")
        for contender in contenders if number % 2 else reversed(contenders):
            seconds = contender.run()
            if number:
                values[contender.name].append(seconds)
    return {name: Series(values=tuple(each)) for name, each in values.items()}


def _values(figure: Figure, seconds: Mapping[str, Series]) -> Series:
    ours = seconds[figure.of]
    if not figure.to:
        return ours
    pairs = zip(ours.values, seconds[figure.to].values, strict=True)
    return Series(values=tuple(one / other for one, other in pairs))
