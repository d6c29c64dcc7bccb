"""Runs of the repository's own checks, in processes of their own, on targets made for a test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gonogo.actions.process_tree import Process, process_table
from gonogo.clock import SystemClock
from gonogo.dossier import Dossier
from gonogo.waiting import wait_until

ROOT = Path(__file__).parents[2]
WARDEN = Path(__file__).with_name("warden.py")
CLOCK = SystemClock()
LONGEST_RUN_S = 240.0
NOT_LOOKED_AT = {"NOT_RUN", "NOT_APPLICABLE"}
_NOT_INHERITED = ("PYTEST_", "GONOGO_", "PG", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's variables without those that would steer the run."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)
    }
    return kept | dict(extra or {})


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended."""

    status: int
    output: str

    def __str__(self) -> str:
        return f"exit status {self.status}\n{self.output}"


class Started:
    """A run that goes on, below a warden: it has ended when nothing it started is left.

    What it prints is in a file, so it never waits for a reader.
    """

    def __init__(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], printed: Path
    ) -> None:
        self._printed = printed
        pid_file = printed.with_suffix(".pid")
        with printed.open("wb") as file:
            self._warden = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WARDEN), str(pid_file), *argv],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.began_s = CLOCK.monotonic_s()
        wait_until(pid_file.exists, bool, what="the run to start", timeout_s=30, interval_s=0.002)
        self.pid = int(pid_file.read_text("ascii"))

    @property
    def output(self) -> str:
        return self._printed.read_text("utf-8", "replace")

    @property
    def goes_on(self) -> bool:
        """Whether the run, or anything it started, is left."""
        return self._warden.poll() is None

    def elapsed_s(self) -> float:
        return CLOCK.monotonic_s() - self.began_s

    def processes(self) -> list[Process]:
        """Return what lives of the run."""
        table = process_table()
        below = {self._warden.pid}
        while more := {p.pid for p in table.values() if p.parent in below} - below:
            below |= more
        below.discard(self._warden.pid)
        return [table[pid] for pid in sorted(below) if table[pid].state not in "ZX"]

    def kill(self) -> None:
        """Kill the run's own process, and nothing that it started."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def press_ctrl_c(self) -> None:
        """Interrupt the whole group, as a terminal does."""
        os.killpg(self._warden.pid, signal.SIGINT)

    def end(self, timeout_s: float = LONGEST_RUN_S) -> Ended:
        """Wait until nothing of it is left; what still lives then is named."""
        try:
            status = self._warden.wait(timeout_s)
        except subprocess.TimeoutExpired:
            left = ", ".join(f"{each.name} ({each.pid})" for each in self.processes())
            raise AssertionError(
                f"after {timeout_s:.0f} s {left} still lived\n{self.output}"
            ) from None
        return Ended(status=status, output=self.output)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.goes_on:
            for each in self.processes():
                with suppress(ProcessLookupError):
                    os.kill(each.pid, signal.SIGKILL)
            self._warden.wait(30)


class Place:
    """A folder with a target file and its dossiers; *root* is the project whose checks run."""

    def __init__(self, folder: Path, *, root: Path, target: Path) -> None:
        self.folder = folder
        self.root = root
        self.target = target
        self.reports = folder / "reports"
        self.temporary = folder / "temporary"
        self._runs = 0

    def start(
        self,
        *arguments: str,
        extra: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
    ) -> Started:
        self._runs += 1
        self.temporary.mkdir(parents=True, exist_ok=True)
        return Started(
            [*command, *arguments, f"--target={self.target}"],
            cwd=self.root,
            env=environment({"TMPDIR": str(self.temporary), **(extra or {})}),
            printed=self.folder / f"printed-{self._runs}.txt",
        )

    def run(self, *arguments: str, extra: Mapping[str, str] | None = None) -> Ended:
        with self.start(*arguments, extra=extra) as started:
            return started.end()

    def ask(self, command: str, *arguments: str, extra: Mapping[str, str] | None = None) -> Ended:
        """Run ``gonogo COMMAND``."""
        program = (sys.executable, "-c", "from gonogo.cli.main import main; main()", command)
        with self.start(*arguments, extra=extra, command=program) as started:
            return started.end()

    @property
    def dossier(self) -> Dossier:
        return Dossier(next(self.reports.iterdir()))

    @property
    def results(self) -> dict[str, Any]:
        text = (self.dossier.folder / "results.json").read_text("utf-8")
        loaded: dict[str, Any] = json.loads(text)
        return loaded

    @property
    def states(self) -> dict[str, str]:
        """The state of every item that somebody looked at."""
        states = {item["id"]: item["state"] for item in self.results["items"]}
        return {item: state for item, state in states.items() if state not in NOT_LOOKED_AT}


def box(folder: Path, *, provider: str = "", repository: Path | None = None) -> Place:
    """Return the box of gonogo.toml with its dossiers in *folder*, and what else is given."""
    text = (ROOT / "gonogo.toml").read_text("utf-8")
    changes = {'[reports]\nfolder = "reports"': f'[reports]\nfolder = "{folder}/reports"'}
    if provider:
        changes['provider = "staging.stack:Stack"'] = f'provider = "{provider}"'
    if repository:
        changes['path = "staging/crm"'] = f'path = "{repository}"'
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    target = folder / "target.toml"
    target.write_text(text, "utf-8")
    return Place(folder, root=ROOT, target=target)
