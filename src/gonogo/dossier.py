"""All that is known about one release: immutable files, merged by union."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from gonogo.clock import UTC_COMPACT
from gonogo.errors import RecordError
from gonogo.journal import SegmentReader, SegmentReading
from gonogo.records import Attachment

RUNS = "runs"
BLOBS = "blobs"
LOCKS = "locks"


class Dossier:
    """The folder of one release: ``runs/<run>/<process>.jsonl`` and ``blobs/<sha256>``."""

    def __init__(self, folder: Path, *, reader: SegmentReader | None = None) -> None:
        self.folder = folder
        self._reader = reader or SegmentReader()

    def new_run_id(self, now: datetime) -> str:
        """Return an id that sorts by time and is unique over machines."""
        return f"{now.astimezone(UTC).strftime(UTC_COMPACT)}-{secrets.token_hex(3)}"

    def run_folder(self, run_id: str) -> Path:
        """Return the folder of a run's segments."""
        return self.folder / RUNS / run_id

    def run_ids(self) -> list[str]:
        """Return the ids of all runs, oldest first as far as an id tells: to the second.

        Raises:
            RecordError: when the folder of the runs cannot be read.
        """
        runs = self.folder / RUNS
        try:
            names = [path.name for path in runs.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unreadable("the runs of a dossier cannot be read", runs, error) from error
        return sorted(name for name in names if not name.startswith("."))

    def lock_path(self, name: str) -> Path:
        """Return the file that processes on this machine lock for *name*."""
        return self.folder / LOCKS / f"{name}.lock"

    def alive_runs(self) -> list[str]:
        """Return the runs whose owner still lives on this machine: it holds the run's lock."""
        return [run_id for run_id in self.run_ids() if self._is_held(f"run-{run_id}")]

    def _is_held(self, name: str) -> bool:
        # A shared lock, on a file opened for reading: two who look do not see each other, and
        # a dossier that may only be read can be looked at.
        try:
            with self.lock_path(name).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def segments(self, run_id: str) -> list[SegmentReading]:
        """Return a run's segments as they stand now; a folder that cannot be read is damage."""
        folder = self.run_folder(run_id)
        try:
            paths = [path for path in folder.iterdir() if path.suffix == ".jsonl"]
        except FileNotFoundError:
            return []
        except OSError as error:
            damage = f"cannot be read: {error.strerror}"
            return [SegmentReading(path=folder, header={}, records=(), damage=damage)]
        return [self._reader.read(path) for path in sorted(paths)]

    def attach(self, data: bytes, *, name: str, media_type: str) -> Attachment:
        """Keep *data*, already redacted, under its digest.

        Raises:
            RecordError: when it cannot be written.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / BLOBS / digest
        if not _holds(path, data):
            write_atomically(path, data)
        return Attachment(sha256=digest, name=name, media_type=media_type, size_bytes=len(data))

    def blob(self, sha256: str) -> bytes:
        """Return an attachment's bytes.

        Raises:
            RecordError: when it is missing or no longer has its digest.
        """
        path = self.folder / BLOBS / sha256
        try:
            data = path.read_bytes()
        except OSError as error:
            raise _unreadable("an attachment cannot be read", path, error) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise RecordError(
                "an attachment was changed after it was recorded",
                where=str(path),
                expected=f"sha256 {sha256}",
                found=f"sha256 {hashlib.sha256(data).hexdigest()}",
                do="restore the file from another copy of the dossier",
            )
        return data


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def write_atomically(path: Path, data: bytes) -> None:
    """Write *data* so that a reader sees the old file or the new one, never a part.

    Raises:
        RecordError: when the folder cannot be written or the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(2)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise RecordError(
            "a dossier file cannot be written",
            where=str(path),
            expected="a folder that can be written, with room on its disk",
            found=error.strerror or str(error),
            do="make the reports folder writable and see that its disk has room",
        ) from error


def _unreadable(what: str, path: Path, error: OSError) -> RecordError:
    return RecordError(
        what,
        where=str(path),
        found=error.strerror or str(error),
        do="make it readable, or restore it from another copy of the dossier",
    )
