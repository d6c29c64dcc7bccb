"""What the commands that read a dossier share: which one it is, and where the release stands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gonogo.checklist import Checklist
from gonogo.clock import SystemClock
from gonogo.config import Settings
from gonogo.dossier import Dossier
from gonogo.errors import CannotTell, RecordError, UsageError
from gonogo.history import read_history
from gonogo.records import ReleaseView
from gonogo.redaction import Redactor
from gonogo.release_view import Question, view_of
from gonogo.report.plaintext import visible
from gonogo.report.terminal import summary_lines
from gonogo.repository import git_state

F = TypeVar("F", bound=Callable[..., Any])
NO_REPORT = "none yet"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The dossier to be read, if there is one, and what speaks against it as it was found."""

    dossier: Dossier | None
    problems: tuple[str, ...] = ()


def target_option(command: F) -> F:
    """Give a command the option ``--target``."""
    return click.option(
        "--target", metavar="FILE|NAME", help="The target (default: gonogo.toml, the box)."
    )(command)


def json_option(command: F) -> F:
    """Give a command the option ``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON for a program to read."
    )(command)


def redactor_of(settings: Settings) -> Redactor:
    """Return what every line printed about *settings* passes."""
    return Redactor(settings.secrets(), personal_data=settings.real_data)


def newest_dossier(settings: Settings) -> Found:
    """Return the dossier with the newest run of this target, and why its evidence may not count.

    Raises:
        RecordError: the reports folder cannot be read.
    """
    problems: list[str] = []
    others: set[Path] = set()
    for run_id, dossier in _runs_newest_first(settings):
        history = read_history({run_id: dossier.segments(run_id)}, alive=[run_id])
        if _is_of(history.latest_header, settings):
            if dossier.folder in others:
                problems.append(f"the newest run in {dossier.folder} is of another target")
            problems += _outdated(history.latest_header["release"], settings)
            return Found(dossier=dossier, problems=tuple(problems))
        if history.latest_header:
            others.add(dossier.folder)
        elif dossier.folder.name.endswith(f"-{settings.target.environment}"):
            problems += history.damage
    place = f"{settings.target.name} ({settings.target.environment})"
    nothing = f"no dossier of {place} in {settings.reports_path}: nothing has been run yet"
    return Found(dossier=None, problems=(nothing, *problems))


def named_dossier(settings: Settings, name: str) -> Found:
    """Return the dossier *name*.

    Raises:
        UsageError: there is none of that name.
        RecordError: the reports folder cannot be read.
    """
    dossiers = {dossier.folder.name: dossier for dossier in _dossiers(settings)}
    if name not in dossiers:
        near = get_close_matches(name, dossiers, n=3, cutoff=0.3)
        raise UsageError(
            "there is no dossier of that name",
            where=str(settings.reports_path),
            expected=" or ".join(near) or "a dossier; there is none yet",
            found=name,
            do="name one of the folders there",
        )
    dossier = dossiers[name]
    runs = {run_id: dossier.segments(run_id) for run_id in dossier.run_ids()}
    header = read_history(runs).latest_header
    if _is_of(header, settings):
        return Found(dossier=dossier)
    whose = header.get("target", "nobody knows what")
    return Found(dossier=dossier, problems=(f"the newest run of {name} is of {whose}",))


def view(
    settings: Settings, checklist: Checklist, found: Found, *, scope: str, ids: Sequence[str]
) -> ReleaseView:
    """Return where *ids* of the checklist stand now."""
    return view_of(
        found.dossier,
        checklist=checklist,
        settings=settings,
        question=Question(scope=scope, ids=ids, problems=found.problems),
        now=SystemClock().now(),
    )


def echo_json(data: Mapping[str, object], redactor: Redactor) -> None:
    """Print *data* as JSON, masked."""
    click.echo(json.dumps(redactor.tree(data), indent=2, ensure_ascii=False))


def echo_lines(lines: Iterable[str], redactor: Redactor) -> None:
    """Print *lines*, masked and without control characters."""
    for line in lines:
        click.echo(visible(redactor.text(line)))


def echo_table(columns: Sequence[str], rows: Iterable[Sequence[str]], redactor: Redactor) -> None:
    """Print a table, masked and without control characters; its first two columns stay whole."""
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number < 2, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(redactor.text(cell))) for cell in row))
    Console().print(table)


def echo_summary(
    shown: ReleaseView, found: Found, redactor: Redactor, *, phases: bool = True
) -> None:
    """Print the counts of the *phases*, what stands in the way, the verdict and what to do next."""
    report = found.dossier.folder / "report.html" if found.dossier else None
    path = str(report) if report and report.is_file() else NO_REPORT
    width = shutil.get_terminal_size().columns
    echo_lines(summary_lines(shown, report_path=path, width=width, phases=phases), redactor)


def _dossiers(settings: Settings) -> Iterator[Dossier]:
    folder = settings.reports_path
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_dir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordError(
            "the reports folder cannot be read",
            where=str(folder),
            found=error.strerror or str(error),
            do=f"make it readable, or correct {settings.source_of('reports.folder')}",
        ) from error
    yield from (Dossier(path) for path in paths if not path.name.startswith("."))


def _runs_newest_first(settings: Settings) -> list[tuple[str, Dossier]]:
    runs = [(run_id, dossier) for dossier in _dossiers(settings) for run_id in dossier.run_ids()]
    return sorted(runs, key=lambda run: run[0], reverse=True)


def _is_of(header: Mapping[str, Any], settings: Settings) -> bool:
    return bool(header) and (
        header.get("target"),
        header["release"].get("environment"),
        header.get("rehearsal"),
    ) == (settings.target.name, settings.target.environment, settings.rehearsal)


def _outdated(release: Mapping[str, str], settings: Settings) -> Iterator[str]:
    """Yield why the newest dossier is not about the release that would go on now."""
    wanted = settings.release.version
    if release.get("version") != wanted:
        yield f"the newest dossier is of version {release.get('version')}, not of {wanted}"
    commit = release["commit"]
    try:
        current = _current_commit(settings)
    except CannotTell as error:
        yield f"nobody can tell whether the release is still {commit[:10]}: {error.what}"
        return
    if current and not (commit.startswith(current) or current.startswith(commit)):
        yield f"the newest dossier is of commit {commit[:10]}, not of {current[:10]}"


def _current_commit(settings: Settings) -> str:
    """Return the commit to be released; nothing where the provider alone knows it."""
    if settings.release.commit or settings.target.provider:
        return settings.release.commit
    return git_state(settings.repository_path).commit
