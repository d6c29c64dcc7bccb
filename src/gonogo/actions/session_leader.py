"""The program between a supervisor and a script: it owns the terminal's session.

Run as ``python -I -S session_leader.py STATUS_FD LIFE_FD PROGRAM ARGUMENT...`` on a terminal, in
a session of its own. It starts the program, writes its exit status (negative: the signal) or
``cannot start: ...`` to STATUS_FD, and stays until LIFE_FD closes: were the script itself the
leader, its end would hang up the terminal and cut off what its helpers (``tee``) still have to
print. When LIFE_FD closes before the program ended, the supervisor is dead: the whole group is
stopped. Standard library only, nothing of the project.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import termios

GRACE_S = 3.0
_QUIETED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP)


def lead(status_fd: int, life_fd: int, argv: list[str]) -> None:
    """Run *argv* on this terminal and report its end; see the module."""
    for descriptor in (status_fd, life_fd):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - takes no keyword
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    for number in _QUIETED:
        signal.signal(number, signal.SIG_IGN)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    try:
        pid = os.posix_spawn(
            argv[0],
            argv,
            os.environ,
            setsigdef=(*_QUIETED, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ),
            setsigmask=(),
        )
    except OSError as error:
        os.write(status_fd, f"cannot start: {error.strerror}".encode())
        return
    os.write(status_fd, b"started\n")
    if not _ended(pid, status_fd, life_fd, wake_read):
        os.killpg(0, signal.SIGTERM)
        select.select([wake_read], [], [], GRACE_S)
        os.killpg(0, signal.SIGKILL)
    select.select([life_fd], [], [])


def _ended(pid: int, status_fd: int, life_fd: int, wake_fd: int) -> bool:
    """Wait for the script's end and report it; false when the supervisor died first."""
    while True:
        readable, _, _ = select.select([life_fd, wake_fd], [], [])
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            os.write(status_fd, str(os.waitstatus_to_exitcode(status)).encode())
            return True
        if life_fd in readable:
            return False
        os.read(wake_fd, 64)


if __name__ == "__main__":
    lead(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
