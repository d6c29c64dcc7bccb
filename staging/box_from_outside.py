"""The box as the operating system sees it: opened by the command, its processes, ports and files.

Linux only: it reads ``/proc``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from gonogo.cli.staging import FOLDER, KEEPER_LOG
from gonogo.premises import Premises
from gonogo.premises_keeper import LOCK, OPEN, PROCESS

PROC = Path("/proc")
COMMAND_TIMEOUT_S = 400.0
LISTENING = "0A"
STAYS = {LOCK, KEEPER_LOG}
"""What a closed box keeps: the lock's file, and what its keeper said."""


class BoxFromOutside:
    """One box of the target file in *root*, with a folder of its own for temporary files.

    Every process of the box has that folder or the box's own in its command, its environment or
    as its working folder: so none is overlooked, whoever its parent is.
    """

    def __init__(self, root: Path, *, name: str, folder: Path, **environment: str) -> None:
        self.name = name
        self.folder = root / FOLDER / name
        self.temporary = folder
        self._root = root
        self._environment = {**os.environ, "TMPDIR": str(folder), **environment}
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)  # the server's own user works in it, too

    def up(self) -> None:
        """Open it; raises RuntimeError with what the command said when it cannot."""
        self._run("up")

    def down(self) -> None:
        """Close it; raises RuntimeError as above."""
        self._run("down")

    def premises(self) -> Premises:
        """Return what is open; raises FileNotFoundError when nothing is."""
        return Premises.from_json((self.folder / OPEN).read_text("utf-8"))

    def keeper(self) -> int:
        """Return the number of the process that holds the box open."""
        return int((self.folder / PROCESS).read_text("utf-8"))

    def processes(self) -> Mapping[int, str]:
        """Return the box's processes by number, each with its command."""
        marks = [os.fsencode(self.temporary), os.fsencode(self.folder)]
        return {pid: command for pid, command in _all_processes(marks) if pid != os.getpid()}

    def ports(self) -> frozenset[int]:
        """Return the ports that its processes listen on."""
        return listening(self.processes())

    def memory_mb(self) -> float:
        """Return its memory in MB: what its processes share is counted once (PSS)."""
        return sum(map(_proportional_kb, self.processes())) / 1000

    def files(self) -> tuple[str, ...]:
        """Return what it has on disk beyond what a closed box keeps."""
        own = self.folder.iterdir() if self.folder.is_dir() else ()
        found = [path for path in own if path.name not in STAYS]
        return tuple(sorted(map(str, [*found, *self.temporary.iterdir()])))

    def _run(self, command: str) -> None:
        done = subprocess.run(
            [Path(sys.executable).with_name("gonogo"), "staging", command, "--name", self.name],
            cwd=self._root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"staging {command} ended with {done.returncode}: {done.stdout}")


def _all_processes(marks: Iterable[bytes]) -> Iterable[tuple[int, str]]:
    for folder in PROC.glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            folders = os.fsencode((folder / "cwd").readlink())
            seen = command + (folder / "environ").read_bytes() + folders
        except OSError:
            continue  # it has ended meanwhile, or belongs to somebody else
        if any(mark in seen for mark in marks):
            yield int(folder.name), command.replace(b"\0", b" ").decode(errors="replace").strip()


def listening(processes: Iterable[int]) -> frozenset[int]:
    """Return the TCP ports of IPv4 that the processes listen on."""
    sockets = set()
    for pid in processes:
        try:
            targets = [str(each.readlink()) for each in (PROC / str(pid) / "fd").iterdir()]
        except OSError:
            continue
        sockets |= {match[1] for each in targets if (match := re.match(r"socket:\[(\d+)\]", each))}
    lines = (PROC / "net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return frozenset(
        int(row[1].partition(":")[2], 16)
        for row in rows
        if row[3] == LISTENING and row[9] in sockets
    )


def _proportional_kb(pid: int) -> int:
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) if match else 0
