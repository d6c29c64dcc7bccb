"""Processes as a user's shell would start them, with their bytecode already compiled."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

TIMEOUT_S = 600.0
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", "SYSTEMROOT")


class Processes:
    """Runs programs with their home, bytecode and files in one folder.

    The bytecode is written there even where the caller's environment forbids it: the warm-up
    round compiles, so that the rounds that count do not. Nothing else of the caller's environment
    is passed on.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        home = folder / "home"
        home.mkdir(exist_ok=True)
        self._environment = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "HOME": str(home),
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
            **environment,
        }

    def write_json(self, name: str, data: Mapping[str, object]) -> Path:
        """Write *data* as JSON into the folder."""
        path = self.folder / name
        path.write_text(json.dumps(data), encoding="utf-8")
        return path

    def run(
        self, command: Sequence[str], *, folder: Path | None = None, statuses: Sequence[int] = (0,)
    ) -> str:
        """Run *command* and return what it printed.

        Raises:
            RuntimeError: with the end of its output, when its exit status is none of *statuses*.
        """
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=TIMEOUT_S,
        )
        if done.returncode not in statuses:
            raise RuntimeError(f"exit status {done.returncode}:\n{done.stdout[-2000:]}")
        return done.stdout
