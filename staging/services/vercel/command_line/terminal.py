"""What the command says: messages on standard error, results on standard output."""

from __future__ import annotations

import sys


class Stopped(Exception):
    """The command ends with exit status 1 and this line."""


def note(text: str) -> None:
    """Say *text* on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def result(text: str) -> None:
    """Print a result on standard output."""
    sys.stdout.write(text)
    sys.stdout.flush()
