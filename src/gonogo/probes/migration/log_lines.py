"""Errors and warnings in the logs of a migration: the script's own, and the server's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gonogo.errors import CannotTell
from gonogo.provider import Instance
from gonogo.records import ActionRecord

# psql writes "psql:file.sql:12: ERROR:  …", the server "ERROR:  …"; translated servers keep
# the code. A word such as "error_count" or "no errors" is not a severity.
_ERROR = re.compile(r"(?:^|[\s:\[\]|])(?:ERROR|FATAL|PANIC)(?:[:\s\]|]|$)")
# "stop on ERROR" and "No ERROR found." are sentences; "main ERROR lost" is a logger's line.
_WORD_IN_A_SENTENCE = re.compile(
    r"\b(?i:no|not|an|any|on|upon|without|zero|if|(?<![\d:.,])0)\s+(?:ERROR|FATAL|PANIC)\b(?!:)"
)
# What programs say in their own words: psql and pg_dump, scripts and shells, structured logs.
_ERROR_OF_A_PROGRAM = re.compile(
    r"(?:^|[\s/])(?:psql(?::.+:\d+)?|pg_\w+): (?:error|fatal):\s"
    r"|^\s*FAILED\b(?!\s*[:=]?\s*0\b)"
    r"|: command not found(?::|\s*$)"
    r"|\b(?:level|severity)=\"?(?i:error|fatal|panic)\b"
    r"|\"(?:level|severity)\"\s*:\s*\"(?i:error|fatal|panic)\""
)
_COLOUR = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")
# Without a colon it is a severity to some loggers, and a mere word in a notice's sentence.
_WORD_IN_A_NOTICE = re.compile(
    r"(?:^|[\s:\]|])(?:DEBUG|LOG|INFO|NOTICE|WARNING):\s(?!.*(?:ERROR|FATAL|PANIC):).*"
)
_WARNING = re.compile(r"(?:^|[\s:\]|])WARNING\b[:\s]")
_SERVER_LINE = re.compile(r"^(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC \[\d+\] (?P<rest>.*)$")


@dataclass(frozen=True, kw_only=True)
class LogReading:
    """The lines of one log that name an error, and those that name a warning."""

    source: str
    lines: int
    errors: tuple[str, ...]
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        """Read as counts and the first lines of each."""
        shown = [*self.errors[:10], *self.warnings[:5]]
        counts = f"{len(self.errors)} errors, {len(self.warnings)} warnings in {self.lines} lines"
        return "\n".join([f"{self.source}: {counts}", *(f"  {line}" for line in shown)])


def read_log(text: str, *, source: str) -> LogReading:
    """Return what a script's log says.

    Raises:
        CannotTell: it is empty, so that nothing can be said about errors.
    """
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise CannotTell(
            "the log is empty, so it cannot show that there was no error",
            where=source,
            expected="lines written by the migration script",
            found="0 lines",
            do="see why the script did not log; its own output is in the report",
        )
    return _reading(lines, source=source)


def server_log_of(instance: Instance, migrated: ActionRecord | None) -> list[LogReading]:
    """Return what the server logged of the script's sessions while the migration ran.

    Empty where the target has no log this machine can read, or the migration was run by hand.
    The log must start its lines with ``%m [%p] %q%a %u@%d`` in UTC.

    Raises:
        CannotTell: it cannot be read.
    """
    if not instance.server_log or migrated is None or migrated.finished_at is None:
        return []
    path = Path(instance.server_log)
    connection = instance.script_connection
    who = f"{connection['user']}@{connection['dbname']} "
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CannotTell(
            "the server's log cannot be read",
            where=str(path),
            found=error.strerror or str(error),
            do="unset the server log of this target, and the report will say it was not looked at",
        ) from error
    lines = [
        found["rest"]
        for line in text.splitlines()
        if (found := _SERVER_LINE.match(line))
        and who in found["rest"]
        and migrated.started_at <= _moment(found["at"]) <= migrated.finished_at
    ]
    return [_reading(lines, source="the server's log")]


def _reading(lines: Sequence[str], *, source: str) -> LogReading:
    lines = [_COLOUR.sub("", line) for line in lines]
    return LogReading(
        source=source,
        lines=len(lines),
        errors=tuple(line.strip() for line in lines if _names_an_error(line)),
        warnings=tuple(line.strip() for line in lines if _WARNING.search(line)),
    )


def _names_an_error(line: str) -> bool:
    if _ERROR_OF_A_PROGRAM.search(line):
        return True
    named = _ERROR.search(_WORD_IN_A_SENTENCE.sub("", line)) is not None
    return named and _WORD_IN_A_NOTICE.search(line) is None


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
