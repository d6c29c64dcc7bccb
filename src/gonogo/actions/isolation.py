"""Run a command without network, where the operating system allows.

The command lives in a network namespace of its own; only sockets that are files still reach the
outside, such as a PostgreSQL server's in its socket folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

PROBE_TIMEOUT_S = 10.0
# As root a namespace is enough. Others need a user namespace; the first form keeps the user's own
# id inside it, the second (util-linux before 2.38) shows root, which changes no right outside.
_WAYS = (
    ("--net",),
    ("--user", "--map-current-user", "--net"),
    ("--user", "--map-root-user", "--net"),
)


@dataclass(frozen=True, kw_only=True)
class Isolated:
    """A command, whether it is cut off from the network, and how or why not."""

    argv: tuple[str, ...]
    cut_off: bool
    how: str


def without_network(argv: Sequence[str], *, unshare: str | None = None) -> Isolated:
    """Return *argv* to be run in a network namespace of its own, or as it is with the reason.

    *unshare* is the program to use; the one on PATH by default.
    """
    program = unshare or shutil.which("unshare")
    if program is None:
        return Isolated(argv=tuple(argv), cut_off=False, how="this system has no `unshare`")
    prefix, refusal = _working_prefix(program)
    if not prefix:
        how = f"this system allows no network namespace: {refusal}"
        return Isolated(argv=tuple(argv), cut_off=False, how=how)
    how = f"{os.path.basename(program)} {' '.join(prefix[1:])}"  # noqa: PTH119 - a word, no file
    return Isolated(argv=(*prefix, "--", *argv), cut_off=True, how=how)


@cache
def _working_prefix(program: str) -> tuple[tuple[str, ...], str]:
    """Return the first form that runs `true`, or nothing and the last refusal. Tried once."""
    refusal = ""
    for options in _WAYS:
        prefix = (program, *options)
        try:
            tried = subprocess.run(
                [*prefix, "--", "true"],
                capture_output=True,
                text=True,
                check=False,
                timeout=PROBE_TIMEOUT_S,
                env={"PATH": os.defpath, "LC_ALL": "C"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            refusal = str(error)
            continue
        if tried.returncode == 0:
            return prefix, ""
        refusal = tried.stderr.strip()
    return (), refusal


def isolated_command(argv: Sequence[str]) -> int:
    """Return where the command itself begins in what ``without_network`` returned, else 0."""
    if argv and os.path.basename(argv[0]) == "unshare" and "--" in argv:  # noqa: PTH119 - a word
        return argv.index("--") + 1
    return 0
