"""Whether the database takes connections: how many are taken, and what its log says of refusals."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from gonogo.probes.database.connection import Reader

# Of others' sessions an ordinary reader sees the database, and not what kind they are.
TAKEN = """SELECT count(*) FILTER (WHERE datid IS NOT NULL
        AND coalesce(backend_type, 'client backend') = 'client backend'),
    current_setting('max_connections')::int FROM pg_stat_activity"""
LINE = r"\b(?:{levels}):\s+(?P<said>.*)"
REFUSALS = ("FATAL", "PANIC")
ERRORS = ("ERROR", *REFUSALS)


@dataclass(frozen=True, kw_only=True)
class Connections:
    """How many connections are taken of how many."""

    taken: int
    most: int

    @property
    def share(self) -> float:
        """The share that is taken."""
        return self.taken / self.most

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.taken} of {self.most} connections are taken"


def connections(reader: Reader) -> Connections:
    """Return how many connections are taken; raises CannotTell where that cannot be read."""
    ((taken, most),) = reader.rows(TAKEN).rows
    return Connections(taken=taken, most=most)


@dataclass(frozen=True, kw_only=True)
class LogPosition:
    """A place in the server's log, from which on it is read; no path where it cannot be read."""

    path: Path | None
    offset: int = field(default=0)

    @classmethod
    def at_end(cls, path: str) -> LogPosition:
        """Return the end of the log as it is now."""
        log = Path(path) if path else None
        if log is None or not log.is_file():
            return cls(path=None)
        return cls(path=log, offset=log.stat().st_size)

    @property
    def where(self) -> str:
        """The log."""
        return str(self.path or "no log of the server can be read from here")

    def refusals(self) -> tuple[str, ...]:
        """Return what the server refused connections or ended them for, since that place."""
        return self._said(REFUSALS)

    def errors(self) -> tuple[str, ...]:
        """Return what the server refused at all, since that place."""
        return self._said(ERRORS)

    def _said(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        if self.path is None:
            return ()
        with self.path.open("rb") as log:
            log.seek(self.offset)
            text = log.read().decode(errors="replace")
        found = re.finditer(LINE.format(levels="|".join(levels)), text)
        return tuple(dict.fromkeys(each["said"] for each in found))
