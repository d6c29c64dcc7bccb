"""Phase 1, step 3: what the migration did to the data."""

from __future__ import annotations

import pytest

from gonogo.evidence import Evidence
from gonogo.probes.database.connection import Reader
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.content import WritesMeanwhile, content_since
from gonogo.probes.migration.restored_backup import RestoredBackup


@pytest.mark.item("MIG-3.4")
def test_no_row_or_value_was_lost(
    before_migration: MigrationBaseline,
    database: Reader,
    writes: WritesMeanwhile,
    restored: RestoredBackup | None,
    evidence: Evidence,
) -> None:
    """Every pre-existing column of every table holds the same rows as before the migration."""
    content = evidence.observe(
        "content of every table, before and after",
        content_since,
        before_migration,
        database,
        writes=writes,
        copy=restored,
    )
    assert content.equal, str(content)
