"""The checklist's own queries, run word for word beside the catalog snapshot."""

from __future__ import annotations

from pathlib import Path

from gonogo.comparison import Comparison, Difference
from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Reader


def document_query(name: str, reader: Reader, settings: Settings) -> Comparison:
    """Run one of the document's queries; that it finds nothing is a difference.

    A target without a folder of queries has none to run: the catalog alone decides.

    Raises:
        CannotTell: the file or the database cannot be read.
    """
    folder = settings.migration.queries
    if not folder:
        note = "the document's own query is not configured (migration.queries)"
        return Comparison(subject=f"query {name}", checked=1, notes=(note,))
    path = settings.path(folder) / f"{name}.sql"
    found = reader.rows(_text(path))
    rows = [str(row[0]) for row in found.rows]
    missing = Difference(subject=f"{name}.sql", expected="at least one row", found="none")
    return Comparison(
        subject=f"document's own query {name}.sql",
        checked=1,
        differences=() if rows else (missing,),
        notes=(f"it lists {', '.join(sorted(rows))}",) if rows else (),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotTell(
            "the document's query cannot be read",
            where=str(path),
            found=str(error),
            do="correct migration.queries",
        ) from error
