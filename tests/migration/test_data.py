"""Phase 1, step 3: what the migration did to the data."""

from __future__ import annotations

import pytest

from gonogo.evidence import Evidence
from gonogo.probes.database.connection import Reader
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.content import WritesMeanwhile, content_since
from gonogo.probes.migration.files import FoundFile, still_there
from gonogo.probes.migration.restored_backup import RestoredBackup

NO_WAY_BACK = "\n  what to do: stop, nothing may be rolled back by it; make a copy of what is there"


@pytest.mark.item("MIG-3.4")
def test_no_row_or_value_was_lost(
    before_migration: MigrationBaseline,
    database: Reader,
    writes: WritesMeanwhile,
    restored: RestoredBackup | None,
    backup: FoundFile | None,
    evidence: Evidence,
) -> None:
    """Every older column of every table holds the same rows, and the backup still holds them."""
    content = evidence.observe(
        "content of every table, before and after",
        content_since,
        before_migration,
        database,
        writes=writes,
        copy=restored,
    )
    kept = evidence.observe("backup", still_there, backup)
    assert content.equal, str(content)
    assert kept, f"the backup is gone or was changed by the migration: {backup}{NO_WAY_BACK}"
