"""The table in which the product records which migrations were applied."""

from __future__ import annotations

from collections.abc import Sequence

from gonogo.comparison import Comparison, Difference
from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.reference import Declared


def in_ledger(files: Sequence[Declared], reader: Reader, settings: Settings) -> Comparison:
    """Compare what the ledger records with *files*: each stands in it exactly once.

    Raises:
        CannotTell: no ledger is configured, or it cannot be read.
    """
    table, column = settings.migration.ledger_table, settings.migration.ledger_version_column
    if not table:
        raise CannotTell(
            "no ledger table is configured",
            where=settings.file,
            expected="the table in which applied migrations are recorded",
            do="set migration.ledger_table",
        )
    versions = _versions(reader, table, column)
    names = [_name_of(file, settings) for file in files]
    return Comparison(
        subject=f"rows of {table}",
        checked=len(files),
        differences=tuple(
            Difference(
                subject=f"{table}.{column} = {name!r}",
                expected="one row",
                found=f"{versions.count(name)} rows" if versions is not None else "no such table",
            )
            for name in names
            if versions is None or versions.count(name) != 1
        ),
        do="see in the log whether the migration reached its end",
    )


def _versions(reader: Reader, table: str, column: str) -> list[str] | None:
    """Return the recorded versions, or None when there is no such table."""
    quoted = ".".join(_quoted(part) for part in table.split("."))
    literal = quoted.replace("'", "''")
    if not reader.rows(f"SELECT to_regclass('{literal}') IS NOT NULL").rows[0][0]:
        return None
    found = reader.rows(f"SELECT {_quoted(column)}::text FROM {quoted}")
    return [str(row[0]) for row in found.rows]


def _name_of(declared: Declared, settings: Settings) -> str:
    by_number = settings.migration.ledger_versions == "number"
    return declared.number if by_number else declared.path.stem


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
