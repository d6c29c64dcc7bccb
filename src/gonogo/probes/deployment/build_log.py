"""What a build's log, and the output of the script around it, say about errors. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gonogo.config_app import ExpectedNoise
from gonogo.errors import CannotTell
from gonogo.vendors.hosting import LogLine

_COLOUR = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]")
# The lines with which build tools end in an error. A word within a sentence, such as "0 errors",
# or an exception that a test prints and expects, is none of them.
_ERROR = re.compile(
    r"^\s*(?:"
    r"npm (?:ERR!|error)\s"
    r"|(?:\[?(?:ERROR|FATAL|Fatal)\]?|FAILED|fatal|error during build|error)[:\s]\s*(?!=|0\b)\S"
    r"|Error: "
    r"|Tests?(?: Files)?:?\s+[1-9]\d* failed\b"
    r"|FAIL\s+\S"
    r"|[✘✗×]\s"
    r"|Command \S.* exited with [1-9]"
    r")"
    r"|\berror TS\d+:"
    r"|: command not found(?::|\s*$)"
    r"|\bTraceback \(most recent call last\)"
)
_ASKS_TO_GO_ON = re.compile(r"(?i)\b(?:continue|proceed|go on|deploy)\s+anyway\b")


@dataclass(frozen=True, kw_only=True)
class BuildReading:
    """How many lines were read, those that name an error, and those that asked to go on anyway."""

    lines: int
    errors: tuple[str, ...]
    asked: tuple[str, ...] = ()
    ended: bool = True
    """Whether the line was there with which the checks of a script are over."""

    def __str__(self) -> str:
        """Read as counts and the first errors."""
        shown = [*self.errors[:10], *self.asked[:3]]
        words = f"{len(self.errors)} errors in {self.lines} lines"
        ended = "" if self.ended else ", and it did not get to the end of its checks"
        return "\n".join([words + ended, *(f"  {line}" for line in shown)])


def read_build(log: Sequence[LogLine], *, harmless: Iterable[ExpectedNoise] = ()) -> BuildReading:
    """Return what a platform's build log says.

    Raises:
        CannotTell: it is empty, so that nothing can be said about errors.
    """
    texts = [line.text for line in log]
    called_errors = frozenset(line.text.strip() for line in log if line.is_error)
    return _reading(texts, harmless=harmless, called_errors=called_errors, what="the build's log")


def read_checks(
    output: str, *, until: str = "", harmless: Iterable[ExpectedNoise] = ()
) -> BuildReading:
    """Return what a deploy script says of its own checks, up to the line that matches *until*.

    Raises:
        CannotTell: it said nothing.
    """
    lines = output.splitlines()
    ended = True
    if until:
        last = next((n for n, line in enumerate(lines) if re.search(until, line)), None)
        ended, lines = last is not None, lines[:last]
    return _reading(lines, harmless=harmless, what="the script's output", ended=ended)


def _reading(
    lines: Sequence[str],
    *,
    harmless: Iterable[ExpectedNoise],
    what: str,
    called_errors: frozenset[str] = frozenset(),
    ended: bool = True,
) -> BuildReading:
    plain = [_COLOUR.sub("", line).strip("\r") for line in lines]
    if not any(line.strip() for line in plain):
        raise CannotTell(
            f"{what} is empty, so it cannot show that there was no error",
            expected="the lines of a build",
            found="none",
            do="see whether the log has been deleted; read it where it was made",
        )
    expected = [re.compile(each.pattern) for each in harmless]
    told = [line for line in plain if not any(each.search(line) for each in expected)]
    errors = [line for line in told if _ERROR.search(line) or line.strip() in called_errors]
    asked = [line for line in told if _ASKS_TO_GO_ON.search(line)]
    return BuildReading(
        lines=len(plain),
        errors=tuple(line.strip() for line in errors),
        asked=tuple(line.strip() for line in asked),
        ended=ended,
    )
