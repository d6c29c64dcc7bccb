"""How the starter of a script and its supervisor speak: an order, "ready", "go", "started".

The supervisor says that it is ready once others are kept from acting, and begins when it is told
to: so the caller can write down that the script begins before it does. A supervisor whose caller
ends before that begins nothing.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, Protocol, TextIO

from gonogo.errors import (
    ActionUnfinished,
    CannotTell,
    ConfigError,
    GonogoError,
    TargetRefused,
    UsageError,
)

ANSWER_TIMEOUT_S = 60.0
READY, GO, STARTED = "ready", "go", "started"
_ERRORS = {
    kind.__name__: kind
    for kind in (ActionUnfinished, CannotTell, ConfigError, TargetRefused, UsageError)
}


class Caller(Protocol):
    """Who asked for the script, as its supervisor sees them."""

    def lets_begin(self) -> bool:
        """Say that all is ready, and return whether to begin."""
        ...

    def told_started(self) -> None:
        """Say that the script runs."""
        ...

    def told(self, error: GonogoError) -> None:
        """Say why the script does not run."""
        ...


class CallerOnPipes:
    """The caller at the other end of two pipes, standard input and output unless others are given.

    It may be gone at any moment. *silenced* are the descriptors that lead nowhere once the script
    runs, so that nothing of the supervisor keeps a caller waiting.
    """

    def __init__(
        self, reading: TextIO, *, writing: int = 1, silenced: Collection[int] = (0, 1, 2)
    ) -> None:
        self._reading = reading
        self._writing = writing
        self._silenced = silenced

    def order(self) -> dict[str, Any]:
        """Read the order."""
        order: dict[str, Any] = json.loads(self._reading.readline())
        return order

    def lets_begin(self) -> bool:
        """Say that all is ready, and return whether to begin."""
        self._say(READY)
        return self._reading.readline().strip() == GO

    def told_started(self) -> None:
        """Say that the script runs, and be silent from then on."""
        self._say(STARTED)
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in self._silenced:
            os.dup2(silence, descriptor)
        os.close(silence)

    def told(self, error: GonogoError) -> None:
        """Say why the script does not run."""
        kind = type(error).__name__
        parts = [error.what, error.where, error.expected, error.found, error.do]
        self._say(json.dumps([kind if kind in _ERRORS else CannotTell.__name__, *parts]))

    def _say(self, line: str) -> None:
        with suppress(BrokenPipeError):
            os.write(self._writing, line.encode() + b"\n")


def hand_over(
    supervisor: subprocess.Popen[bytes],
    order: dict[str, Any],
    *,
    name: str,
    begin: Callable[[], None],
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
) -> None:
    """Give the supervisor its order, call *begin* when it is ready, let it start the script.

    Raises:
        GonogoError: what the supervisor says keeps it from starting the script.
        ActionUnfinished: it said nothing that can be read, and was killed; the script, which has a
            session of its own, may run for a moment longer.
    """
    assert supervisor.stdin is not None
    assert supervisor.stdout is not None
    assert supervisor.stderr is not None
    try:
        _say(supervisor, json.dumps(order))
        _expect(supervisor, READY, name, answer_timeout_s)
        begin()
        _say(supervisor, GO)
        _expect(supervisor, STARTED, name, answer_timeout_s)
    finally:
        with suppress(BrokenPipeError):
            supervisor.stdin.close()
        supervisor.stdout.close()
        supervisor.stderr.close()
        supervisor.wait()  # what goes on is nobody's child


def _say(supervisor: subprocess.Popen[bytes], line: str) -> None:
    assert supervisor.stdin is not None
    with suppress(BrokenPipeError):  # it died already; its last words are read below
        supervisor.stdin.write(line.encode() + b"\n")
        supervisor.stdin.flush()


def _expect(
    supervisor: subprocess.Popen[bytes], word: str, name: str, answer_timeout_s: float
) -> None:
    """Wait until the supervisor says *word*; raise what it says instead."""
    assert supervisor.stdout is not None
    assert supervisor.stderr is not None
    readable, _, _ = select.select([supervisor.stdout], [], [], answer_timeout_s)
    line = supervisor.stdout.readline().decode().strip() if readable else ""
    if line == word:
        return
    if line.startswith("["):
        kind, what, where, expected, found, do = json.loads(line)
        raise _ERRORS[kind](what, where=where, expected=expected, found=found, do=do)
    with suppress(ProcessLookupError):
        os.killpg(supervisor.pid, signal.SIGKILL)
    last_words = supervisor.stderr.read().decode("utf-8", "replace").strip().splitlines()
    raise ActionUnfinished(
        f"the supervisor of {name!r} did not start the script",
        where=sys.executable,
        found=last_words[-1] if last_words else f"no answer within {answer_timeout_s:g} s",
        do="check that this Python can import gonogo",
    )
