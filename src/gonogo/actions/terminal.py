"""A pseudo-terminal with a script on it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
from pathlib import Path

from gonogo.actions.script import ScriptSpec
from gonogo.errors import ActionUnfinished

_LEADER = Path(__file__).with_name("session_leader.py")
_READ_BYTES = 65_536
ROWS, COLUMNS = 50, 200


class Terminal:
    """Runs one script on a terminal of its own; what is typed is not echoed.

    ``session`` is the id of the script's session and process group.
    """

    def __init__(self, spec: ScriptSpec) -> None:
        self._master, self._slave = pty.openpty()
        self._quiet_echo()
        self.name = os.ttyname(self._slave)
        self._status_fd, status_write = os.pipe()
        life_read, self._life_fd = os.pipe()
        self._status = b""
        self._leader = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(_LEADER)),
                *(str(status_write), str(life_read)),
                *spec.argv,
            ],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=spec.cwd,
            env=dict(spec.env),
            start_new_session=True,
            pass_fds=(status_write, life_read),
        )
        os.close(status_write)
        os.close(life_read)
        self.session = self._leader.pid
        self._await_start(spec)

    def read(self, timeout_s: float) -> bytes:
        """Return what was printed, or nothing after *timeout_s* or at the script's end."""
        sources = [self._master] if self.ended else [self._master, self._status_fd]
        readable, _, _ = select.select(sources, [], [], timeout_s)
        if self._status_fd in readable:
            self._read_status()
        return os.read(self._master, _READ_BYTES) if self._master in readable else b""

    def type(self, text: str) -> None:
        """Type *text* and the return key."""
        os.write(self._master, text.encode() + b"\n")

    @property
    def ended(self) -> bool:
        """Whether the script itself has ended."""
        return not self._status.startswith(b"started\n") or len(self._status) > len(b"started\n")

    @property
    def status(self) -> int | None:
        """The script's exit status, negative for a signal; None when its whole group vanished."""
        words = self._status.split()
        return int(words[1]) if len(words) > 1 and words[1] != b"vanished" else None

    def close(self) -> None:
        """Close the terminal; what still runs on it is hung up, as when a window is closed."""
        for descriptor in (self._life_fd, self._status_fd, self._slave, self._master):
            os.close(descriptor)
        self._leader.wait()

    def _quiet_echo(self) -> None:
        attributes = termios.tcgetattr(self._slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(self._slave, termios.TCSANOW, attributes)
        termios.tcsetwinsize(self._slave, (ROWS, COLUMNS))

    def _await_start(self, spec: ScriptSpec) -> None:
        while b"\n" not in self._status:
            part = os.read(self._status_fd, 512)
            if not part:
                found = self._status.decode() or "the session's leader ended"
                self.close()
                raise ActionUnfinished(
                    f"the script {spec.name!r} could not be started",
                    where=spec.argv[0],
                    expected="a program this system can run",
                    found=found,
                    do="check the file's first line (#!), its rights and its architecture",
                )
            self._status += part

    def _read_status(self) -> None:
        part = os.read(self._status_fd, 512)
        self._status += part or b"vanished"
