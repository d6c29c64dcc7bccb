"""One box as its folder tells: open or not, how far it is, what an earlier one left behind."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from gonogo.config import Settings
from gonogo.errors import CannotTell, UsageError
from gonogo.premises import Premises
from gonogo.premises_keeper import (
    FAILED,
    LOCK,
    OPEN,
    PRIVATE_FILE,
    PROCESS,
    PROGRESS,
    clear,
    left_in,
    make_private,
)
from gonogo.waiting import wait_until

FOLDER = ".cache/gonogo/staging"
KEEPER_LOG = "keeper.log"
CLOSE_TIMEOUT_S = 30.0

Keeper = subprocess.Popen[bytes]


class Door:
    """One box, open or not, as its folder tells."""

    def __init__(self, settings: Settings, name: str) -> None:
        if not name.replace("-", "").isalnum():
            raise UsageError(
                "a box's name is letters, digits and hyphens",
                where="--name",
                expected="for example: demo",
                found=name,
                do="choose another name",
            )
        self.settings = settings
        self.name = name
        self.folder = settings.root / FOLDER / name

    @property
    def held(self) -> bool:
        """Whether a keeper is there, opening or open."""
        return _held(self.folder)

    @property
    def premises(self) -> Premises | None:
        """What is open, or None."""
        told = self.text(OPEN) if self.held else ""
        return Premises.from_json(told) if told else None

    @property
    def open_since(self) -> datetime | None:
        """When it was open at last, in UTC; None when it is not."""
        with suppress(FileNotFoundError):
            return datetime.fromtimestamp((self.folder / OPEN).stat().st_mtime, UTC)
        return None

    @property
    def progress(self) -> str:
        """What its keeper does now, or nothing."""
        return self.text(PROGRESS).rstrip().rpartition("\n")[2]

    @property
    def others(self) -> tuple[str, ...]:
        """The names of the other boxes of the project that are opening or open."""
        folders = sorted(self.folder.parent.glob("*/"))
        return tuple(each.name for each in folders if each.name != self.name and _held(each))

    def text(self, name: str) -> str:
        """Return a file of the folder, or nothing."""
        try:
            return (self.folder / name).read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def clear(self) -> bool:
        """Remove what a killed keeper left; return whether there was anything."""
        if self.held or not left_in(self.folder):
            return False
        try:
            with FileLock(self.folder / LOCK, timeout=0):
                return clear(self.folder)
        except Timeout:  # somebody opens it now, and clears it first
            return False


def _held(folder: Path) -> bool:
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # Shared: others who only look must not take this one for a keeper.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def start_keeper(door: Door) -> Keeper:
    """Start the process that opens the box; it outlives this one."""
    make_private(door.folder)
    (door.folder / FAILED).unlink(missing_ok=True)
    (door.folder / KEEPER_LOG).unlink(missing_ok=True)
    (door.folder / KEEPER_LOG).touch(mode=PRIVATE_FILE)
    with (door.folder / KEEPER_LOG).open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "gonogo.premises_keeper", door.settings.file, str(door.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=door.settings.root,
            start_new_session=True,
        )


def end_keeper(keeper: Keeper | None) -> None:
    """End the keeper that this process started, if it did and it still runs.

    Raises:
        subprocess.TimeoutExpired: it is still closing.
    """
    if keeper is not None and keeper.poll() is None:
        keeper.terminate()
        keeper.wait(CLOSE_TIMEOUT_S)


def not_opened(door: Door) -> CannotTell:
    """Return the error of a box that did not open, with what its keeper said."""
    log = door.text(KEEPER_LOG)
    return CannotTell(
        "the box did not open",
        where=str(door.folder),
        expected="every service answering",
        found=door.text(FAILED).strip() or log[-2000:] or "its keeper ended",
        do=f"read {door.folder / KEEPER_LOG}" if log else "",
    )


def close(door: Door) -> None:
    """End the keeper, which holds the lock: so its process number cannot be another's."""
    # It holds the lock for a moment before it says who it is.
    wait_until(
        lambda: door.text(PROCESS) or not door.held,
        bool,
        what="the keeper's process number",
        timeout_s=CLOSE_TIMEOUT_S,
        do=f"see {door.folder / KEEPER_LOG}",
    )
    number = door.text(PROCESS)
    if number and door.held:
        with suppress(ProcessLookupError):  # it ended by itself
            os.kill(int(number), signal.SIGTERM)
    wait_until(
        lambda: door.held,
        lambda held: not held,
        what="the box to close",
        timeout_s=CLOSE_TIMEOUT_S,
        do=f"see {door.folder / KEEPER_LOG}",
    )
