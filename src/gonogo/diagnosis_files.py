"""Looks at what lies on this machine: the files that a target names, and the room for reports."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from gonogo.checklist import PHASES, Checklist, Kind, parse
from gonogo.config import Action, Settings
from gonogo.diagnosis import SCRIPT_PHASES, Condition, Finding, in_trouble
from gonogo.env_file import read_env_file
from gonogo.errors import ChecklistError, ConfigError, GonogoError
from gonogo.repository import git_state, migration_files
from gonogo.target import check_declaration, check_identity

LEAST_FREE_BYTES = 1_000_000_000
"""A restored backup of a small database and a dossier with screenshots take about as much."""
ENV_FILE_PHASES = ("preflight", "final", "phase1", "phase2", "rollback")
Allowed = Callable[[Path, int], bool]


def diagnose_files(
    settings: Settings,
    *,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    allowed: Allowed = os.access,
) -> tuple[Finding, ...]:
    """Return what the target file, the checklist, the repository and the disk say.

    *free_bytes* tells the room beside a path; *allowed* whether this user may use it.
    """
    scripts = [
        _action(settings, name, action, allowed) for name, action in settings.actions.items()
    ]
    return (
        _target_file(settings),
        _checklist(settings),
        _repository(settings),
        _env_file(settings),
        _migration_files(settings),
        *scripts,
        *_script_folders(settings, allowed),
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
    by_machine = sum(item.kind is not Kind.H for item in checklist.items)
    return Finding(
        service="checklist",
        condition=Condition.REACHABLE,
        found=f"{len(checklist.items)} items, {by_machine} of them checked by machine",
        where=settings.checklist.path,
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


def _migration_files(settings: Settings) -> Finding:
    try:
        files = migration_files(settings)
    except GonogoError as error:
        return in_trouble("migration files", error, phases=SCRIPT_PHASES)
    pattern = settings.migration.rollback_files
    alone = [file.path.name for file in files if pattern and file.rollback is None]
    unreadable = [file.path.name for file in files if not os.access(file.path, os.R_OK)]
    problems = [f"no rollback file for {', '.join(alone)}"] if alone else []
    problems += [f"{', '.join(unreadable)} cannot be read"] if unreadable else []
    return Finding(
        service="migration files",
        condition=Condition.WRONG if problems else Condition.REACHABLE,
        found="; ".join(problems)
        or f"{len(files)} files{', each with its rollback' * bool(pattern)}",
        where=settings.migration.folder,
        expected=f"files named {pattern}" if alone else "",
        do="add them, or correct migration.rollback_files" if problems else "",
        phases=SCRIPT_PHASES,
    )


def _action(settings: Settings, name: str, action: Action, allowed: Allowed) -> Finding:
    program = action.command[0]
    folder = settings.repository_path / action.folder
    path = folder / program if "/" in program else Path(shutil.which(program) or program)
    phases = tuple(dict.fromkeys((*SCRIPT_PHASES[:2], settings.action_phase(name))))
    where = f"{path} (actions.{name}, {settings.source_of(f'actions.{name}.command')})"
    unset = _unset_answers(settings, name, action)
    problem, do = "", ""
    if not path.is_file():
        problem, do = "there is no such script", f"correct actions.{name}.command or .folder"
    elif not allowed(path, os.R_OK):
        problem, do = "it cannot be read", "give your user the right to read it"
    elif not allowed(path, os.X_OK):
        problem, do = "it is not executable", f"chmod +x {path.name}, and commit that"
    elif unset:
        return Finding(
            service=f"action {name}",
            condition=Condition.MISSING,
            found=f"no answer to its prompt: {', '.join(unset)} is not set",
            where=where,
            do=f"set {' and '.join(unset)} in the environment of the run that executes it",
            least_scope="what the script itself needs",
            phases=phases,
        )
    return Finding(
        service=f"action {name}",
        condition=Condition.WRONG if problem else Condition.REACHABLE,
        found=problem or " ".join(action.command),
        where=where,
        expected="an executable script" if problem else "",
        do=do,
        phases=phases,
    )


def _unset_answers(settings: Settings, name: str, action: Action) -> list[str]:
    """Return the variables of the action's prompts that nobody has set."""
    unset: list[str] = []
    for index, prompt in enumerate(action.prompts):
        try:
            if prompt.answer_env:
                settings.secret(f"actions.{name}.prompts.{index}.answer_env")
        except ConfigError:
            unset.append(prompt.answer_env)
    return unset


def _script_folders(settings: Settings, allowed: Allowed) -> list[Finding]:
    """Look at the folders that the product's scripts write to, where they write to the real ones.

    Off production they run in a copy.
    """
    if not settings.target.production:
        return []
    named = {"backups": settings.migration.backups, "logs": settings.migration.logs}
    return [
        _folder(
            f"{key} folder",
            settings.repository_path / name,
            key=f"migration.{key}",
            phases=SCRIPT_PHASES,
            allowed=allowed,
        )
        for key, name in named.items()
        if name
    ]


def _reports(settings: Settings, free_bytes: Callable[[Path], int], allowed: Allowed) -> Finding:
    path = settings.reports_path
    finding = _folder("reports folder", path, key="reports.folder", allowed=allowed)
    if finding.stops:
        return finding
    free = free_bytes(_existing(path))
    enough = free >= LEAST_FREE_BYTES
    return Finding(
        service="reports folder",
        condition=Condition.REACHABLE if enough else Condition.WRONG,
        found=f"{free / 1e9:.1f} GB free",
        where=settings.reports.folder,
        expected="" if enough else f"at least {LEAST_FREE_BYTES / 1e9:.0f} GB",
        do="" if enough else "make room on this disk, or set reports.folder to another",
    )


def _folder(
    service: str, path: Path, *, key: str, allowed: Allowed, phases: tuple[str, ...] = PHASES
) -> Finding:
    existing = _existing(path)
    problem = ""
    if not existing.is_dir():
        problem = f"{existing.name} is no folder"
    elif not allowed(existing, os.W_OK | os.X_OK):
        problem = "your user may not write there"
    return Finding(
        service=service,
        condition=Condition.WRONG if problem else Condition.REACHABLE,
        found=problem or ("writable" if path.is_dir() else "will be made when it is needed"),
        where=str(path),
        expected="a folder that can be written" if problem else "",
        do=f"correct {key}, or the folder's rights" if problem else "",
        phases=phases,
    )


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "bytes that are not UTF-8"
