"""The table in which the product records which migrations were applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gonogo.comparison import Comparison, Difference
from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.reference import Declared
from gonogo.repository import migration_files


@dataclass(frozen=True, kw_only=True)
class LedgerRows:
    """The rows that migrating adds to the ledger: its table's possible names, and the versions.

    ``versions`` are in the order of the migrations.
    """

    tables: tuple[str, ...]
    column: str
    versions: tuple[str, ...]


def ledger_rows(settings: Settings, repository: Path) -> LedgerRows:
    """Return what the ledger records of the migration files in *repository*.

    Raises:
        CannotTell: there is no migration file.
    """
    table = settings.migration.ledger_table
    named = (table,) if "." in table else tuple(f"{s}.{table}" for s in settings.database.schemas)
    files = migration_files(settings, repository=repository)
    return LedgerRows(
        tables=named if table else (),
        column=settings.migration.ledger_version_column,
        versions=tuple(_version(file.number, file.path, settings) for file in files),
    )


def applied_versions(settings: Settings, reader: Reader) -> tuple[str, ...] | None:
    """Return every version that the ledger holds; None where no ledger is configured.

    A ledger that is not there yet holds none.

    Raises:
        CannotTell: the ledger cannot be read.
    """
    table, column = settings.migration.ledger_table, settings.migration.ledger_version_column
    return tuple(sorted(set(_versions(reader, table, column) or ()))) if table else None


def recorded_versions(
    settings: Settings, reader: Reader, repository: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return how the ledger names the migration files, and which of them it records already.

    Raises:
        CannotTell: there is no migration file, or the ledger cannot be read.
    """
    names = ledger_rows(settings, repository).versions
    versions = applied_versions(settings, reader) or ()
    return names, tuple(name for name in names if name in versions)


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
    names = [_version(file.number, file.path, settings) for file in files]
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


def _version(number: str, path: Path, settings: Settings) -> str:
    return number if settings.migration.ledger_versions == "number" else path.stem


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
