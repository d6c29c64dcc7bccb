"""``gonogo doctor``: what the target lacks before its checks can look. It only reads."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import click
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gonogo.checklist import PHASES
from gonogo.checks_in_tests import items_with_checks
from gonogo.config import Settings, load
from gonogo.diagnosis import Condition, Finding, needed_in, without_checks
from gonogo.diagnosis_application import diagnose_application
from gonogo.diagnosis_browsers import diagnose_browsers
from gonogo.diagnosis_database import diagnose_database
from gonogo.diagnosis_files import diagnose_files, read_checklist
from gonogo.diagnosis_hosting import diagnose_hosting
from gonogo.diagnosis_node import diagnose_node
from gonogo.diagnosis_services import diagnose_services
from gonogo.errors import ChecklistError, ConfigError
from gonogo.pytest_plugin.browsers import Browsers
from gonogo.redaction import Redactor, Secret
from gonogo.services import declared_services

NOT_READY_STATUS = 20
SCHEMA = "gonogo.doctor/1"
_SHOWN: Mapping[Condition, tuple[str, str]] = {
    # Most of what is looked at is a file or a program: "reachable" says too much of it.
    Condition.REACHABLE: ("ready", "green"),
    Condition.MISSING: ("missing", "yellow"),
    Condition.WRONG: ("wrong", "red"),
    Condition.NOT_NEEDED: ("not needed", "dim"),
    Condition.BY_HAND: ("by hand", "cyan"),
}
_PARTS = (
    ("where", "where"),
    ("expected", "expected"),
    ("do", "what to do"),
    ("least_scope", "least rights"),
)
Row = Mapping[str, object]


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
    """Say of all that the checks need whether it is ready, missing or wrong.

    Services are asked to read and browsers are started; nothing is changed.

    Exit status 0 when nothing that the phases need is missing or wrong, else 20.
    """
    settings = load(target)
    wanted = phases or PHASES
    findings = findings_for(settings, wanted)
    ready = not any(finding.stops for finding in findings)
    redactor = Redactor(_secrets(settings), personal_data=settings.real_data)
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
        # These start browsers and ask others: only what the phases need.
        *diagnose_application(settings, phases),
        *diagnose_hosting(settings, phases),
        *diagnose_services(settings, phases),
        *diagnose_browsers(settings, phases, opened=_browsers),
        *diagnose_node(settings),
        *without_checks(),
    )
    return needed_in(
        phases,
        found,
        checklist,
        checked=items_with_checks(settings.root),
        platforms=settings.deployment.platforms,
    )


@contextmanager
def _browsers(settings: Settings) -> Iterator[Browsers]:
    """Give the browsers of this machine as a run has them."""
    with sync_playwright() as playwright:
        browsers = Browsers(
            settings=settings,
            address="",
            account=None,
            playwright=playwright,
            launch={},
            options={},
        )
        try:
            yield browsers
        finally:
            browsers.close()


def _secrets(settings: Settings) -> tuple[Secret, ...]:
    """Return what must not be printed: also the keys that the product's env file has."""
    try:
        services = declared_services(settings)
    except ConfigError:
        services = {}
    return (*settings.secrets(), *(Secret(each.token) for each in services.values()))


def show(rows: Sequence[Row], settings: Settings, console: Console) -> None:
    """Print a line for each thing that was looked at, then what to do about each that stops."""
    looked = [row for row in rows if row["condition"] != Condition.NO_CHECK_YET]
    console.print(_table(looked, f"{settings.target.name} ({settings.file})"))
    stopping = [row for row in looked if row["condition"] in (Condition.MISSING, Condition.WRONG)]
    for row in stopping:
        lines = [f"{row['service']} is {row['condition']}: {row['found']}"]
        lines += [f"  {label}: {_place(row[key], settings)}" for key, label in _PARTS if row[key]]
        console.print(Text("\n".join(["", *lines])), soft_wrap=True)
    for row in looked:
        if row["condition"] == Condition.BY_HAND:
            console.print(Text(f"\n{row['service']} is by hand: {row['do']}"), soft_wrap=True)
    for line in ("", *_closing(rows, looked, stopping)):
        console.print(Text(line), soft_wrap=True)


def _table(rows: Sequence[Row], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("state", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("found")
    for row in rows:
        word, style = _SHOWN[Condition(str(row["condition"]))]
        table.add_row(Text(word, style=style), Text(str(row["service"])), Text(str(row["found"])))
    return table


def _closing(rows: Sequence[Row], looked: Sequence[Row], stopping: Sequence[Row]) -> Iterator[str]:
    unlocked: dict[str, list[str]] = {}
    for row in stopping:
        if row["unlocks"]:
            unlocked.setdefault(str(row["unlocks"]), []).append(str(row["service"]))
    for items, services in unlocked.items():
        yield f"mending {_listed(services)} unlocks {items}"
    unchecked = [str(row["service"]) for row in rows if row not in looked]
    if unchecked:
        yield f"no check looks yet at: {', '.join(unchecked)}"
    if stopping:
        yield f"{len(stopping)} of {len(looked)} are missing or wrong"
    else:
        yield "nothing is missing or wrong"


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _place(text: object, settings: Settings) -> str:
    """Return *text*; a path of it that leads out of the project is shown from the root on."""
    said = str(text)
    for name in (settings.repository.path, settings.checklist.document, settings.reports.folder):
        for given in (str(settings.path(name)), name):
            if ".." in given and said.startswith(given):
                return str(settings.path(name).resolve()) + said.removeprefix(given)
    return said
