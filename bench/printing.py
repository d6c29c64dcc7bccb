"""Outcomes as lines for a person and as data for a file."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from typing import Any

from bench.measuring import MeasuredFigure, Outcome, Series
from bench.plan import CLOCK, Plan
from gonogo.clock import rfc3339

SCHEMA = "gonogo/bench/v1"
WORDS = {True: "met", False: "NOT MET", None: ""}


def lines(outcome: Outcome) -> Iterator[str]:
    """Yield what a person reads: seconds, then ratios with their goals, then what is missing."""
    yield f"{outcome.benchmark.name}: {outcome.benchmark.title}"
    if outcome.plan is None:
        yield f"  COULD NOT RUN: {outcome.failure}"
        return
    width = max(map(len, [*outcome.seconds, *map(_name, outcome.figures)]), default=0)
    told = {each.figure.of for each in outcome.figures if not each.figure.to}
    for name, series in outcome.seconds.items():
        if name in told:
            continue  # its goal stands beside it, further down
        yield f"  {name:{width}}  {_spread(series, f' {outcome.plan.unit(name)}')}"
    for figure in outcome.figures:
        unit = "" if figure.figure.to else f" {outcome.plan.unit(figure.figure.of)}"
        goal = figure.figure.at_most
        word = "" if goal is None else f"   goal at most {goal:g}{unit}: {WORDS[figure.met]}"
        yield f"  {_name(figure):{width}}  {_spread(figure.series, unit or '  ')}{word}"
    for note in outcome.plan.notes:
        yield f"  note: {note}"
    for missing in outcome.plan.missing:
        yield f"  missing: {missing.name}; to get it: {missing.do}"


def as_data(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the outcomes as JSON types; what is no time says its unit."""
    return {
        "schema": SCHEMA,
        "at": rfc3339(CLOCK.now()),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "benchmarks": [_benchmark(outcome) for outcome in outcomes],
    }


def _benchmark(outcome: Outcome) -> dict[str, Any]:
    plan = outcome.plan
    return {
        "name": outcome.benchmark.name,
        "title": outcome.benchmark.title,
        "failure": outcome.failure,
        "seconds": {
            name: list(series.values)
            for name, series in outcome.seconds.items()
            if outcome.plan and outcome.plan.unit(name) == "s"
        },
        "figures": [
            {
                "of": each.figure.of,
                "to": each.figure.to or None,
                "unit": _unit(each, outcome.plan),
                "median": each.series.median,
                "least": each.series.least,
                "greatest": each.series.greatest,
                "at_most": each.figure.at_most,
                "met": each.met,
            }
            for each in outcome.figures
        ],
        "notes": list(plan.notes) if plan else [],
        "missing": [{"name": m.name, "do": m.do} for m in plan.missing] if plan else [],
    }


def _unit(figure: MeasuredFigure, plan: Plan | None) -> str | None:
    return plan.unit(figure.figure.of) if plan and not figure.figure.to else None


def _name(figure: MeasuredFigure) -> str:
    asked = figure.figure
    return f"{asked.of} / {asked.to}" if asked.to else asked.of


def _spread(series: Series, unit: str) -> str:
    return f"{series.median:7.3f}{unit} ({series.least:.3f} to {series.greatest:.3f})"
