"""A script's processes as Linux lists them: its session, its descendants, and how to end them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True, kw_only=True)
class Process:
    """One line of the process table; ``started_ticks`` counts from boot."""

    pid: int
    parent: int
    session: int
    state: str
    started_ticks: int
    name: str


def process_table() -> dict[int, Process]:
    """Return every process this user may see, by id; empty where there is no /proc."""
    table: dict[int, Process] = {}
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            process = _parsed((folder / "stat").read_text("utf-8", "replace"))
            table[process.pid] = process
    return table


def _parsed(line: str) -> Process:
    """Read one ``/proc/PID/stat``; the name may hold blanks and parentheses."""
    before, _, after = line.rpartition(")")
    pid, _, name = before.partition(" (")
    fields = after.split()
    return Process(
        pid=int(pid),
        parent=int(fields[1]),
        session=int(fields[3]),
        state=fields[0],
        started_ticks=int(fields[19]),
        name=name,
    )


def started_ticks(pid: int) -> int | None:
    """Return when process *pid* began, in ticks since boot, or None when that cannot be seen."""
    try:
        return _parsed((_PROC / str(pid) / "stat").read_text("utf-8", "replace")).started_ticks
    except OSError:
        return None


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none slips away."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def members(script_pid: int, *, root: int | None = None) -> list[Process]:
    """Return the living processes of the script's session and, with *root*, below that process."""
    table = process_table()
    found = {pid: process for pid, process in table.items() if process.session == script_pid}
    if root is not None:
        below = {root}
        growing = True
        while growing:
            more = {pid for pid, process in table.items() if process.parent in below} - below
            below |= more
            growing = bool(more)
        found |= {pid: table[pid] for pid in below if pid in table and pid != root}
    return [process for process in found.values() if process.state not in "ZX"]


def signal_all(processes: Iterable[Process], script_pid: int, number: signal.Signals) -> None:
    """Send *number* to the script's group and to each of *processes*."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(script_pid, number)
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)
