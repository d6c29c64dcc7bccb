"""The box as the operating system sees it: opened by the command, its processes, ports and files.

Linux only: it reads ``/proc``.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from gonogo.premises import Premises
from gonogo.premises_door import FOLDER, KEEPER_LOG
from gonogo.premises_keeper import LOCK, OPEN, PROCESS

PROC = Path("/proc")
COMMAND_TIMEOUT_S = 400.0
TABLES = (PROC / "net/tcp", PROC / "net/tcp6")
LISTENING = "0A"
IPV6 = 6
STAYS = {LOCK, KEEPER_LOG}
"""What a closed box keeps: the lock's file, and what its keeper said."""


@dataclass(frozen=True, kw_only=True)
class Listening:
    """An address and a TCP port that somebody listens on."""

    address: IPv4Address | IPv6Address
    port: int

    @property
    def is_open_to_others(self) -> bool:
        """Whether another machine may reach it, as with 0.0.0.0 or [::]."""
        mapped = getattr(self.address, "ipv4_mapped", None)
        return not (mapped or self.address).is_loopback

    def __str__(self) -> str:
        """Return it as ``127.0.0.1:80`` or ``[::1]:80``."""
        host = f"[{self.address}]" if self.address.version == IPV6 else str(self.address)
        return f"{host}:{self.port}"


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

    def listening(self) -> frozenset[Listening]:
        """Return where its processes listen."""
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


def listening(processes: Iterable[int]) -> frozenset[Listening]:
    """Return where the processes listen, over TCP of IPv4 and IPv6."""
    sockets = {inode for pid in processes for inode in _sockets(pid)}
    return frozenset(
        _local(row[1])
        for table in TABLES
        if table.exists()  # there is none of IPv6 where the kernel has it switched off
        for row in (line.split() for line in table.read_text().splitlines()[1:])
        if row[3] == LISTENING and row[9] in sockets
    )


def _sockets(pid: int) -> Iterator[str]:
    with suppress(OSError):  # it has ended meanwhile, or belongs to somebody else
        for each in (PROC / str(pid) / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile: the others still count
                if match := re.match(r"socket:\[(\d+)\]", str(each.readlink())):
                    yield match[1]


def _local(text: str) -> Listening:
    """Read ``0100007F:1F90``: the address is in words of 32 bits, in the machine's byte order."""
    words, _, port = text.partition(":")
    packed = b"".join(
        struct.pack("=I", int(words[start : start + 8], 16)) for start in range(0, len(words), 8)
    )
    return Listening(address=ip_address(packed), port=int(port, 16))


def _proportional_kb(pid: int) -> int:
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) if match else 0
