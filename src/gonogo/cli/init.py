"""``gonogo init``: writes a target file from what a repository shows."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import click

from gonogo.config import load
from gonogo.errors import CannotTell, UsageError
from gonogo.repository import git_state
from gonogo.repository_survey import Survey, survey
from gonogo.target_file import render

CHECKLIST_FOLDER = "checklist"
NO_CHECKLIST = "checklist/checklist.md"


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write (default: targets/NAME.toml); it must not exist yet.",
)
def init(path: Path, output: Path | None) -> int:
    """Write a commented target file for the repository at PATH.

    Every guess names the file and line it was seen in; what was not found stands there as a
    comment. Nothing of the repository is run or changed. It has to be a git repository with a
    commit: evidence counts for one commit of the product.
    """
    root = Path.cwd()
    found = survey(path)
    _require_commit(path)
    name = _name(found, path)
    target = output or Path("targets") / f"{name}.toml"
    text = render(found, repository=_seen_from(root, path), checklist=_checklist(root), name=name)
    _write_new(target, text)
    load(str(root / target), root=root, environ={})
    click.echo(f"wrote {target}: {len(found.guesses)} settings found; check each line")
    click.echo(f"next: gonogo doctor --target {target}")
    return 0


def _require_commit(path: Path) -> None:
    """Refuse a folder whose commit nobody can tell: no run could say what its evidence is of."""
    command = f"git -C {shlex.quote(str(path))}"
    folder = path.resolve()
    if not any((each / ".git").exists() for each in (folder, *folder.parents)):
        raise UsageError(
            f"{path} is in no git repository",
            where=str(folder),
            expected="a git repository: evidence is bound to the product's commit",
            found="no .git in it or above it",
            do=f"name the product's clone; a folder that never had one: {command} init, then"
            " add its files and commit them",
        )
    try:
        git_state(path)
    except CannotTell as error:
        raise UsageError(
            f"the commit of {path} cannot be read",
            where=str(folder),
            expected="a commit: evidence is bound to it",
            found=f"{error.what}: {error.found}",
            do=f"commit at least once, until {command} rev-parse HEAD prints a commit",
        ) from error


def _name(found: Survey, path: Path) -> str:
    guess = found.guesses.get("target.name")
    said = str(guess.value) if guess else path.resolve().name
    return re.sub(r"[^a-z0-9]+", "-", said.rpartition("/")[2].lower()).strip("-") or "product"


def _seen_from(root: Path, path: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()


def _checklist(root: Path) -> str:
    known = sorted((root / CHECKLIST_FOLDER).glob("*.md"))
    return known[0].relative_to(root).as_posix() if known else NO_CHECKLIST


def _write_new(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        if isinstance(error, FileExistsError) and target.is_file():
            raise _exists(target) from error
        raise UsageError(
            "the target file cannot be written",
            where=str(target),
            expected="a folder that can be written",
            found=error.strerror or type(error).__name__,
            do="name another with --output",
        ) from error


def _exists(target: Path) -> UsageError:
    return UsageError(
        "the target file exists and is not overwritten",
        where=str(target),
        expected="a new file",
        found="a file",
        do="name another with --output, or move this one away",
    )
