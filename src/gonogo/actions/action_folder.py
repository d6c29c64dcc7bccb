"""The files of one action's run: a lock held while it lives, its output, its result."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonogo.actions.script import ScriptResult
from gonogo.errors import ActionUnfinished, RecordError


@dataclass(frozen=True, kw_only=True)
class ActionFolder:
    """One folder for each run of an action; nothing in it is ever rewritten."""

    path: Path

    @property
    def output_path(self) -> Path:
        """The redacted output."""
        return self.path / "output.log"

    @property
    def result_path(self) -> Path:
        """How the script ended; absent until then."""
        return self.path / "result.json"

    @property
    def running_path(self) -> Path:
        """Which processes run the script, and since when."""
        return self.path / "running.json"

    @property
    def begun(self) -> bool:
        """Whether the script may have been started; not in a folder made here without output.

        The output is opened before the script starts. Without the folder nothing is known: the
        action may be another machine's.
        """
        return not self.path.is_dir() or self.output_path.exists()

    def make(self) -> None:
        """Make the folder, before anybody is told that the action begins.

        Raises:
            ActionUnfinished: it cannot be written.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def claim(self) -> int:
        """Make the folder and take its lock for a new run; return the locked file descriptor.

        Raises:
            ActionUnfinished: it cannot be written, is in use, or holds an earlier run.
        """
        where = str(self.path)
        self.make()
        try:
            descriptor = os.open(self.path / "alive", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise ActionUnfinished(
                "an action already runs in this folder",
                where=where,
                do="wait for it: adopt() picks up its end",
            ) from error
        if self.result_path.exists() or self.running_path.exists():
            os.close(descriptor)
            raise ActionUnfinished(
                "an action has already run in this folder",
                where=where,
                do="use a new folder for each run",
            )
        return descriptor

    def is_alive(self) -> bool:
        """Return whether a supervisor holds the lock."""
        try:
            descriptor = os.open(self.path / "alive", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def output(self) -> str:
        """Return the redacted output so far."""
        if not self.output_path.exists():
            return ""
        return self.output_path.read_text("utf-8", "backslashreplace")

    def result(self) -> ScriptResult | None:
        """Return how the script ended, or None when that is not written (yet)."""
        if not self.result_path.exists():
            return None
        try:
            data = json.loads(self.result_path.read_text("utf-8"))
            return ScriptResult.from_json(data, output=self.output())
        except (ValueError, KeyError, TypeError) as error:
            raise RecordError(
                "an action's result cannot be read",
                where=str(self.result_path),
                found=str(error),
                do="look at output.log beside it, and run the action again with a reason",
            ) from error

    def running(self) -> dict[str, Any]:
        """Return what was noted when the script started; empty when it never did."""
        if not self.running_path.exists():
            return {}
        noted: dict[str, Any] = json.loads(self.running_path.read_text("utf-8"))
        return noted

    def _unwritable(self, error: OSError) -> ActionUnfinished:
        return ActionUnfinished(
            "an action's folder cannot be written, so nothing was run",
            where=str(self.path),
            found=error.strerror or str(error),
            do="give this user the right to write there, or name another folder",
        )

    def write(self, path: Path, data: dict[str, Any]) -> None:
        """Write *data* as JSON: whole or not at all, and on the disk before this returns."""
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            json.dump(data, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
