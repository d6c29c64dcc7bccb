"""Phase 1, step 1: the final backup."""

from __future__ import annotations

import pytest

from gonogo.baselines import Baselines
from gonogo.config import Settings
from gonogo.evidence import Evidence
from gonogo.probes.database.connection import Reader
from gonogo.probes.migration.backup_as_baseline import tables_held
from gonogo.probes.migration.files import FoundFile, misnamed_paths
from gonogo.probes.migration.restored_backup import RestoredBackup
from gonogo.provider import Instance
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.records import ActionRecord

ANOTHER = "\n  what to do: make another backup, then run again; do not migrate before one is good"
FIND_IT = "\n  what to do: find out which file is the backup, and correct what the script prints"
NO_BACKUP = f"no backup file was made in this phase{ANOTHER}"


@pytest.mark.item("MIG-1.1")
def test_backup_file_created(
    backed_up: ActionRecord | None, backup: FoundFile | None, evidence: Evidence
) -> None:
    """The backup command ended well and left a file that was not there before."""
    evidence.record("backup command", expected="exit status 0", found=backed_up or "run by hand")
    evidence.record("newest backup", expected="made in this phase", found=backup or "none")
    assert backed_up is None or backed_up.ended_well, f"the backup command failed: {backed_up}"
    assert backup is not None, NO_BACKUP


@pytest.mark.item("MIG-1.2")
def test_backup_holds_the_whole_database(
    backed_up: ActionRecord | None,
    backup: FoundFile | None,
    restored: RestoredBackup | None,
    baselines: Baselines,
    database: Reader,
    instance: Instance,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """The backup restores, and gives every row of every table back."""
    assert backup is not None, NO_BACKUP
    assert restored is not None, NO_BACKUP
    evidence.fill(f"{backup.size_bytes:,}", unit="bytes", source=backup.shown)
    before = baselines.held_by(backed_up)
    if before:
        proof = evidence.observe("restored", restored.proof, before)
    else:
        proof = evidence.observe("restored", tables_held, restored, database, instance, settings)
    assert proof.holds, f"{proof}{ANOTHER}"


@pytest.mark.item("MIG-1.3")
def test_backup_location_is_known(
    backed_up: ActionRecord | None,
    backup: FoundFile | None,
    suite_run: SuiteRun,
    instance: Instance,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """The backup lies where the script says, and the place and digest are noted."""
    assert backup is not None, NO_BACKUP
    evidence.fill(f"{backup.shown}, sha256 {backup.sha256}", source=str(backup.path.parent))
    said = suite_run.output_of(backed_up)
    missing = misnamed_paths(said, backup.path.parent, base=instance.folder_of("backup", settings))
    evidence.record("places named by the script", expected="all exist", found=missing or "all do")
    assert not missing, f"the script names a backup that is not there{FIND_IT}"
