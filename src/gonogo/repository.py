"""What a product's repository says of itself: its commit, its changes, its migration files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gonogo.config import Settings
from gonogo.errors import CannotTell

GIT_TIMEOUT_S = 60.0
_GIT_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "commit.gpgSign=false",
    # A checkout that another user owns (in CI, say) is read all the same: nothing of it is run.
    "safe.directory=*",
)
_COMMIT = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True, kw_only=True)
class GitState:
    """Which commit a folder is at; ``changed`` is None where it could not be looked up."""

    commit: str
    changed: tuple[str, ...] | None
    source: str

    @property
    def dirty(self) -> bool | None:
        """Whether files differ from the commit; None where nobody could tell."""
        return None if self.changed is None else bool(self.changed)


@dataclass(frozen=True, kw_only=True)
class MigrationFile:
    """One forward migration, and the file that takes it back."""

    number: str
    path: Path
    rollback: Path | None


def run_git(
    folder: Path,
    *arguments: str,
    git: str = "git",
    variables: Mapping[str, str] | None = None,
    timeout_s: float = GIT_TIMEOUT_S,
) -> str:
    """Return what git prints in *folder*, without the caller's configuration and hooks.

    Raises:
        CannotTell: git is missing, takes longer than *timeout_s* or refuses.
    """
    command = [git, "-C", str(folder)]
    for setting in _GIT_SETTINGS:
        command += ["-c", setting]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        **(variables or {}),
    }
    shown = f"git {' '.join(arguments)} in {folder}"
    try:
        done = subprocess.run(
            [*command, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotTell(
            "git did not answer",
            where=shown,
            expected=f"an answer within {timeout_s:g} s",
            found="none",
            do="look whether the folder is on a slow or lost file system",
        ) from error
    except OSError as error:
        raise CannotTell(
            "git cannot be started",
            where=shown,
            expected="git on PATH",
            found=error.strerror or type(error).__name__,
            do="install git",
        ) from error
    if done.returncode != 0:
        raise CannotTell(
            "git refused",
            where=shown,
            expected="exit status 0",
            found=f"exit status {done.returncode}: {done.stderr.decode(errors='replace').strip()}",
            do="run the same command by hand",
        )
    return done.stdout.decode(errors="surrogateescape")


def git_state(folder: Path, *, git: str = "git") -> GitState:
    """Return the commit that *folder* is at, and the files below it that differ from it.

    Where git is not installed the commit is read from ``.git`` and the changes stay unknown.

    Raises:
        CannotTell: the folder is missing, in no git repository, or has no commit yet.
    """
    if not folder.is_dir():
        raise CannotTell(
            "the repository is not there",
            where=str(folder),
            expected="a folder",
            found="a file" if folder.exists() else "nothing",
            do="correct repository.path",
        )
    if shutil.which(git) is None:
        return GitState(commit=_commit_on_disk(folder), changed=None, source=f"{folder}/.git")
    commit = run_git(folder, "rev-parse", "--verify", "HEAD", git=git).strip()
    listing = run_git(folder, "status", "--porcelain=v1", "-z", "--", ".", git=git)
    return GitState(commit=commit, changed=_changed_paths(listing), source="git")


def migration_files(
    settings: Settings, *, repository: Path | None = None
) -> tuple[MigrationFile, ...]:
    """Return the forward migrations by number; *repository* may be a copy of the configured one.

    Raises:
        CannotTell: the folder cannot be listed, or holds no migration file.
    """
    folder = (repository or settings.repository_path) / settings.migration.folder
    expected = f"files named {settings.migration.files}"
    where = f"{folder} ({settings.source_of('migration.files')})"
    rollbacks = _rollback_pattern(settings.migration.rollback_files)
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise CannotTell(
            "the migration folder cannot be listed",
            where=where,
            expected=expected,
            found=error.strerror or type(error).__name__,
            do="correct migration.folder, or the folder's rights",
        ) from error
    files = [
        _migration_file(folder, name, settings)
        for name in names
        if Path(name).match(settings.migration.files) and not rollbacks.fullmatch(name)
    ]
    if not files:
        raise CannotTell(
            "there is no migration file",
            where=where,
            expected=expected,
            found=f"{len(names)} other files" if names else "an empty folder",
            do="correct migration.folder or migration.files",
        )
    return tuple(sorted(files, key=lambda file: (int(file.number or 0), file.path.name)))


def _migration_file(folder: Path, name: str, settings: Settings) -> MigrationFile:
    digits = re.search(r"\d+", name)
    number = digits.group() if digits else ""
    pattern = settings.migration.rollback_files
    rollback = folder / pattern.replace("{number}", number) if pattern and number else None
    return MigrationFile(
        number=number,
        path=folder / name,
        rollback=rollback if rollback and rollback.is_file() else None,
    )


def _rollback_pattern(files: str) -> re.Pattern[str]:
    if not files:
        return re.compile(r"(?!)")
    return re.compile(r"\d+".join(re.escape(part) for part in files.split("{number}")))


def _changed_paths(listing: str) -> tuple[str, ...]:
    entries = iter(listing.split("\0"))
    changed: list[str] = []
    for entry in entries:
        if not entry:
            continue
        changed.append(entry[3:])
        if "R" in entry[:2] or "C" in entry[:2]:
            next(entries, None)  # the name it had before
    return tuple(changed)


def _commit_on_disk(folder: Path) -> str:
    """Return the commit that HEAD names, from the files of the nearest ``.git``."""
    try:
        store = _git_store([folder.resolve(), *folder.resolve().parents])
        head = (store / "HEAD").read_text(encoding="utf-8").strip()
        commit = _resolve(store, head.removeprefix("ref: ")) if head.startswith("ref: ") else head
    except OSError as error:
        raise _no_commit(folder, error.strerror or type(error).__name__) from error
    if not _COMMIT.fullmatch(commit):
        raise _no_commit(folder, "no commit that HEAD names")
    return commit


def _git_store(folders: Sequence[Path]) -> Path:
    for folder in folders:
        mark = folder / ".git"
        if mark.is_dir():
            return mark
        if mark.is_file():
            linked = mark.read_text(encoding="utf-8").strip().removeprefix("gitdir: ")
            return folder / linked
    raise FileNotFoundError(2, "no .git in it or above it")


def _resolve(store: Path, name: str) -> str:
    shared = store / "commondir"
    common = store / shared.read_text(encoding="utf-8").strip() if shared.is_file() else store
    for place in (store, common):
        if (place / name).is_file():
            return (place / name).read_text(encoding="utf-8").strip()
    packed = common / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
    return next((line.split(" ")[0] for line in lines if line.endswith(f" {name}")), "")


def _no_commit(folder: Path, found: str) -> CannotTell:
    return CannotTell(
        "the commit of the repository cannot be read",
        where=str(folder),
        expected="a git repository with a commit",
        found=found,
        do="install git, or set release.commit",
    )
