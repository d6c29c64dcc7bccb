"""What the checks of phase 1 share: the actions, the state before, and what must be there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.baselines import Baselines
from gonogo.beginning import Beginning
from gonogo.config import Settings
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_objects import SchemaSnapshot
from gonogo.probes.migration.backup_as_baseline import baseline_of_backup
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.probes.migration.content import WritesMeanwhile
from gonogo.probes.migration.files import FoundFile, newest_file
from gonogo.probes.migration.ledger import ledger_rows
from gonogo.probes.migration.rehearsal import declared_objects
from gonogo.probes.migration.restored_backup import RestoredBackup
from gonogo.provider import Instance
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.records import ActionRecord


@pytest.fixture(scope="session")
def backup(
    backed_up: ActionRecord | None,
    baselines: Baselines,
    instance: Instance,
    settings: Settings,
    beginning: Beginning,
) -> FoundFile | None:
    """The newest backup file made since the phase began; None when there is none."""
    folder = Path(instance.repository) / settings.migration.backups
    since = baselines.since(backed_up)
    found = newest_file(folder, settings.migration.backup_pattern, since=since)
    if found is None and backed_up is None:
        beginning.require_backup()
    return found


@pytest.fixture(scope="session")
def restored(
    backup: FoundFile | None, instance: Instance, database: Reader, suite_run: SuiteRun
) -> Iterator[RestoredBackup | None]:
    """The backup, restored in scratch when it is needed; None when there is no backup."""
    if backup is None:
        yield None
        return
    hashed = suite_run.redactor.row_key_hash
    copy = RestoredBackup(backup.path, instance, reader=database, hashed=hashed)
    yield copy
    copy.close()


@pytest.fixture(scope="session")
def log(
    migrated: ActionRecord | None, baselines: Baselines, instance: Instance, settings: Settings
) -> FoundFile | None:
    """The newest log file written since the migration began; None when there is none."""
    folder = Path(instance.repository) / settings.migration.logs
    pattern = settings.migration.log_pattern
    since = baselines.since(migrated)
    # A backup may leave a log there, too, before a migration by hand or after it.
    return newest_file(folder, pattern, since=since, not_during=baselines.times_of("backup"))


@pytest.fixture(scope="session")
def before_migration(
    baselines: Baselines,
    migrated: ActionRecord | None,
    restored: RestoredBackup | None,
    instance: Instance,
    settings: Settings,
) -> MigrationBaseline:
    """The state before the migration; NOT_RUN where nobody recorded it and no backup holds it."""
    if restored is not None and baselines.before(migrated) is None:
        return baseline_of_backup(restored, instance, settings)
    nobody_writes = settings.database.writes_during_migration == "stopped"
    return baselines.required(migrated, nobody_writes=nobody_writes)


@pytest.fixture(scope="session")
def writes(
    baselines: Baselines, migrated: ActionRecord | None, instance: Instance, settings: Settings
) -> WritesMeanwhile:
    """What may be written since the baseline: the migration's own records, and by whom else."""
    return WritesMeanwhile(
        allowed=settings.database.writes_during_migration == "allowed",
        seen=migrated.written_by_others if migrated else (),
        counters=baselines.at_end(migrated),
        ledger=ledger_rows(settings, Path(instance.repository)),
    )


@pytest.fixture(scope="session")
def declared(
    before_migration: MigrationBaseline, instance: Instance, settings: Settings
) -> tuple[Declared, ...]:
    """What each migration file declares, by running it in a scratch copy of the schema before."""
    return declared_objects(before_migration, instance, settings)


@pytest.fixture(scope="session")
def schema(migrated: ActionRecord | None, database: Reader) -> SchemaSnapshot:
    """The schema as the migration left it."""
    return database.snapshot()
