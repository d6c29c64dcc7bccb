"""What boxes keep from one opening to the next by its content, and how much of it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

IN_USE = "in-use.lock"
BUILDS_KEPT = 3
PACKAGES_KEPT = 2
PARTIAL_BUILD = "building-"
PARTIAL_PACKAGES = "-"
"""The name of a whole folder of packages is a hash, that of a partial one has more after it."""


class BoxCache:
    """Finished builds and installed packages; those that were not used for longest go.

    Open boxes share a lock. Only a box that finds itself alone removes anything: what another one
    serves, builds or links to is never taken from it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None

    @property
    def builds(self) -> Path:
        """Where finished builds are."""
        return self._folder / "builds"

    @property
    def packages(self) -> Path:
        """Where installed packages are."""
        return self._folder / "node_modules"

    def use(self) -> None:
        """Take part in the lock until :meth:`leave`; who is alone first removes what is old."""
        for folder in (self.builds, self.packages):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self._folder / IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
        with suppress(BlockingIOError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._remove_old()
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def leave(self) -> None:
        """Let go of the lock; twice is harmless."""
        if self._lock is not None:
            lock, self._lock = self._lock, None
            os.close(lock)

    def _remove_old(self) -> None:
        whole = [each for each in _folders(self.builds) if not _is_partial_build(each)]
        for old in _all_but_newest(whole, BUILDS_KEPT):
            # Renamed first: half a removed build must not be found by its content.
            old.rename(self.builds / f"{PARTIAL_BUILD}{old.name}")
        for partial in filter(_is_partial_build, _folders(self.builds)):
            shutil.rmtree(partial, ignore_errors=True)
        whole = [each for each in _folders(self.packages) if PARTIAL_PACKAGES not in each.name]
        for old in _all_but_newest(whole, PACKAGES_KEPT):
            self._remove_packages(old.name)
        for partial in _folders(self.packages):
            self._remove_partial_packages(partial)

    def _remove_packages(self, key: str) -> None:
        """Make packages partial, unless somebody installs or looks for them now."""
        with suppress(Timeout), FileLock(self.packages / f"{key}.lock", timeout=0):
            (self.packages / key).rename(self.packages / f"{key}{PARTIAL_PACKAGES}old")

    def _remove_partial_packages(self, folder: Path) -> None:
        key, partial, _ = folder.name.partition(PARTIAL_PACKAGES)
        if partial:
            with suppress(Timeout), FileLock(self.packages / f"{key}.lock", timeout=0):
                shutil.rmtree(folder, ignore_errors=True)


def _is_partial_build(folder: Path) -> bool:
    return folder.name.startswith(PARTIAL_BUILD)


def _folders(parent: Path) -> list[Path]:
    return [each for each in parent.iterdir() if each.is_dir()]


def _all_but_newest(folders: Iterable[Path], kept: int) -> list[Path]:
    """Return the folders beside the *kept* ones that were used last: each use sets their time."""
    return sorted(folders, key=lambda each: each.stat().st_mtime_ns, reverse=True)[kept:]
