"""Runs the migration files on a scratch copy of the schema, to see what they declare."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from gonogo.config import Settings
from gonogo.errors import CannotTell
from gonogo.probes.database.dump import rebuild_schema
from gonogo.probes.database.reference import Declared, declared
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.provider import Instance
from gonogo.repository import migration_files


def file_digests(instance: Instance, settings: Settings) -> dict[str, str]:
    """Return the sha256 of each migration file, by its name; empty where there is none."""
    try:
        files = migration_files(settings, repository=Path(instance.repository))
        return {f.path.name: hashlib.sha256(f.path.read_bytes()).hexdigest() for f in files}
    except (CannotTell, OSError):
        return {}


def _check_unchanged(baseline: MigrationBaseline, now: Mapping[str, str]) -> None:
    """Refuse files that changed since: what they declare now is not what was to be done."""
    changed = [name for name, digest in baseline.files.items() if now.get(name) != digest]
    added = [name for name in now if baseline.files and name not in baseline.files]
    if changed or added:
        raise CannotTell(
            "the migration files are not those that were there before the migration",
            where=", ".join(sorted([*changed, *added])),
            expected="every file as it was when the state before was recorded",
            found="changed, gone or new since",
            do="put the release's own files back; see whether the script writes to them",
        )


def declared_objects(
    baseline: MigrationBaseline, instance: Instance, settings: Settings
) -> tuple[Declared, ...]:
    """Return what each migration file declares, in the order of their numbers.

    Raises:
        CannotTell: there is no file, one is not as it was before the migration, or the scratch
            server cannot hold the schema or run a file.
    """
    schemas = settings.database.schemas
    files = migration_files(settings, repository=Path(instance.repository))
    _check_unchanged(baseline, file_digests(instance, settings))
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
