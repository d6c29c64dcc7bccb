"""The release's backup, restored in scratch, where nobody recorded the state before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from psycopg import sql

from gonogo.comparison import Comparison, Difference
from gonogo.config import Settings
from gonogo.errors import NothingToCompare
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.dump import dump_schema
from gonogo.probes.database.schema_comparison import plain_name
from gonogo.probes.migration.baseline import MigrationBaseline, take_baseline
from gonogo.probes.migration.ledger import applied_versions, recorded_versions
from gonogo.probes.migration.objects import all_of
from gonogo.probes.migration.rehearsal import declared_objects
from gonogo.probes.migration.restored_backup import BackupProof, RestoredBackup
from gonogo.provider import Instance


def baseline_of_backup(
    restored: RestoredBackup, instance: Instance, settings: Settings
) -> MigrationBaseline:
    """Read the restored backup as the state before the migration.

    Raises:
        NothingToCompare: the backup was made after the migration.
        CannotTell: it does not restore, or the copy cannot be read whole.
    """
    reader = restored.reader
    names, done = recorded_versions(settings, reader, Path(instance.repository))
    if len(done) == len(names):
        raise NothingToCompare(
            "the backup was made after the migration, so nothing shows the state before",
            where=restored.where,
            expected="a migration that its ledger does not record yet",
            found=f"{', '.join(done)} recorded in it",
            do="gonogo before phase1, before the team runs the scripts by hand",
        )
    # Restored objects belong to whoever restored them; the files are run by the scripts' role.
    schema_sql = dump_schema(
        restored.dsn, schemas=reader.schemas, binaries=instance.binaries, owners=False
    )
    if instance.script_role:
        role = sql.Identifier(instance.script_role).as_string()
        schema_sql = f"SET ROLE {role};\n{schema_sql}"
    baseline = take_baseline(
        reader,
        now=restored.written_at,
        source=f"the backup {restored.where}, restored in scratch",
        schema_sql=schema_sql,
        ledger=applied_versions(settings, reader),
    )
    # The copy's counters say nothing of who wrote to the target.
    return replace(baseline, statistics=None)


def tables_held(
    restored: RestoredBackup, target: Reader, instance: Instance, settings: Settings
) -> BackupProof:
    """Compare the tables of the backup with those of the target that no migration file makes.

    Raises:
        NothingToCompare, CannotTell: as for `baseline_of_backup`.
    """
    if restored.trouble:
        return BackupProof(path=restored.path, trouble=restored.trouble)
    baseline = baseline_of_backup(restored, instance, settings)
    files = declared_objects(baseline, instance, settings)
    made = all_of([each for each in files if not each.applied_before]).of("table")
    new = {plain_name(name) for name in made}
    wanted = [name for name in target.snapshot().of("table") if plain_name(name) not in new]
    held = baseline.schema.of("table")
    return BackupProof(
        path=restored.path,
        content=Comparison(
            subject="tables of the database in the backup",
            checked=len(wanted),
            differences=tuple(
                Difference(subject=f"table {name}", expected="in the backup", found="not in it")
                for name in wanted
                if name not in held
            ),
            notes=("nobody recorded the state before, so rows were not compared",),
        ),
        notes=restored.notes,
    )
