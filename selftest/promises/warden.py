"""Runs a command and ends only when it and everything it ever started have ended.

Run as ``python -I -S warden.py PID_FILE PROGRAM ARGUMENT...``. Whatever loses its parent becomes
this program's child (PR_SET_CHILD_SUBREAPER), also what detached itself on purpose. The exit
status is the command's own, 128 + n for signal n. Ctrl-C concerns the command, not this program.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def main(pid_file: str, argv: list[str]) -> int:
    """Start, write down the process id, and reap until nobody is left."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = os.posix_spawnp(argv[0], argv, os.environ, setsigdef=(signal.SIGINT,))
    unfinished = Path(f"{pid_file}.new")
    unfinished.write_text(str(pid), "ascii")
    unfinished.rename(pid_file)
    status = 0
    while True:
        try:
            ended, code = os.wait()
        except ChildProcessError:
            return status
        if ended == pid:
            exit_code = os.waitstatus_to_exitcode(code)
            status = exit_code if exit_code >= 0 else 128 - exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
