"""Phase 1, step 2: the migrations and their logs."""

from __future__ import annotations

import pytest

from gonogo.config import Settings
from gonogo.evidence import Evidence
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.migration.files import FoundFile, misnamed_paths, read_text
from gonogo.probes.migration.ledger import in_ledger
from gonogo.probes.migration.log_lines import read_log, server_log_of
from gonogo.probes.migration.objects import files_of, objects_of
from gonogo.provider import Instance
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.records import ActionRecord

NO_LOG = (
    "the migration left no log file in this phase, so it shows no absence of errors"
    "\n  what to do: read the script's output in the report, and see why it wrote no log"
)
READ_OUTPUT = "\n  what to do: read the script's output in the report; save the log by hand"
READ_ON = (
    "\n  what to do: read the log from this line on; the other items of this phase say what was"
    " left undone. Mend the script or the file, then run it again; or roll back"
)
DeclaredFiles = tuple[Declared, ...]


@pytest.mark.item("MIG-2.1")
def test_migration_001_completed(
    declared: DeclaredFiles,
    schema: SchemaSnapshot,
    database: Reader,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """Every object of the first file, and of older ones, is there, and the ledger has its row."""
    files = files_of(1, declared)
    try:
        objects = evidence.observe("declared objects", objects_of, files, schema)
    finally:  # what the ledger lacks is a failure, also where nobody can tell the objects
        ledger = evidence.observe("ledger", in_ledger, files, database, settings)
        assert ledger.equal, str(ledger)
    assert objects.equal, str(objects)


@pytest.mark.item("MIG-2.2")
def test_migration_002_completed(
    declared: DeclaredFiles,
    schema: SchemaSnapshot,
    database: Reader,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """Every object the second file declares is there, and the ledger has its row."""
    files = files_of(2, declared)
    try:
        objects = evidence.observe("declared objects", objects_of, files, schema)
    finally:  # what the ledger lacks is a failure, also where nobody can tell the objects
        ledger = evidence.observe("ledger", in_ledger, files, database, settings)
        assert ledger.equal, str(ledger)
    assert objects.equal, str(objects)


@pytest.mark.item("MIG-2.3")
def test_migration_003_completed(
    declared: DeclaredFiles,
    schema: SchemaSnapshot,
    database: Reader,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """Every object the third file and any later one declare is there, and in the ledger."""
    files = files_of(3, declared)
    try:
        objects = evidence.observe("declared objects", objects_of, files, schema)
    finally:  # what the ledger lacks is a failure, also where nobody can tell the objects
        ledger = evidence.observe("ledger", in_ledger, files, database, settings)
        assert ledger.equal, str(ledger)
    assert objects.equal, str(objects)


@pytest.mark.item("MIG-2.4")
def test_no_errors_in_logs(
    migrated: ActionRecord | None,
    log: FoundFile | None,
    suite_run: SuiteRun,
    instance: Instance,
    evidence: Evidence,
) -> None:
    """The migration ended well, and neither its log, its output nor the server names an error."""
    assert log is not None, NO_LOG
    readings = [evidence.observe("log", read_log, read_text(log), source=log.shown)]
    if migrated:
        readings.append(
            evidence.observe(
                "output", read_log, suite_run.output_of(migrated), source=migrated.command
            )
        )
    readings += evidence.observe("server log", server_log_of, instance, migrated)
    errors = [line for reading in readings for line in reading.errors]
    assert migrated is None or migrated.ended_well, f"the migration failed: {migrated}"
    assert not errors, "\n".join(errors) + READ_ON


@pytest.mark.item("MIG-2.5")
def test_log_file_saved(
    migrated: ActionRecord | None,
    log: FoundFile | None,
    suite_run: SuiteRun,
    instance: Instance,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """The migration's log is where the script says; its place and digest are noted."""
    assert log is not None, NO_LOG
    assert log.size_bytes, f"{log.shown} is empty{READ_OUTPUT}"
    evidence.fill(f"{log.shown}, sha256 {log.sha256}", source=str(log.path.parent))
    base = instance.folder_of("migrate", settings)
    missing = misnamed_paths(suite_run.output_of(migrated), log.path.parent, base=base)
    evidence.record("places named by the script", expected="all exist", found=missing or "all do")
    assert not missing, f"the script names a log that is not there{READ_OUTPUT}"
