"""``gonogo gate``: may this release go on? The exit status answers. It only reads."""

from __future__ import annotations

from difflib import get_close_matches

import click

from gonogo.checklist import MILESTONES, Checklist
from gonogo.checklist_items import MILESTONE_OF_PHASE
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
from gonogo.errors import UsageError
from gonogo.report.headline import why
from gonogo.report.results import results


def _milestone(_context: click.Context, _parameter: click.Parameter, word: str) -> str:
    """Return *word* if it is a milestone; a phase is none, for two of them may be meant by it."""
    if word in MILESTONES:
        return word
    what, do = f"there is no milestone {word!r}", "name one of these"
    near = get_close_matches(word, MILESTONES, n=1)
    if near:
        do = f"did you mean --for {near[0]}?"
    if word in MILESTONE_OF_PHASE:
        own = MILESTONE_OF_PHASE[word]
        first = next(phase for phase, milestone in MILESTONE_OF_PHASE.items() if milestone == own)
        earlier = MILESTONES[: MILESTONES.index(own)][-1:] if word == first else ()
        begins = [f"may it begin: --for {milestone}" for milestone in earlier]
        settled = f"is it settled with all that comes before: --for {own}"
        what = f"{word} is a phase, not a milestone"
        do = "; ".join([*begins, settled, f"it alone: pytest -m {word}"])
    raise UsageError(
        what, where="gonogo gate --for", expected=", ".join(MILESTONES), found=word, do=do
    )


@click.command()
@target_option
@click.option(
    "--for",
    "milestone",
    metavar="MILESTONE",
    callback=_milestone,
    required=True,
    help=f"What is to be decided: {', '.join(MILESTONES)}; each includes those before it.",
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
