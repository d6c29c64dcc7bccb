"""``gonogo status``: where a release stands, item by item. It only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from gonogo.cli.reading import (
    Found,
    echo_json,
    echo_lines,
    echo_summary,
    echo_table,
    json_option,
    named_dossier,
    newest_dossier,
    redactor_of,
    target_option,
    view,
)
from gonogo.config import load
from gonogo.diagnosis_files import read_checklist
from gonogo.records import Absence, ReleaseView, Standing
from gonogo.report.headline import by_phase, in_order
from gonogo.report.plaintext import cut, one_line
from gonogo.report.results import results
from gonogo.report.wording import STATES, count, counts, moment
from gonogo.verdict import State

SCOPE = "whole checklist"
COLUMNS = ("id", "state", "label", "reason")
SHOWN_CHARACTERS = 160
Row = tuple[str, str, str, str]


@click.command()
@target_option
@click.option("--release", metavar="NAME", help="A folder of the reports (default: the newest).")
@click.option("--all", "every", is_flag=True, help="Show every item, also what is green.")
@json_option
def status(target: str | None, release: str | None, *, every: bool, as_json: bool) -> int:
    """Say where the release stands, from the newest dossier of the target.

    Each phase is counted; its items are named that are not PASS, but for those that nobody can
    have looked at yet, which are counted. --json always has every item.

    Exit status as the gate's: 0 GO, 1 NO-GO, 20 HOLD, also where nothing has been run yet.
    """
    settings = load(target)
    checklist = read_checklist(settings)
    found = named_dossier(settings, release) if release else newest_dossier(settings)
    ids = [item.id for item in checklist.items]
    shown = view(settings, checklist, found, scope=SCOPE, ids=ids)
    redactor = redactor_of(settings)
    if as_json:
        echo_json({**results(shown), "dossier": _folder(found)}, redactor)
        return shown.decision.verdict.exit_code
    stands = in_order(shown)
    rows = [_row(standing) for standing in stands] if every else list(_short(stands))
    echo_table(COLUMNS, rows, redactor)
    echo_lines(["", *_actions(shown), *_runs_under_way(shown, found)], redactor)
    echo_lines([f"dossier  {_folder(found) or 'none'}", ""], redactor)
    echo_summary(shown, found, redactor, phases=every)
    return shown.decision.verdict.exit_code


def _row(standing: Standing) -> Row:
    reason = cut(one_line(standing.reason), SHOWN_CHARACTERS)
    return standing.item.id, STATES[standing.state].text, standing.item.label, reason


def _short(stands: Sequence[Standing]) -> Iterator[Row]:
    """Yield each phase with its counts, its items that need a word, and how many do not."""
    for phase, members in by_phase(stands).items():
        found = ", ".join(f"{n:,} {STATES[state].text}" for state, n in counts(members).items())
        yield "", "", "", ""
        yield phase, "", f"{count(len(members), 'item')}: {found}", ""
        untouched = not any(standing.attempts for standing in members)
        folded: dict[str, int] = {}
        for standing in members:
            if _says_nothing_of_its_own(standing, untouched=untouched):
                folded[standing.reason] = folded.get(standing.reason, 0) + 1
            elif standing.state is not State.PASS:
                yield _row(standing)
        for reason, number in folded.items():
            yield "", STATES[State.NOT_RUN].text, count(number, "item"), reason


def _says_nothing_of_its_own(standing: Standing, *, untouched: bool) -> bool:
    """Whether an item has no check yet, or was not run like all others of its phase."""
    return standing.state is State.NOT_RUN and (
        standing.absence is Absence.NO_CHECK
        or (untouched and standing.absence is Absence.NOT_SELECTED)
    )


def _folder(found: Found) -> str | None:
    return str(found.dossier.folder) if found.dossier else None


def _actions(shown: ReleaseView) -> Iterator[str]:
    for action in shown.actions:
        line = f"action   {action.name}, {moment(action.started_at)}: {action}"
        yield cut(one_line(line), SHOWN_CHARACTERS * 2)


def _runs_under_way(shown: ReleaseView, found: Found) -> Iterator[str]:
    alive = found.dossier.alive_runs() if found.dossier else []
    for run in shown.runs:
        if run.run_id in alive and run.ended_at is None:
            yield f"run      {run.run_id} is going on: what is said here may change"
