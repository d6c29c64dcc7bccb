"""Did the migration lose or change a row? Compares content, and says who else may have."""

from __future__ import annotations

from collections.abc import Collection

from gonogo.comparison import Comparison, Difference
from gonogo.errors import TooLittleToDecide
from gonogo.probes.database.activity import Statistics, written_between
from gonogo.probes.database.fingerprint import compare_fingerprints
from gonogo.probes.database.connection import Reader
from gonogo.probes.migration.baseline import MigrationBaseline


def content_since(
    baseline: MigrationBaseline,
    reader: Reader,
    *,
    others_may_write: bool,
    migrated: Statistics | None = None,
    foreign_writers: Collection[str] = (),
) -> Comparison:
    """Compare every pre-existing column of every table with the baseline.

    Where others may write, a difference in a table that others wrote meanwhile is not decided:
    one of *foreign_writers* (seen while the migration ran), one whose counters moved after
    *migrated*, the moment the migration ended, or any table while others hold writing
    transactions open. Without *migrated* nobody can tell whose writes moved a counter, so every
    moved counter leaves its table undecided.

    Raises:
        TooLittleToDecide: every difference is in a table that others wrote meanwhile.
        CannotTell: the database cannot be read whole.
    """
    after = reader.fingerprint(columns=baseline.columns)
    comparison = compare_fingerprints(baseline.fingerprints, after)
    if comparison.equal or not others_may_write:
        return comparison
    now = reader.statistics()
    since = migrated or baseline.statistics
    written = {*foreign_writers, *(written_between(since, now) if since else ())}
    if any(transaction.writing for transaction in now.open_transactions):
        written |= {_table_of(difference) for difference in comparison.differences}
    if any(_table_of(difference) not in written for difference in comparison.differences):
        return comparison
    raise TooLittleToDecide(
        "the content differs, and other sessions wrote to the same tables meanwhile",
        where=reader.where,
        expected="the same rows and values as before the migration",
        found="; ".join(str(d) for d in comparison.differences),
        do="stop writes for the migration and set database.writes_during_migration ="
        ' "stopped", or compare the named tables by hand',
    )


def _table_of(difference: Difference) -> str:
    """Return ``schema.table`` of a difference about a table or one of its columns."""
    kind, _, name = difference.subject.partition(" ")
    return name if kind == "table" else name.rsplit(".", maxsplit=1)[0]
