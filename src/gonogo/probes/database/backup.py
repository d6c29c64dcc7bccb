"""Restores a backup into a database of a scratch server."""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gonogo.errors import CannotTell
from gonogo.probes.database.backup_file import BackupFile, inspect_backup
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.clones import create_database
from gonogo.probes.database.preparation import apply_prelude, apply_roles, make_room
from gonogo.probes.database.programs import Finished, run_program

__all__ = ["BackupFile", "RestoreResult", "inspect_backup", "restore"]

# What the scratch server lacks, and no fault of the backup.
LACKING = re.compile(
    r'role "[^"]+" does not exist|extension "[^"]+" is not available'
    r"|could not open extension control file|required extension .* is not installed"
    r"|unrecognized configuration parameter|invalid command \\",
)


@dataclass(frozen=True, kw_only=True)
class RestoreResult:
    """How a restore ended; *errors* are the program's own lines."""

    ok: bool
    exit_status: int
    errors: tuple[str, ...]
    dsn: str


def restore(
    path: Path,
    *,
    admin_dsn: str,
    database: str,
    binaries: PostgresBinaries,
    prelude: bool | None = None,
) -> RestoreResult:
    """Restore a backup into a new database of a scratch server, stopping at the first error.

    The database first gets what a Supabase project starts with, unless the backup creates the
    managed schemas itself; *prelude* decides it by hand. A backup that is damaged is data
    (``ok`` is false); the caller drops the database.

    Raises:
        CannotTell: when the scratch server lacks a role or extension that the backup needs, or
            the programs are too old for it.
    """
    file = inspect_backup(path, binaries)
    dsn = create_database(admin_dsn, database)
    if not file.whole:
        return RestoreResult(ok=False, exit_status=1, errors=(file.damage,), dsn=dsn)
    own = {"auth", "vault"} & set(file.schemas)
    if (not own) if prelude is None else prelude:
        apply_prelude(dsn)
    else:
        apply_roles(dsn)
    make_room(dsn, file.schemas)
    if file.format in ("plain", "gzip plain"):
        done = _restore_plain(file, dsn, binaries)
    else:
        arguments = ["--exit-on-error", "--no-owner", str(path.resolve())]
        done = run_program(binaries, "pg_restore", arguments, dsn=dsn)
    lacking = next((line for line in done.errors if LACKING.search(line)), "")
    if lacking:
        raise CannotTell(
            "the scratch server cannot take this backup",
            where=str(path),
            expected="the roles, extensions and version the backup was made with",
            found=lacking,
            do="create the role in the scratch server, or install PostgreSQL's contrib package or "
            "a newer version",
        )
    return RestoreResult(
        ok=done.exit_status == 0 and not done.errors,
        exit_status=done.exit_status,
        errors=done.errors,
        dsn=dsn,
    )


def _restore_plain(file: BackupFile, dsn: str, binaries: PostgresBinaries) -> Finished:
    with tempfile.TemporaryDirectory(prefix="gonogo-restore-") as folder:
        script = file.path.resolve()
        if file.format == "gzip plain":
            script = Path(folder) / "dump.sql"
            with gzip.open(file.path) as packed, script.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
        return run_program(
            binaries, "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script)], dsn=dsn
        )
