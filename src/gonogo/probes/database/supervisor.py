"""Keeps a PostgreSQL server only as long as the process that asked for it lives.

Run as a program of its own, with one JSON argument: the commands to run in order (the last one is
the server), the folder to remove at the end, the log to write, the user to run as. It reads its
standard input; when that ends, because the owner closed it or died in any way, it stops what runs
and removes the folder. Should the supervisor itself be killed, the kernel stops the server
(PR_SET_PDEATHSIG): set after the change of user, which would clear it, and by a process with one
thread, because the signal is tied to the parent's thread and not to the parent.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, TypedDict

PR_SET_PDEATHSIG = 1
STOP_TIMEOUT_S = 10.0
FAILED = "failed"


class Orders(TypedDict):
    """What to run: commands in order, and around them."""

    commands: list[list[str]]
    folder: str
    log: str
    user: int | None
    environment: dict[str, str]


def supervise(orders: Orders, owner: BinaryIO, *, stop_timeout_s: float = STOP_TIMEOUT_S) -> None:
    """Run the commands until *owner* reaches its end, then remove the folder.

    A command that ends by itself with an error leaves its exit status in the file ``failed``.
    """
    folder = Path(orders["folder"])
    try:
        for command in orders["commands"]:
            status = _run(command, orders, owner, stop_timeout_s)
            if status is None:
                return
            if status != 0:
                (folder / FAILED).write_text(str(status), encoding="ascii")
                break
        owner.read()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], orders: Orders, owner: BinaryIO, stop_timeout_s: float) -> int | None:
    """Return the exit status of *command*, or None when the owner ended first."""
    end_seen, end = os.pipe()
    with Path(orders["log"]).open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=orders["folder"],
            env=orders["environment"],
            user=orders["user"],
            group=orders["user"],
            extra_groups=None if orders["user"] is None else [],
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
            pass_fds=(end,),
        )
    os.close(end)
    with selectors.DefaultSelector() as selector:
        selector.register(owner, selectors.EVENT_READ)
        selector.register(end_seen, selectors.EVENT_READ)
        ended = {key.fd for key, _ in selector.select()}
    os.close(end_seen)
    if owner.fileno() not in ended:
        return process.wait()
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(stop_timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return None


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


if __name__ == "__main__":
    supervise(json.loads(sys.argv[1]), sys.stdin.buffer)
