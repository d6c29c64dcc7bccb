"""``gonogo gate``: may this release go on? The exit status answers. It only reads."""

from __future__ import annotations

import click

from gonogo.checklist import MILESTONES, Checklist
from gonogo.cli.reading import (
    echo_json,
    echo_lines,
    echo_summary,
    json_option,
    newest_dossier,
    redactor_of,
    target_option,
    view,
)
from gonogo.config import load
from gonogo.diagnosis_files import read_checklist
from gonogo.report.headline import why
from gonogo.report.results import results


@click.command()
@target_option
@click.option(
    "--for",
    "milestone",
    type=click.Choice(MILESTONES),
    required=True,
    help="What is to be decided; a milestone includes those before it.",
)
@json_option
def gate(target: str | None, milestone: str, *, as_json: bool) -> int:
    """Decide over every item that blocks the milestone or an earlier one.

    Exit status 0 GO, 1 NO-GO, 20 HOLD.
    """
    settings = load(target)
    checklist = read_checklist(settings)
    found = newest_dossier(settings)
    ids = items_before(milestone, checklist)
    shown = view(settings, checklist, found, scope=f"milestone {milestone}", ids=ids)
    verdict = shown.decision.verdict
    redactor = redactor_of(settings)
    if as_json:
        report = results(shown)
        report["items"] = [item for item in report["items"] if item["in_scope"]]
        echo_json({**report, "milestone": milestone}, redactor)
    else:
        echo_lines([f"{verdict} for {milestone}: {why(shown)}", ""], redactor)
        echo_summary(shown, found, redactor)
    return verdict.exit_code


def items_before(milestone: str, checklist: Checklist) -> tuple[str, ...]:
    """Return the ids of the items that block *milestone* or one before it."""
    reached = MILESTONES[: MILESTONES.index(milestone) + 1]
    return tuple(item.id for item in checklist.items if item.blocks in reached)
