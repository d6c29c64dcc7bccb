"""Did the migration lose or change a row? Compares content, and says who else may have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, islice

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell, TooLittleToDecide
from gonogo.probes.database.activity import Statistics, written_between
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.fingerprint import (
    RowsLeftOut,
    TableFingerprint,
    compare_fingerprints,
)
from gonogo.probes.database.sequences import gone_back, newly_used_up, with_sequences
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.ledger import LedgerRows
from gonogo.probes.migration.restored_backup import RestoredBackup

TRIED_RECORDS = 200
"""How many choices of added ledger rows are tried: far more than ledgers have gaps."""


@dataclass(frozen=True, kw_only=True)
class WritesMeanwhile:
    """Who else may have written since the baseline.

    ``seen`` are tables that other sessions wrote while the migration ran; ``counters`` the write
    counters when it ended, None where nobody read them then; ``ledger`` the rows by which the
    migration records itself.
    """

    allowed: bool
    seen: Collection[str] = ()
    counters: Statistics | None = None
    ledger: LedgerRows | None = None


def content_since(
    baseline: MigrationBaseline,
    reader: Reader,
    *,
    writes: WritesMeanwhile,
    copy: RestoredBackup | None = None,
) -> Comparison:
    """Compare every pre-existing column of every table with the baseline.

    No older sequence may go back or be used up.

    Where others may write, a difference in a table that others wrote meanwhile is not decided:
    one they were seen writing while the migration ran, one whose counters moved after its end, or
    any table while others hold writing transactions open. Where the counters of that moment are
    missing nobody can tell whose writes moved them, so every table whose counters moved since the
    baseline stays undecided. What the migration recorded of itself in the ledger is no difference.
    With a restored *copy* of the backup, rows that differ are named.

    Raises:
        TooLittleToDecide: every difference is in a table that others wrote meanwhile.
        CannotTell: the database cannot be read whole.
    """
    after = reader.fingerprint(columns=baseline.columns)
    if writes.ledger is not None:
        after |= _without_new_records(baseline, after, reader, writes.ledger)
    comparison = compare_fingerprints(baseline.fingerprints, after)
    if reader.exclude_tables:
        left_out = f"not looked at, by configuration: {', '.join(reader.exclude_tables)}"
        comparison = replace(comparison, notes=(*comparison.notes, left_out))
    sequences = baseline.sequences, reader.sequences(baseline.sequences)
    moved = (*gone_back(*sequences), *newly_used_up(*sequences))
    if comparison.equal and not moved:
        return comparison
    named = with_sequences(_with_rows(comparison, baseline, copy), moved)
    if moved or not writes.allowed:  # no row that others write moves a sequence so
        return named
    now = reader.statistics()
    since = writes.counters or baseline.statistics
    written = {*writes.seen, *(written_between(since, now) if since else ())}
    if any(transaction.writing for transaction in now.open_transactions):
        written |= set(tables_that_differ(comparison))
    if not written.issuperset(tables_that_differ(comparison)):
        return named
    raise TooLittleToDecide(
        "the content differs, and other sessions wrote to the same tables meanwhile",
        where=reader.where,
        expected="the same rows and values as before the migration",
        found=str(named),
        do="stop writes for the migration and set database.writes_during_migration ="
        ' "stopped", or compare the named rows by hand',
    )


def _without_new_records(
    baseline: MigrationBaseline,
    after: Mapping[str, TableFingerprint],
    reader: Reader,
    ledger: LedgerRows,
) -> dict[str, TableFingerprint]:
    """Read a ledger that was there before again, without the rows that it has more than then.

    They must be of the migrations, usually of the last ones, and what is left must be the rows
    from before: any other row more, less or changed is seen.
    """
    table = next((name for name in ledger.tables if name in baseline.fingerprints), "")
    if table not in after:
        return {}
    more = after[table].rows - baseline.fingerprints[table].rows
    columns = {table: baseline.columns[table]}
    new = [each for each in reversed(ledger.versions) if each not in (baseline.ledger or ())]
    for added in islice(combinations(new, max(more, 0)), TRIED_RECORDS):
        left_out = RowsLeftOut(column=ledger.column, values=added)
        found = reader.fingerprint(columns=columns, without={table: left_out})
        if found[table] == baseline.fingerprints[table]:
            return found
    return {}


def _with_rows(
    comparison: Comparison, baseline: MigrationBaseline, copy: RestoredBackup | None
) -> Comparison:
    """Name the rows where the backup can still say how they were."""
    if copy is None:
        return comparison
    try:
        rows = copy.rows_that_differ(tables_that_differ(comparison), baseline)
    except CannotTell as error:
        rows = (f"the rows that differ cannot be named: {error.what}",)
    return replace(comparison, notes=(*comparison.notes, *rows))


def tables_that_differ(comparison: Comparison) -> list[str]:
    """Return the tables of the differences, each once."""
    return list(dict.fromkeys(_table_of(difference) for difference in comparison.differences))


def _table_of(difference: Difference) -> str:
    """Return ``schema.table`` of a difference about a table or one of its columns."""
    kind, _, name = difference.subject.partition(" ")
    return name if kind == "table" else name.rsplit(".", maxsplit=1)[0]
