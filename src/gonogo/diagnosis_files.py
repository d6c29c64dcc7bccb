"""Looks at what lies on this machine: the files that a target names, and the room for reports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from gonogo.checklist import Checklist, Kind, parse
from gonogo.checks_in_tests import items_with_checks
from gonogo.config import Settings
from gonogo.diagnosis import Condition, Finding, in_trouble
from gonogo.diagnosis_scripts import Allowed, diagnose_scripts, existing, folder_finding
from gonogo.env_file import read_env_file
from gonogo.errors import ChecklistError, ConfigError, GonogoError
from gonogo.repository import git_state
from gonogo.target import check_declaration, check_identity

LEAST_FREE_BYTES = 1_000_000_000
"""A restored backup of a small database and a dossier with screenshots take about as much."""
ENV_FILE_PHASES = ("preflight", "final", "phase1", "phase2", "rollback")


def diagnose_files(
    settings: Settings,
    *,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    allowed: Allowed = os.access,
) -> tuple[Finding, ...]:
    """Return what the target file, the checklist, the repository and the disk say.

    *free_bytes* tells the room beside a path; *allowed* whether this user may use it.
    """
    return (
        _target_file(settings),
        _checklist(settings),
        _repository(settings),
        _env_file(settings),
        *diagnose_scripts(settings, allowed),
        _reports(settings, free_bytes, allowed),
    )


def read_checklist(settings: Settings) -> Checklist:
    """Return the checklist that the settings name.

    Raises:
        ChecklistError: it cannot be read, or is wrong.
    """
    try:
        text = settings.path(settings.checklist.path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChecklistError(
            "the checklist cannot be read",
            where=settings.checklist.path,
            expected="a Markdown file in UTF-8",
            found=_reason(error),
            do=f"correct checklist.path ({settings.source_of('checklist.path')})",
        ) from error
    return parse(text, path=settings.checklist.path)


def _target_file(settings: Settings) -> Finding:
    try:
        check_declaration(settings)
    except GonogoError as error:
        return in_trouble("target file", error)
    kind = "production" if settings.target.production else "a rehearsal"
    return Finding(
        service="target file",
        condition=Condition.REACHABLE,
        found=f"{settings.target.name}: {kind}, release {settings.release.version}",
        where=settings.file,
    )


def _checklist(settings: Settings) -> Finding:
    try:
        checklist = read_checklist(settings)
    except ChecklistError as error:
        return in_trouble("checklist", error)
    document = settings.checklist.document
    if document and not settings.path(document).is_file():
        return Finding(
            service="checklist",
            condition=Condition.MISSING,
            found="the team's own copy of the document is not there",
            where=document,
            expected="a Markdown file",
            do=f"correct checklist.document ({settings.source_of('checklist.document')})",
        )
    return Finding(
        service="checklist",
        condition=Condition.REACHABLE,
        found=_counted(checklist, items_with_checks(settings.root)),
        where=settings.checklist.path,
    )


def _counted(checklist: Checklist, checked: Collection[str]) -> str:
    """Say who is to look at the items, and how many a check looks at today."""
    of_machine = [item.id for item in checklist.items if item.kind is not Kind.H]
    today = sum(item_id in checked for item_id in of_machine)
    of_people = len(checklist.items) - len(of_machine)
    return (
        f"{len(checklist.items)} items: {len(of_machine)} for a machine, {today} of which have a"
        f" check today; {of_people} for a person"
    )


def _repository(settings: Settings) -> Finding:
    folder = settings.repository_path
    if settings.target.provider and folder.is_dir():
        return Finding(
            service="repository",
            condition=Condition.REACHABLE,
            found="copied out, as a git repository of its own, when the target starts",
            where=settings.repository.path,
        )
    try:
        state = git_state(folder)
    except GonogoError as error:
        return in_trouble("repository", error)
    wanted = settings.release.commit
    if not state.commit.startswith(wanted):
        return Finding(
            service="repository",
            condition=Condition.WRONG,
            found=f"commit {state.commit[:10]}",
            where=settings.repository.path,
            expected=f"commit {wanted} ({settings.source_of('release.commit')})",
            do="check out that commit, or correct release.commit",
        )
    changed = "changes unknown without git"
    if state.changed is not None:
        changed = f"{len(state.changed)} changed files" if state.changed else "no changes"
    return Finding(
        service="repository",
        condition=Condition.REACHABLE,
        found=f"commit {state.commit[:10]}, {changed}",
        where=settings.repository.path,
    )


def _env_file(settings: Settings) -> Finding:
    shown = str(Path(settings.repository.path) / settings.repository.env_file)
    if settings.target.provider:
        return Finding(
            service="env file",
            condition=Condition.NOT_NEEDED,
            found="written when the target starts",
            phases=ENV_FILE_PHASES,
        )
    try:
        env_file = read_env_file(settings.env_file_path, shown=shown)
        check_identity(settings, None, env_file)
    except ConfigError as error:
        exists = settings.env_file_path.exists()
        condition = Condition.WRONG if exists else Condition.MISSING
        return in_trouble("env file", error, condition=condition, phases=ENV_FILE_PHASES)
    except GonogoError as error:
        return in_trouble("env file", error, phases=ENV_FILE_PHASES)
    problems = [f"line {line} is no assignment" for line in env_file.unreadable_lines]
    problems += [
        f"{name} is given in lines {', '.join(map(str, lines))}"
        for name, lines in env_file.duplicates.items()
    ]
    return Finding(
        service="env file",
        condition=Condition.WRONG if problems else Condition.REACHABLE,
        found="; ".join(problems) or f"{len(env_file.values)} variables",
        where=shown,
        expected="one NAME=value line for each variable" if problems else "",
        do="correct these lines" if problems else "",
        phases=ENV_FILE_PHASES,
    )


def _reports(settings: Settings, free_bytes: Callable[[Path], int], allowed: Allowed) -> Finding:
    path = settings.reports_path
    finding = folder_finding("reports folder", path, key="reports.folder", allowed=allowed)
    if finding.stops:
        return finding
    free = free_bytes(existing(path))
    enough = free >= LEAST_FREE_BYTES
    return Finding(
        service="reports folder",
        condition=Condition.REACHABLE if enough else Condition.WRONG,
        found=f"{free / 1e9:.1f} GB free",
        where=settings.reports.folder,
        expected="" if enough else f"at least {LEAST_FREE_BYTES / 1e9:.0f} GB",
        do="" if enough else "make room on this disk, or set reports.folder to another",
    )


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "bytes that are not UTF-8"
