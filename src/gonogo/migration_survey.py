"""Recognises migration files by their names, and the ledger they write to. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ROLLBACK = re.compile(r"rollback|revert|undo|(?:^|[._-])down(?:[._-]|$)", re.IGNORECASE)
_NUMBERED = re.compile(r"^([A-Za-z_.-]*?)(\d+)([._-].*)$")
_LEDGER = re.compile(
    r'INSERT\s+INTO\s+(?:"?\w+"?\.)?"?(\w*(?:migration|schema_version|changelog)\w*)"?'
    r"\s*\(([^)]*)\)\s*(?:VALUES\s*\(|SELECT\s+)\s*'([^']*)'",
    re.IGNORECASE,
)
_VERSION_COLUMNS = ("version", "number", "id", "name", "filename", "file")
LONGEST_WRITTEN_OUT = 4


@dataclass(frozen=True, kw_only=True)
class MigrationNames:
    """The migration files of one folder; names in order."""

    folder: str
    forward: tuple[str, ...]
    rollbacks: tuple[str, ...]
    glob: str
    rollback_pattern: str
    """With {number}; empty where there are none, or where no one pattern describes them."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The table that notes which migrations were applied."""

    table: str
    column: str
    versions: str
    line: int


def names_of_migrations(folder: str, names: Sequence[str]) -> MigrationNames | None:
    """Return the migrations among the SQL file *names*, or None where none is numbered."""
    numbered = [match for name in sorted(names) if (match := _NUMBERED.match(name))]
    rollbacks = [match for match in numbered if _ROLLBACK.search(match.group())]
    forward = [match for match in numbered if not _ROLLBACK.search(match.group())]
    if not forward:
        return None
    patterns = {f"{match[1]}{{number}}{match[3]}" for match in rollbacks}
    return MigrationNames(
        folder=folder,
        forward=tuple(match.group() for match in forward),
        rollbacks=tuple(match.group() for match in rollbacks),
        glob=_glob(forward),
        rollback_pattern=patterns.pop() if len(patterns) == 1 else "",
    )


def ledger_in(name: str, sql: str) -> Ledger | None:
    """Return the ledger that the migration called *name* writes to, or None."""
    match = _LEDGER.search(sql)
    if not match:
        return None
    columns = [column.strip(' "\n').lower() for column in match[2].split(",")]
    column = next((each for each in _VERSION_COLUMNS if each in columns), columns[0])
    numbered = _NUMBERED.match(name)
    by_number = numbered is not None and match[3].lstrip("0") == numbered[2].lstrip("0")
    return Ledger(
        table=match[1],
        column=column,
        versions="number" if by_number else "name",
        line=sql.count("\n", 0, match.start()) + 1,
    )


def _glob(forward: Sequence[re.Match[str]]) -> str:
    prefixes = {match[1] for match in forward}
    widths = {len(match[2]) for match in forward}
    separators = {match[3][0] for match in forward}
    prefix = prefixes.pop() if len(prefixes) == 1 else "*"
    width = widths.pop()
    digits = "[0-9]" * width if not widths and width <= LONGEST_WRITTEN_OUT else "[0-9]*"
    separator = separators.pop() if len(separators) == 1 else ""
    rest = (
        ".sql" if separator == "." and all(m[3] == ".sql" for m in forward) else f"{separator}*.sql"
    )
    return f"{prefix}{digits}{rest}"
