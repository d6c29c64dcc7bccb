"""``gonogo doctor``: what the target lacks before its checks can look. It only reads."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gonogo.checklist import PHASES
from gonogo.checks_in_tests import items_with_checks
from gonogo.config import Settings, load
from gonogo.diagnosis import Condition, Finding, needed_in, without_checks
from gonogo.diagnosis_database import diagnose_database
from gonogo.diagnosis_files import diagnose_files, read_checklist
from gonogo.errors import ChecklistError
from gonogo.redaction import Redactor

NOT_READY_STATUS = 20
SCHEMA = "gonogo.doctor/1"
_STYLES = {
    Condition.REACHABLE: "green",
    Condition.MISSING: "yellow",
    Condition.WRONG: "red",
    Condition.NOT_NEEDED: "dim",
    Condition.BY_HAND: "cyan",
    Condition.NO_CHECK_YET: "dim",
}
_PARTS = (
    ("where", "where"),
    ("expected", "expected"),
    ("do", "what to do"),
    ("least_scope", "least rights"),
    ("unlocks", "unlocks"),
)


@click.command()
@click.option("--target", metavar="FILE|NAME", help="The target (default: gonogo.toml, the box).")
@click.option(
    "--phase",
    "phases",
    type=click.Choice(PHASES),
    multiple=True,
    help="Only what this phase needs; may be given again (default: all phases).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")
def doctor(target: str | None, phases: tuple[str, ...], *, as_json: bool) -> int:
    """Say for each service whether it is reachable, missing or wrong.

    Exit status 0 when nothing that the phases need is missing or wrong, else 20.
    """
    settings = load(target)
    wanted = phases or PHASES
    findings = findings_for(settings, wanted)
    ready = not any(finding.stops for finding in findings)
    redactor = Redactor(settings.secrets(), personal_data=settings.target.production)
    if as_json:
        report = {
            "schema": SCHEMA,
            "target": settings.target.name,
            "file": settings.file,
            "phases": list(wanted),
            "ready": ready,
            "findings": [asdict(finding) for finding in findings],
        }
        click.echo(json.dumps(redactor.tree(report), indent=2))
    else:
        show(redactor.tree([asdict(finding) for finding in findings]), settings, Console())
    return 0 if ready else NOT_READY_STATUS


def findings_for(settings: Settings, phases: Sequence[str]) -> tuple[Finding, ...]:
    """Look at everything that *phases* need."""
    try:
        checklist = read_checklist(settings)
    except ChecklistError:
        checklist = None
    found = (
        *diagnose_files(settings),
        *diagnose_database(settings, environ=os.environ),
        *without_checks(),
    )
    return needed_in(phases, found, checklist, checked=items_with_checks(settings.root))


def show(rows: Sequence[dict[str, object]], settings: Settings, console: Console) -> None:
    """Print one line for each service, then what to do about each that stops."""
    table = Table(title=f"{settings.target.name} ({settings.file})", title_justify="left")
    table.add_column("condition", no_wrap=True)
    table.add_column("service", no_wrap=True)
    table.add_column("found")
    for row in rows:
        condition = Condition(str(row["condition"]))
        table.add_row(
            Text(condition.value, style=_STYLES[condition]),
            Text(str(row["service"])),
            Text(str(row["found"])),
        )
    console.print(table)
    stopping = [row for row in rows if row["condition"] in (Condition.MISSING, Condition.WRONG)]
    for row in stopping:
        lines = [f"{row['service']} is {row['condition']}: {row['found']}"]
        lines += [f"  {label}: {row[key]}" for key, label in _PARTS if row[key]]
        console.print(Text("\n".join(["", *lines])), soft_wrap=True)
    for row in rows:
        if row["condition"] == Condition.BY_HAND:
            console.print(Text(f"\n{row['service']} is by hand: {row['do']}"), soft_wrap=True)
    unchecked = sum(row["condition"] == Condition.NO_CHECK_YET for row in rows)
    closing = (
        f"{len(stopping)} of {len(rows)} services are missing or wrong"
        if stopping
        else "nothing is missing or wrong"
    )
    closing += f"; nothing looks at {unchecked} of them yet" if unchecked else ""
    console.print(Text(f"\n{closing}"), soft_wrap=True)
