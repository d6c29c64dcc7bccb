"""One run of the checks on one broken clone, in a process of its own, and what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from gonogo.clock import SystemClock, from_rfc3339
from gonogo.records import Absence
from gonogo.verdict import SETTLED, State
from staging.faults.box import REPORTS
from staging.faults.checked_items import machine_items
from staging.faults.clone import Clone
from staging.faults.fault import Fault
from staging.faults.handed_over import hand_over

TIMEOUT_S = 900.0
SHOWN_LINES = 25
GREEN = frozenset({State.PASS, State.NOT_APPLICABLE})
NOT_LOOKED_AT = "not looked at in this run"
_NOT_PASSED_ON = ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """The items of the phase that left green, why, and how long the run took.

    ``without_tool`` are those among them that this machine lacks an engine or tool for.
    ``trouble`` says why there is nothing to compare: the fault or the run itself broke.
    """

    states: Mapping[str, State] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    without_tool: frozenset[str] = frozenset()
    checked: int = 0
    duration_s: float = 0.0
    trouble: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "states": {item: str(state) for item, state in self.states.items()},
            "messages": dict(self.messages),
            "without_tool": sorted(self.without_tool),
            "checked": self.checked,
            "duration_s": round(self.duration_s, 3),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Observed:
        """Read back what :meth:`to_json` gave."""
        return cls(
            states={item: State(state) for item, state in data["states"].items()},
            messages=data["messages"],
            without_tool=frozenset(data["without_tool"]),
            checked=data["checked"],
            duration_s=data["duration_s"],
        )


class Box(Protocol):
    """What gives a fault its clone."""

    def clone_for(self, fault: Fault) -> AbstractContextManager[Clone]:
        """Give what *fault* may break, and take it back."""
        ...


def run_fault(fault: Fault, box: Box, *, root: Path) -> Observed:
    """Break a clone, run the phase's checks on it, and return what left green."""
    clock = SystemClock()
    start_s = clock.monotonic_s()
    try:
        with box.clone_for(fault) as clone, fault.applied(clone):
            clone.settle()
            observed = observe(clone, fault, root=root)
    except Exception as error:  # noqa: BLE001 - whatever a fault does wrong is shown with its name
        return Observed(trouble=f"{type(error).__name__}: {error}")
    return replace(observed, duration_s=clock.monotonic_s() - start_s)


def observe(clone: Clone, fault: Fault, *, root: Path) -> Observed:
    """Run the checks of the fault's phase on *clone*, and return what left green."""
    began = SystemClock().now()
    data = _results(clone, fault.marks, root=root)
    if isinstance(data, str):
        return Observed(trouble=data)
    return observed_in(data, items=machine_items(root, fault), since=began)


def observed_in(
    results: Mapping[str, Any], *, items: Collection[str], since: datetime | None = None
) -> Observed:
    """Return what a run's results.json says of *items*, those that a check observes.

    What the dossier knew before *since* is no observation of this run.
    """
    scope = [item for item in results["items"] if item["in_scope"]]
    looked_at = {item["id"]: item for item in scope if item["id"] in items}
    settled = all(item["state"] in SETTLED or item.get("advisory") for item in scope)
    if not looked_at or (results["verdict"] == "GO") != settled:
        return Observed(trouble=f"verdict {results['verdict']} over {len(looked_at)} items")
    states = {name: State(item["state"]) for name, item in looked_at.items()}
    messages = {name: item["message"] or item["reason"] for name, item in looked_at.items()}
    for name, item in looked_at.items():
        is_judged = states[name] is not State.NOT_APPLICABLE and item["finished_at"]
        if since and is_judged and from_rfc3339(item["finished_at"]) < since:
            states[name], messages[name] = State.NOT_RUN, NOT_LOOKED_AT
    red = {name: state for name, state in states.items() if state not in GREEN}
    return Observed(
        states=red,
        messages={name: messages[name] for name in red},
        without_tool=frozenset(
            name for name in red if looked_at[name].get("absence") == Absence.TOOL
        ),
        checked=len(looked_at),
    )


def _results(clone: Clone, marks: Collection[str], *, root: Path) -> dict[str, Any] | str:
    """Return the run's results, or the end of its output where it wrote none."""
    folder = clone.target.path.parent
    hand_over(clone.instance, folder)
    # One word: pytest takes a path that stands alone for a folder of tests.
    target = f"--target={clone.target.path}"
    command = [sys.executable, "-m", "pytest", "-m", " and ".join(marks), target]
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
