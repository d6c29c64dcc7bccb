"""Runs the migration files on a scratch copy of the schema, to see what they declare."""

from __future__ import annotations

from pathlib import Path

from gonogo.config import Settings
from gonogo.probes.database.dump import rebuild_schema
from gonogo.probes.database.reference import Declared, declared
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.provider import Instance
from gonogo.repository import migration_files


def declared_objects(
    baseline: MigrationBaseline, instance: Instance, settings: Settings
) -> tuple[Declared, ...]:
    """Return what each migration file declares, in the order of their numbers.

    Raises:
        CannotTell: there is no file, or the scratch server cannot hold the schema or run a file.
    """
    schemas = settings.database.schemas
    files = migration_files(settings, repository=Path(instance.repository))
    return declared(
        [file.path for file in files],
        admin_dsn=instance.scratch_dsn,
        prepare=lambda dsn: rebuild_schema(
            baseline.schema_sql, dsn, schemas=schemas, binaries=instance.binaries
        ),
        binaries=instance.binaries,
        schemas=schemas,
        role=instance.script_role,
    )
