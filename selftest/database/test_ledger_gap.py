from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gonogo.probes.database.connection import Reader
from gonogo.probes.database.preparation import run_script
from gonogo.probes.migration.baseline import take_baseline
from gonogo.probes.migration.content import WritesMeanwhile, content_since
from gonogo.probes.migration.ledger import LedgerRows

ROWS = LedgerRows(tables=("public.changes",), column="name", versions=("001", "002", "003"))


@pytest.mark.parametrize(
    ("statement", "equal"),
    [
        ("INSERT INTO changes VALUES ('001'), ('002')", True),
        ("INSERT INTO changes VALUES ('002')", True),
        ("INSERT INTO changes VALUES ('001'), ('004')", False),
        ("UPDATE changes SET name = '001'; INSERT INTO changes VALUES ('002')", False),
    ],
)
def test_records_may_fill_the_gaps_of_a_ledger(dsn: str, statement: str, *, equal: bool) -> None:
    run_script(
        dsn, "CREATE TABLE changes (name text PRIMARY KEY); INSERT INTO changes VALUES ('003')"
    )
    reader = Reader(dsn)
    before = take_baseline(
        reader, now=datetime.now(UTC), source="test", schema_sql="", ledger=("003",)
    )
    run_script(dsn, statement)
    writes = WritesMeanwhile(allowed=False, ledger=ROWS)
    assert content_since(before, reader, writes=writes).equal is equal


def test_what_was_applied_before_is_not_tried_again(dsn: str) -> None:
    older = tuple(f"{number:03}" for number in range(4, 60))
    rows = ", ".join(f"('{version}')" for version in older)
    run_script(
        dsn, f"CREATE TABLE changes (name text PRIMARY KEY); INSERT INTO changes VALUES {rows}"
    )
    reader = Reader(dsn)
    now = datetime.now(UTC)
    before = take_baseline(reader, now=now, source="test", schema_sql="", ledger=older)
    run_script(dsn, "INSERT INTO changes VALUES ('001'), ('002'), ('003')")
    versions = ("001", "002", "003", *older)
    ledger = LedgerRows(tables=("public.changes",), column="name", versions=versions)
    writes = WritesMeanwhile(allowed=False, ledger=ledger)
    assert content_since(before, reader, writes=writes).equal
