"""Whether a process of a script is waiting for somebody to type. Linux only; looks, never acts."""

from __future__ import annotations

import platform
import struct
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from gonogo.actions.process_tree import Process

# System call numbers: linux/arch/*/entry/syscalls. `select` and `poll` exist on x86_64 only.
CALLS: dict[str, dict[int, str]] = {
    "x86_64": {
        0: "read", 19: "read", 7: "poll", 271: "poll", 23: "select", 270: "select",
        232: "epoll", 281: "epoll", 441: "epoll",
    },
    "aarch64": {
        63: "read", 65: "read", 73: "poll", 72: "select", 22: "epoll", 441: "epoll",
    },
}  # fmt: skip
_POLLIN = 0x001
_POLLFD = struct.Struct("ihh")
_MOST_POLLED = 1024


class Waiting(Enum):
    """What the script's processes do about the terminal."""

    NOBODY = "nobody waits for the terminal"
    READING = "a process is blocked reading the terminal"
    WATCHING = "a process waits for the terminal among other things"
    UNSEEN = "the processes cannot be looked into"


def waiting_for_input(
    processes: Iterable[Process], terminal: str, *, machine: str = platform.machine()
) -> Waiting:
    """Return whether any thread of *processes* waits for input from *terminal* (``/dev/pts/N``)."""
    calls = CALLS.get(machine)
    if calls is None:
        return Waiting.UNSEEN
    seen = set()
    for process in processes:
        try:
            waits = _process_waits(Path("/proc") / str(process.pid), calls, terminal)
        except FileNotFoundError:
            continue  # it ended while we looked
        except OSError:
            waits = Waiting.UNSEEN  # another user's, such as a password prompt of sudo
        seen.add(waits)
    order = (Waiting.READING, Waiting.UNSEEN, Waiting.WATCHING, Waiting.NOBODY)
    return next((waits for waits in order if waits in seen), Waiting.UNSEEN)


def _process_waits(folder: Path, calls: dict[int, str], terminal: str) -> Waiting:
    found = Waiting.NOBODY
    for thread in (folder / "task").iterdir():
        try:
            words = (thread / "syscall").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if len(words) < 7:  # "running", or blocked outside a system call
            continue
        kind = calls.get(int(words[0]))
        arguments = [int(word, 16) for word in words[1:7]]
        if kind == "read" and _is_terminal(folder, arguments[0], terminal):
            return Waiting.READING
        if kind is not None and kind != "read":
            watched = _watched(folder, kind, arguments)
            if any(_is_terminal(folder, number, terminal) for number in watched):
                found = Waiting.WATCHING
    return found


def _is_terminal(folder: Path, descriptor: int, terminal: str) -> bool:
    try:
        return str((folder / "fd" / str(descriptor)).readlink()) in {terminal, "/dev/tty"}
    except FileNotFoundError:
        return False


def _watched(folder: Path, kind: str, arguments: list[int]) -> list[int]:
    """Return the descriptors whose input a poll, select or epoll call waits for."""
    if kind == "epoll":
        lines = (folder / "fdinfo" / str(arguments[0])).read_text().splitlines()
        entries = [line.split() for line in lines if line.startswith("tfd:")]
        return [int(words[1]) for words in entries if int(words[3], 16) & _POLLIN]
    count = min(arguments[0] if kind == "select" else arguments[1], _MOST_POLLED)
    address = arguments[1] if kind == "select" else arguments[0]
    size = (count + 7) // 8 if kind == "select" else count * _POLLFD.size
    if not address or not size:
        return []
    with (folder / "mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        raw = memory.read(size)
    if kind == "select":
        return [number for number in range(count) if raw[number // 8] >> number % 8 & 1]
    return [entry[0] for entry in _POLLFD.iter_unpack(raw) if entry[1] & _POLLIN]
