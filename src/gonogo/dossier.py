"""All that is known about one release: immutable files, merged by union."""

from __future__ import annotations

import hashlib
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gonogo.clock import UTC_COMPACT
from gonogo.errors import RecordError
from gonogo.journal import SegmentReading, read_segment
from gonogo.records import Attachment

RUNS = "runs"
BLOBS = "blobs"
LOCKS = "locks"


class Dossier:
    """The folder of one release: ``runs/<run>/<process>.jsonl`` and ``blobs/<sha256>``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new_run_id(self, now: datetime) -> str:
        """Return an id that sorts by time and is unique over machines."""
        return f"{now.strftime(UTC_COMPACT)}-{secrets.token_hex(3)}"

    def run_folder(self, run_id: str) -> Path:
        """Return the folder of a run's segments."""
        return self.folder / RUNS / run_id

    def run_ids(self) -> list[str]:
        """Return the ids of all runs, oldest first."""
        runs = self.folder / RUNS
        return sorted(path.name for path in runs.iterdir()) if runs.is_dir() else []

    def lock_path(self, name: str) -> Path:
        """Return the file that processes on this machine lock for *name*."""
        return self.folder / LOCKS / f"{name}.lock"

    def alive_runs(self) -> list[str]:
        """Return the runs whose owner still lives on this machine: it holds the run's lock."""
        return [run_id for run_id in self.run_ids() if self._is_held(f"run-{run_id}")]

    def _is_held(self, name: str) -> bool:
        path = self.lock_path(name)
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0, is_singleton=False):
                return False
        except (Timeout, OSError):
            return True

    def segments(self, run_id: str) -> list[SegmentReading]:
        """Return a run's segments as they stand now."""
        return [read_segment(path) for path in sorted(self.run_folder(run_id).glob("*.jsonl"))]

    def attach(self, data: bytes, *, name: str, media_type: str) -> Attachment:
        """Keep *data*, already redacted, under its digest.

        Raises:
            RecordError: when it cannot be written.
        """
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / BLOBS / digest
        if not path.exists():
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
            raise RecordError(
                "an attachment cannot be read", where=str(path), found=error.strerror or ""
            ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise RecordError(
                "an attachment was changed after it was recorded",
                where=str(path),
                expected=f"sha256 {sha256}",
                found=f"sha256 {hashlib.sha256(data).hexdigest()}",
                do="restore the file from another copy of the dossier",
            )
        return data


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
        temporary.unlink(missing_ok=True)
        raise RecordError(
            "a dossier file cannot be written",
            where=str(path),
            found=error.strerror or str(error),
            do="make the reports folder writable and see that its disk has room",
        ) from error


def attachment_from(data: dict[str, Any]) -> Attachment:
    """Return the attachment a journal record names."""
    return Attachment(
        sha256=data["sha256"],
        name=data["name"],
        media_type=data["media_type"],
        size_bytes=data["size_bytes"],
    )
