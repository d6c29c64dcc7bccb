"""A copy of the product's repository for rehearsals: the real one is never acted on."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gonogo.errors import CannotTell
from gonogo.repository import run_git

ANYWHERE_LEFT_OUT = frozenset({".git", "node_modules", ".vercel", ".netlify"})
TOP_LEFT_OUT = frozenset({"dist", "coverage"})
ENV_FILE_MODE = 0o600
COMMIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "gonogo",
    "GIT_AUTHOR_EMAIL": "gonogo@localhost",
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00+0000",
    "GIT_COMMITTER_NAME": "gonogo",
    "GIT_COMMITTER_EMAIL": "gonogo@localhost",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00+0000",
}
_PLAIN_VALUE = re.compile(r"[\w./:@%+,=~-]*", re.ASCII)
_EXAMPLE_ENDINGS = (".example", ".sample", ".template")


@dataclass(frozen=True, kw_only=True)
class RepositoryCopy:
    """Where a copy is, its one commit, and what was left out on purpose."""

    path: Path
    commit: str
    notes: tuple[str, ...] = ()


def copy_out(
    source: Path,
    destination: Path,
    *,
    env_file: str = "",
    env_values: Mapping[str, str] | None = None,
    leave_out: Collection[str] = (),
) -> RepositoryCopy:
    """Copy the repository *source* below the folder *destination*, as a git repository.

    The copy has one commit with a fixed author and date, so equal files give an equal hash; an
    env file with *env_values* is written after it. Left out: built and installed files, version
    control, links to hosting projects, env files (they hold secrets) and the paths in
    *leave_out*, such as backups and logs. Packages that package.json names by ``file:`` are
    copied to the same place beside the copy.

    Raises:
        CannotTell: a file cannot be read or written, or the disk is full.
    """
    source = source.resolve()
    if not source.is_dir():
        raise CannotTell(
            "the repository is not there",
            where=str(source),
            expected="a folder",
            found="nothing",
            do="correct repository.path",
        )
    packages = local_packages(source)
    ancestor = _common_ancestor(source, packages)
    notes: list[str] = []
    path = destination / source.relative_to(ancestor)
    try:
        for folder in [source, *packages]:
            left_out = leave_out if folder == source else ()
            _copy_folder(folder, destination / folder.relative_to(ancestor), left_out, notes)
        commit = _commit_all(path)
        if env_file:
            write_env_file(path / env_file, env_values or {})
    except OSError as error:
        raise CannotTell(
            "the repository cannot be copied",
            where=str(error.filename2 or error.filename or destination),
            expected="files that can be read, and room to write them",
            found=error.strerror or type(error).__name__,
            do="see to the rights of that file, or to the space on its disk",
        ) from error
    return RepositoryCopy(path=path, commit=commit, notes=tuple(notes))


def local_packages(repository: Path) -> tuple[Path, ...]:
    """Return the folders outside *repository* that its package.json names by ``file:``."""
    try:
        package = json.loads((repository / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    found: list[Path] = []
    tables = package.values() if isinstance(package, dict) else ()
    for table in tables:
        values = table.values() if isinstance(table, dict) else ()
        for value in values:
            if not isinstance(value, str) or not value.startswith(("file:", "link:")):
                continue
            folder = (repository / value.partition(":")[2]).resolve()
            if folder.is_dir() and not folder.is_relative_to(repository) and folder not in found:
                found.append(folder)
    return tuple(found)


def write_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Write *values* as an env file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}={_quoted(name, value)}\n" for name, value in values.items())
    path.unlink(missing_ok=True)
    path.touch(mode=ENV_FILE_MODE)
    path.write_text(text, encoding="utf-8")


def _quoted(name: str, value: str) -> str:
    """Return *value* so that a shell and every reader of env files understand the same by it."""
    if _PLAIN_VALUE.fullmatch(value):
        return value
    for quote, special in (("'", "'\\\n\r"), ('"', '"\\$`\n\r')):
        if not any(character in value for character in special):
            return f"{quote}{value}{quote}"
    raise CannotTell(
        f"the value of {name} cannot be written to an env file",
        expected="one line without backslashes, and with one kind of quotation mark at most",
        found="a value that readers of env files understand differently (not shown)",
        do="give another value",
    )


def _common_ancestor(source: Path, packages: tuple[Path, ...]) -> Path:
    """Return the nearest folder that holds *source* and all of *packages*."""
    return next(
        parent
        for parent in source.parents
        if all(package.is_relative_to(parent) for package in packages)
    )


def _copy_folder(source: Path, target: Path, leave_out: Collection[str], notes: list[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in _kept(source, source, {PurePosixPath(name) for name in leave_out}):
        copied = target / path.relative_to(source)
        if path.is_symlink():
            if path.resolve().is_relative_to(source):
                copied.symlink_to(path.readlink())
            else:
                notes.append(f"left out {path.relative_to(source)}: a link out of the repository")
        elif path.is_dir():
            copied.mkdir(exist_ok=True)
        elif path.is_file():
            shutil.copy2(path, copied)
        else:
            notes.append(f"left out {path.relative_to(source)}: no regular file")


def _kept(folder: Path, top: Path, leave_out: Collection[PurePosixPath]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        relative = PurePosixPath(path.relative_to(top).as_posix())
        if (
            path.name in ANYWHERE_LEFT_OUT
            or (folder == top and path.name in TOP_LEFT_OUT)
            or relative in leave_out
            or _is_env_file(path.name)
        ):
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _kept(path, top, leave_out)


def _is_env_file(name: str) -> bool:
    env = name == ".env" or name.startswith(".env.")
    return env and not name.endswith(_EXAMPLE_ENDINGS)


def _commit_all(path: Path) -> str:
    run_git(path, "init", "--quiet", "--template=", "--object-format=sha1", "-b", "main")
    run_git(path, "add", "--all")
    run_git(
        path,
        *("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "Copy for a rehearsal"),
        variables=COMMIT_IDENTITY,
    )
    return run_git(path, "rev-parse", "HEAD").strip()
