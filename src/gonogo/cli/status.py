"""``gonogo status``: where a release stands, item by item. It only reads."""

from __future__ import annotations

from collections.abc import Iterator

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
from gonogo.records import ReleaseView
from gonogo.report.headline import in_order
from gonogo.report.plaintext import cut, one_line
from gonogo.report.results import results
from gonogo.report.wording import STATES, moment

SCOPE = "whole checklist"
COLUMNS = ("id", "state", "label", "reason")
SHOWN_CHARACTERS = 160


@click.command()
@target_option
@click.option("--release", metavar="NAME", help="A folder of the reports (default: the newest).")
@json_option
def status(target: str | None, release: str | None, *, as_json: bool) -> int:
    """Say of every item where it stands, from the newest dossier of the target.

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
    rows = [
        (s.item.id, STATES[s.state].text, s.item.label, cut(one_line(s.reason), SHOWN_CHARACTERS))
        for s in in_order(shown)
    ]
    echo_table(COLUMNS, rows, redactor)
    echo_lines(["", *_actions(shown), *_runs_under_way(shown, found)], redactor)
    echo_lines([f"dossier  {_folder(found) or 'none'}", ""], redactor)
    echo_summary(shown, found, redactor)
    return shown.decision.verdict.exit_code


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
