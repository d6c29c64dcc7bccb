"""The command line: which benchmarks to run, and where their figures go."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import (
    box,
    browser_phases,
    check_overhead,
    data_loss,
    phase1,
    schema_assertions,
    stack_start,
)
from bench.measuring import measure
from bench.plan import Benchmark
from bench.printing import as_data, lines

BENCHMARKS = {
    each.name: each
    for each in (
        data_loss.BENCHMARK,
        check_overhead.BENCHMARK,
        stack_start.BENCHMARK,
        phase1.BENCHMARK,
        browser_phases.PHASE3,
        browser_phases.PHASE4,
        schema_assertions.BENCHMARK,
        box.BENCHMARK,
        box.COLD,
    )
}


def main(arguments: Sequence[str], *, benchmarks: Mapping[str, Benchmark] = BENCHMARKS) -> int:
    """Run the named benchmarks, or all; return 1 when one could not run, whatever the goals."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Each figure is a ratio to a peer or a limit measured in the same run: the "
        "median of the rounds, with the least and the greatest.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(benchmarks))
    parser.add_argument("--rounds", type=int, help="rounds that count (default: as suits each)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(benchmarks))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(benchmarks)}")
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds must be 1 or more")
    outcomes = []
    for name in given.names or benchmarks:
        outcome = measure(benchmarks[name], rounds=given.rounds, tell=_progress(name))
        print(*lines(outcome), "", sep="\n", flush=True)
        outcomes.append(outcome)
    if given.json:
        given.json.write_text(json.dumps(as_data(outcomes), indent=2) + "\n", encoding="utf-8")
    return 1 if any(outcome.failure for outcome in outcomes) else 0


def _progress(name: str) -> Callable[[str], None]:
    """Return what says on standard error how far *name* is, where a person is watching."""

    def tell(text: str) -> None:
        if sys.stderr.isatty():
            print(f"{name}: {text}", file=sys.stderr, flush=True)

    return tell
