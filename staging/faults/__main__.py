"""``python -m staging.faults``: break the box in every known way, see the right checks go red."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from gonogo.clock import SystemClock
from gonogo.errors import GonogoError
from staging.faults.boxes import Boxes
from staging.faults.checked_items import machine_items
from staging.faults.choosing import History, NoSuchFaultError, changed, named, sample, shard
from staging.faults.every_fault import FAULTS, HEALTHY
from staging.faults.fault import Fault
from staging.faults.known_results import KnownResults
from staging.faults.outcome import Outcome, tally
from staging.faults.runner import Runner
from staging.faults.running import run_fault
from staging.faults.table import listing, summary, surprises, table

ROOT = Path(__file__).parents[2]


def _part(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text or "1/1")
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise click.BadParameter("expected K/N, such as 1/4")
    return int(match[1]), int(match[2])


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--shard", "part", callback=_part, metavar="K/N", help="the K-th of N equal parts")
@click.option("--sample", "size", type=click.IntRange(min=1), help="N faults, others each day")
@click.option("--turn", type=int, help="which sample; default: the number of the day")
@click.option("--changed", "only_changed", is_flag=True, help="those whose inputs changed")
@click.option("--base", default="HEAD~1", show_default=True, help="what --changed compares with")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--list", "show", is_flag=True, help="say what there is, run nothing")
@click.option("--fresh", is_flag=True, help="do not use the results of earlier runs")
def main(  # noqa: PLR0913, PLR0917 - each is one option
    ids: tuple[str, ...],
    part: tuple[int, int],
    size: int | None,
    turn: int | None,
    only_changed: bool,  # noqa: FBT001 - click passes it by name
    base: str,
    jobs: int,
    show: bool,  # noqa: FBT001
    fresh: bool,  # noqa: FBT001
) -> None:
    """Run the faults IDS (ids or groups; default: all) and exit 0 only when all is as expected."""
    try:
        chosen = shard(named(FAULTS, ids), *part)
    except NoSuchFaultError as error:
        raise click.UsageError(str(error)) from error
    if size is not None or only_changed:
        day = SystemClock().now().toordinal() if turn is None else turn
        taken = [*(_changed(chosen, base)), *(sample(chosen, size, turn=day) if size else [])]
        chosen = [each for each in chosen if each in taken]
    if show:
        _say(listing(chosen))
        return
    sys.exit(0 if _run(chosen, jobs=jobs, fresh=fresh) else 1)


def _changed(faults: Sequence[Fault], base: str) -> list[Fault]:
    history = History(ROOT, base)
    try:
        return changed(faults, root=ROOT, paths=history.paths(), text_before=history.text)
    except (OSError, subprocess.CalledProcessError):
        click.echo(f"what changed since {base} is not known here: only the sample is run")
        return []


def _run(chosen: Sequence[Fault], *, jobs: int, fresh: bool) -> bool:
    """Run the healthy box of each phase, then *chosen*; return whether all was as expected."""
    if not chosen:
        click.echo("no fault is chosen; nothing to run")
        return True
    with tempfile.TemporaryDirectory(prefix="gonogo-faults-") as folder:
        try:
            boxes = Boxes(ROOT, Path(folder))
        except GonogoError as error:
            click.echo(f"the box could not be prepared: {error}")
            return False
        runner = Runner(
            run=lambda fault: run_fault(fault, boxes, root=ROOT),
            known=KnownResults(ROOT),
            say=click.echo,
            jobs=jobs,
            fresh=fresh,
        )
        try:
            outcomes = list(_outcomes(runner, chosen))
        finally:
            boxes.stop()
    return _conclude(outcomes)


def _outcomes(runner: Runner, chosen: Sequence[Fault]) -> Iterator[Outcome]:
    for phase, healthy in HEALTHY.items():
        faults = [each for each in chosen if each.phase == phase]
        # Last those without the deployment that a box keeps for all others.
        faults.sort(key=lambda each: each.before)
        if faults:
            yield from runner.outcomes(healthy, faults, items=machine_items(ROOT, healthy))


def _conclude(outcomes: Sequence[Outcome]) -> bool:
    phases = {each.fault.phase: HEALTHY[each.fault.phase] for each in outcomes}
    items = [item for healthy in phases.values() for item in machine_items(ROOT, healthy)]
    total = tally(outcomes, FAULTS, items)
    _say(["", *table(outcomes), "", *surprises(outcomes), *summary(total)])
    return total.perfect


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


if __name__ == "__main__":
    main()
