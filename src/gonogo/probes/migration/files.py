"""Backups and logs that a product script wrote, and what it said about them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gonogo.errors import CannotTell

CLOCK_GRAIN_S = 2.0
"""File times may be this much behind the clock (two seconds on FAT, less elsewhere)."""
ABOUT_ANOTHER = frozenset(
    {".asc", ".b2", ".md5", ".minisig", ".sha1", ".sha256", ".sha384", ".sha512", ".sig"}
)
"""Endings of files that hold a digest or signature of the file they lie beside."""
_CHUNK_BYTES = 1 << 20
_PATH = re.compile(r"[\w./~+:@%-]*/[\w./+:@%-]+")


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    """A file, its size, digest and the time it was last written."""

    path: Path
    shown: str
    size_bytes: int
    sha256: str
    written_at: datetime

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.shown}, {self.size_bytes:,} bytes, sha256 {self.sha256}"


def newest_file(
    folder: Path,
    pattern: str,
    *,
    since: datetime | None,
    not_during: Iterable[tuple[datetime, datetime]] = (),
) -> FoundFile | None:
    """Return the newest file matching *pattern* in *folder*, or None where there is none.

    See `files_since`; none counts that was last written from a begin to an end of *not_during*.

    Raises:
        CannotTell: the folder or the file cannot be read.
    """
    with _readable(folder, pattern):
        found = files_since(folder, pattern, since)
        for begin, end in not_during:
            others = begin.timestamp(), end.timestamp()
            found = [path for path in found if not others[0] <= path.stat().st_mtime <= others[1]]
        if not found:
            return None
        return _described(max(found, key=lambda path: path.stat().st_mtime), folder)


def files_since(folder: Path, pattern: str, since: datetime | None = None) -> list[Path]:
    """Return the files matching *pattern* in *folder* that were written from *since* on.

    Give or take the grain of file times; one that only holds another's digest does not count. A
    folder that does not exist holds no file; one that cannot be read is an error.

    Raises:
        CannotTell: the folder cannot be read.
    """
    with _readable(folder, pattern):
        try:
            # glob alone takes a folder that cannot be read for an empty one.
            next(folder.iterdir(), None)
        except FileNotFoundError:
            return []
        found = [
            path
            for path in folder.glob(pattern)
            if not path.name.startswith(".") and path.suffix.lower() not in ABOUT_ANOTHER
        ]
        if since is None:
            return found
        floor_s = since.timestamp() - CLOCK_GRAIN_S
        return [path for path in found if path.stat().st_mtime >= floor_s]


@contextmanager
def _readable(folder: Path, pattern: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotTell(
            "a folder of the product's repository cannot be read",
            where=str(error.filename or folder),
            expected=f"a folder with files named {pattern}",
            found=error.strerror or str(error),
            do="make it readable for the user who runs this",
        ) from error


def still_there(file: FoundFile | None) -> bool:
    """Return whether a file seen earlier is still what it was; true where there was none."""
    if file is None:
        return True
    try:
        return _described(file.path, file.path.parent).sha256 == file.sha256
    except OSError:
        return False


def _described(path: Path, folder: Path) -> FoundFile:
    if path.is_dir():
        parts = sorted(part for part in path.rglob("*") if part.is_file())
        digest = hashlib.sha256("".join(map(_digest, parts)).encode()).hexdigest()
        size_bytes = sum(part.stat().st_size for part in parts)
    else:
        digest, size_bytes = _digest(path), path.stat().st_size
    return FoundFile(
        path=path,
        shown=f"{folder.name}/{path.name}",
        size_bytes=size_bytes,
        sha256=digest,
        written_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def misnamed_paths(output: str, folder: Path, *, base: Path) -> tuple[str, ...]:
    """Return the paths in *folder* that *output* names and that do not exist.

    Relative paths are seen from *base*, where the script ran.
    """
    named = {word.rstrip(".:") for word in _PATH.findall(output)}
    inside = [name for name in named if (base / name).resolve().is_relative_to(folder.resolve())]
    return tuple(sorted(name for name in inside if not (base / name).exists()))


def read_text(file: FoundFile) -> str:
    """Return a log's text, whatever its encoding holds.

    Raises:
        CannotTell: it cannot be read.
    """
    try:
        return file.path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CannotTell(
            "a log cannot be read", where=str(file.path), found=error.strerror or str(error)
        ) from error
