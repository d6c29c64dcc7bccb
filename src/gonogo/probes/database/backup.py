"""Restores a backup into a database of a scratch server."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Iterable, Iterator
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
    """How a restore ended; *errors* are the program's own lines.

    *left_out* are the foreign keys (``schema.table.constraint``) that were not restored, because
    they point into a schema that the backup does not hold.
    """

    ok: bool
    exit_status: int
    errors: tuple[str, ...]
    dsn: str
    left_out: tuple[str, ...] = ()


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
    managed schemas itself; *prelude* decides it by hand. Foreign keys into schemas that the backup
    leaves out (auth.users) are not restored: the rows they point to are elsewhere. A backup that
    is damaged is data (``ok`` is false); the caller drops the database.

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
        done = _restore_archive(file, dsn, binaries)
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
        left_out=tuple(key.name for key in file.keys_to_elsewhere),
    )


def _restore_archive(file: BackupFile, dsn: str, binaries: PostgresBinaries) -> Finished:
    path = str(file.path.resolve())
    arguments = ["--exit-on-error", "--no-owner"]
    entries = [key.entry for key in file.keys_to_elsewhere]
    if not entries:
        return run_program(binaries, "pg_restore", [*arguments, path], dsn=dsn)
    with tempfile.TemporaryDirectory(prefix="gonogo-restore-") as folder:
        listing = run_program(binaries, "pg_restore", ["--list", path]).stdout
        lines = [x for x in listing.splitlines() if not any(entry in x for entry in entries)]
        wanted = Path(folder) / "wanted.list"
        wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return run_program(
            binaries, "pg_restore", [*arguments, f"--use-list={wanted}", path], dsn=dsn
        )


def _restore_plain(file: BackupFile, dsn: str, binaries: PostgresBinaries) -> Finished:
    with tempfile.TemporaryDirectory(prefix="gonogo-restore-") as folder:
        script = file.path.resolve()
        packed = file.format == "gzip plain"
        left_out = frozenset(key.statement for key in file.keys_to_elsewhere)
        if packed or left_out:
            script = Path(folder) / "dump.sql"
            with (
                gzip.open(file.path) if packed else file.path.open("rb") as source,
                script.open("wb") as copy,
            ):
                copy.writelines(_without(source, left_out))
        return run_program(
            binaries, "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script)], dsn=dsn
        )


def _without(lines: Iterable[bytes], statements: frozenset[bytes]) -> Iterator[bytes]:
    """Give the lines but for the two that make one of the statements."""
    held = b""
    for line in lines:
        if held + line in statements:
            held = b""
            continue
        yield held
        held = line
    yield held
