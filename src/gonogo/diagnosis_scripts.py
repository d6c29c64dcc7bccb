"""Looks at what the product's own scripts need: their files, answers and folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from gonogo.checklist import PHASES
from gonogo.config import Action, Settings
from gonogo.config_models import ACTION_PHASES
from gonogo.diagnosis import SCRIPT_PHASES, Condition, Finding, in_trouble
from gonogo.errors import ConfigError, GonogoError
from gonogo.repository import MigrationFile, migration_files

Allowed = Callable[[Path, int], bool]
JUDGED_BY_HAND = ("phase1",)
"""The phases that ``gonogo before`` knows: what people do in them can be judged afterwards."""


def diagnose_scripts(settings: Settings, allowed: Allowed) -> tuple[Finding, ...]:
    """Return how migration files, scripts and their folders are found."""
    return (
        _migration_files(settings),
        *(_action(settings, name, action, allowed) for name, action in settings.actions.items()),
        *_left_to_people(settings),
        *_script_folders(settings, allowed),
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
        found="; ".join(problems) or _listed(files, with_rollbacks=bool(pattern)),
        where=settings.migration.folder,
        expected=f"files named {pattern}" if alone else "",
        do="add them, or correct migration.rollback_files" if problems else "",
        phases=SCRIPT_PHASES,
    )


def _listed(files: Sequence[MigrationFile], *, with_rollbacks: bool) -> str:
    numbers = ", ".join(file.number for file in files)
    return f"{len(files)} files: {numbers}{'; each with its rollback' * with_rollbacks}"


def _left_to_people(settings: Settings) -> list[Finding]:
    """Return the actions that this target does not name: a run cannot do them, a person can."""
    return [
        Finding(
            service=f"action {name}",
            condition=Condition.BY_HAND,
            found=f"not configured: somebody runs it between gonogo before {phase} and pytest",
            where=settings.file,
            do=f"set actions.{name}.command, and a run can do it",
            phases=(phase,),
        )
        for name, phase in ACTION_PHASES.items()
        if phase in JUDGED_BY_HAND and name not in settings.actions
    ]


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
        folder_finding(
            f"{key} folder",
            settings.repository_path / name,
            key=f"migration.{key}",
            phases=SCRIPT_PHASES,
            allowed=allowed,
        )
        for key, name in named.items()
        if name
    ]


def folder_finding(
    service: str, path: Path, *, key: str, allowed: Allowed, phases: tuple[str, ...] = PHASES
) -> Finding:
    """Return whether files can be written to *path*, a folder that may not be there yet."""
    place = existing(path)
    problem = ""
    if not place.is_dir():
        problem = f"{place.name} is no folder"
    elif not allowed(place, os.W_OK | os.X_OK):
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


def existing(path: Path) -> Path:
    """Return *path*, or the nearest folder above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())
