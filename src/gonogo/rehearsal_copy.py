"""The copy of a repository in which product scripts run off production; it stays between runs.

``<folder>/copies/<commit>/`` holds the copy of one state of the repository, ``<folder>/kept/`` its
backups and logs: links in every copy lead there, so that a new copy never loses them.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.repository import GitState
from gonogo.repository_copy import ANYWHERE_LEFT_OUT, copy_out, write_env_file

DONE = "gonogo-copy.json"
"""Written last: a copy without it was not finished."""


class RehearsalCopy:
    """The copy of one state of the settings' repository, below *folder*: one for each instance."""

    def __init__(self, settings: Settings, state: GitState, folder: Path) -> None:
        self._settings = settings
        self._source = settings.repository_path
        self._kept = kept_folders((settings.migration.backups, settings.migration.logs))
        self._folder = folder
        # The repository may hold this project itself, or be it; and secrets stay where they are.
        not_copied = (
            folder.parent,
            settings.reports_path,
            settings.env_file_path,
            settings.path(settings.database.env_file),
        )
        self._left_out = (*self._kept, *self._inside(not_copied))
        with _explained(self._source):
            key = _key(state, self._source, self._left_out)
        self._place = folder / "copies" / key

    @property
    def path(self) -> Path | None:
        """Where the copy is; None where there is none of this state of the repository.

        Raises:
            CannotTell: it cannot be read.
        """
        with _explained(self._place):
            try:
                noted = json.loads((self._place / DONE).read_text(encoding="utf-8"))
            except (FileNotFoundError, NotADirectoryError):
                return None
            return self._place / str(noted["path"])

    def prepare(self, env_values: Mapping[str, str]) -> Path:
        """Return the copy, made if it is not there, with *env_values* in its env file.

        Raises:
            CannotTell: a file cannot be read or written, or the disk is full.
        """
        with _explained(self._folder):
            path = self.path or self._make()
            write_env_file(path / self._settings.repository.env_file, env_values)
        return path

    def _make(self) -> Path:
        fresh = self._place.with_name(f"unfinished-{secrets.token_hex(4)}")
        try:
            copy = copy_out(self._source, fresh, leave_out=self._left_out)
            for name in self._kept:
                kept = self._folder / "kept" / name
                kept.mkdir(parents=True, exist_ok=True)
                link = copy.path / name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(os.path.relpath(kept, link.parent))
            noted = {"path": copy.path.relative_to(fresh).as_posix(), "source": str(self._source)}
            (fresh / DONE).write_text(json.dumps(noted), encoding="utf-8")
            if not self._place.exists():  # another run may have been quicker
                fresh.rename(self._place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        made = self.path
        assert made is not None
        return made

    def _inside(self, paths: Iterable[Path]) -> tuple[str, ...]:
        """Return those of *paths* that lie in the repository, seen from it."""
        source = self._source.resolve()
        found = [path.resolve() for path in paths]
        return tuple(
            path.relative_to(source).as_posix()
            for path in found
            if path != source and path.is_relative_to(source)
        )


@contextmanager
def _explained(place: Path) -> Iterator[None]:
    """Turn what the file system refuses into CannotTell."""
    try:
        yield
    except OSError as error:
        raise CannotTell(
            "the copy of the repository cannot be made",
            where=str(error.filename2 or error.filename or place),
            expected="files that can be read, a folder that can be written, room on its disk",
            found=error.strerror or type(error).__name__,
            do="see to the rights of that file or folder, or to the space on its disk",
        ) from error


def kept_folders(names: Iterable[str]) -> tuple[str, ...]:
    """Return the folders inside the repository that outlive a copy; one inside another is in it."""
    paths = {PurePosixPath(name) for name in names if name}
    inside = sorted(
        path for path in paths if not path.is_absolute() and path.parts and ".." not in path.parts
    )
    outermost = [
        path for path in inside if not any(path.is_relative_to(p) for p in inside if p != path)
    ]
    return tuple(path.as_posix() for path in outermost)


def _key(state: GitState, source: Path, left_out: Iterable[str]) -> str:
    """Return the commit, and a digest of what differs from it where something does.

    Without git nobody can tell what differs: then it is a digest of every file's size and time.
    """
    folders = [source / name for name in left_out]
    known = state.changed is not None
    paths = [_located(source, name) for name in state.changed or ()] if known else [source]
    files = sorted({file for path in paths for file in _files(path, folders)})
    if not files:
        return state.commit[:16]
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file).encode())
        if file.is_file():
            about = file.stat()
            digest.update(str(about.st_mode).encode())
            times = f"{about.st_size} {about.st_mtime_ns}".encode()
            digest.update(file.read_bytes() if known else times)
    return f"{state.commit[:16]}-{digest.hexdigest()[:8]}"


def _files(path: Path, left_out: Collection[Path]) -> Iterator[Path]:
    """Yield the files at or below *path*, also one that is gone, but for those left out."""
    if any(path.is_relative_to(folder) for folder in left_out):
        return
    if not path.is_dir() or path.is_symlink():
        yield path
        return
    for child in path.iterdir():
        if child.name not in ANYWHERE_LEFT_OUT:
            yield from _files(child, left_out)


def _located(source: Path, name: str) -> Path:
    """Return a path that git names: it counts from the top of its repository."""
    above = (folder / name for folder in (source, *source.parents))
    return next((path for path in above if path.exists()), source / name)
