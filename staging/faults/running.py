"""One run of the checks on one broken clone, in a process of its own, and what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonogo.clock import SystemClock
from gonogo.verdict import State
from staging.faults.box import REPORTS, PreparedBox
from staging.faults.clone import Clone
from staging.faults.fault import Fault
from staging.faults.handed_over import hand_over

TIMEOUT_S = 300.0
SHOWN_LINES = 25
_NOT_PASSED_ON = ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The items of the phase that left green, why, and how long the run took.

    ``trouble`` says why there is nothing to compare: the fault or the run itself broke.
    """

    states: Mapping[str, State] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    checked: int = 0
    duration_s: float = 0.0
    trouble: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "states": {item: str(state) for item, state in self.states.items()},
            "messages": dict(self.messages),
            "checked": self.checked,
            "duration_s": round(self.duration_s, 3),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Observed:
        """Read back what :meth:`to_json` gave."""
        return cls(
            states={item: State(state) for item, state in data["states"].items()},
            messages=data["messages"],
            checked=data["checked"],
            duration_s=data["duration_s"],
        )


def run_fault(fault: Fault, box: PreparedBox, *, root: Path) -> Observed:
    """Break a clone, run the phase's checks on it, and return what left green."""
    clock = SystemClock()
    start_s = clock.monotonic_s()
    try:
        with box.clone(own_server=fault.own_server) as clone, fault.applied(clone):
            data = _checked(clone, fault.phase, root=root)
    except Exception as error:  # noqa: BLE001 - whatever a fault does wrong is shown with its name
        return Observed(trouble=f"{type(error).__name__}: {error}")
    duration_s = clock.monotonic_s() - start_s
    if isinstance(data, str):
        return Observed(trouble=data, duration_s=duration_s)
    return observed_in(data, duration_s=duration_s)


def observed_in(results: Mapping[str, Any], *, duration_s: float) -> Observed:
    """Return what a run's results.json says of the items that it answered for."""
    items = [item for item in results["items"] if item["in_scope"]]
    red = {item["id"]: item for item in items if item["state"] != State.PASS}
    if not items or (results["verdict"] == "GO") != (not red):
        return Observed(
            trouble=f"verdict {results['verdict']} with {len(red)} of {len(items)} items not green",
            duration_s=duration_s,
        )
    return Observed(
        states={name: State(item["state"]) for name, item in red.items()},
        messages={name: item["message"] or item["reason"] for name, item in red.items()},
        checked=len(items),
        duration_s=duration_s,
    )


def _checked(clone: Clone, phase: str, *, root: Path) -> dict[str, Any] | str:
    """Return the run's results, or the end of its output where it wrote none."""
    folder = clone.target.path.parent
    hand_over(clone.instance, folder)
    # One word: pytest takes a path that stands alone for a folder of tests.
    target = f"--target={clone.target.path}"
    command = [sys.executable, "-m", "pytest", "-m", phase, target]
    done = subprocess.run(
        [*command, "-q", "-p", "no:html", "-p", "no:cacheprovider"],
        cwd=root,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT_S,
        check=False,
    )
    found = list((folder / REPORTS).glob("*/results.json"))
    if len(found) != 1:
        tail = "\n".join(done.stdout.splitlines()[-SHOWN_LINES:])
        return f"the run left no results (exit status {done.returncode}):\n{tail}"
    results: dict[str, Any] = json.loads(found[0].read_text(encoding="utf-8"))
    return results


def _environment() -> dict[str, str]:
    """Return this process's variables without those that would change a run."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_PASSED_ON and not name.startswith("GONOGO_")
    }
