"""``gonogo items``: what the checklist holds, and what of the team's document it does not."""

from __future__ import annotations

import click

from gonogo.checklist import PHASES, Item
from gonogo.cli.reading import (
    echo_json,
    echo_lines,
    echo_table,
    json_option,
    redactor_of,
    target_option,
)
from gonogo.config import load
from gonogo.diagnosis_files import read_checklist
from gonogo.document_copy import document_problems

SCHEMA = "gonogo/items/v1"
COLUMNS = ("id", "phase", "kind", "blocks", "label")


@click.command()
@target_option
@click.option("--phase", type=click.Choice(PHASES), help="Only the items of this phase.")
@json_option
def items(target: str | None, phase: str | None, *, as_json: bool) -> int:
    """List the checklist's items, in the document's order.

    Where checklist.document names the team's own document, also what of it is not covered.
    """
    settings = load(target)
    checklist = read_checklist(settings)
    chosen = [item for item in checklist.items if phase in (None, item.phase)]
    problems = document_problems(settings, checklist)
    redactor = redactor_of(settings)
    if as_json:
        report = {
            "schema": SCHEMA,
            "verdict": None,
            "scope": phase or "whole checklist",
            "checklist": {"path": checklist.path, "sha256": checklist.sha256},
            "items": [_as_data(item) for item in chosen],
            "problems": problems,
        }
        echo_json(report, redactor)
        return 0
    rows = [(i.id, i.phase, i.kind.value, i.blocks or "advisory", i.label) for i in chosen]
    echo_table(COLUMNS, rows, redactor)
    echo_lines(["", f"{len(chosen)} of {len(checklist.items)} items"], redactor)
    echo_lines((f"not covered  {problem}" for problem in problems), redactor)
    return 0


def _as_data(item: Item) -> dict[str, object]:
    return {
        "id": item.id,
        "label": item.label,
        "section": item.section,
        "phase": item.phase,
        "kind": item.kind.value,
        "blocks": item.blocks,
        "advisory": item.advisory,
        "state": None,
        "reason": "",
    }
