"""Restores a backup into a database of a scratch server."""

from __future__ import annotations

import gzip
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gonogo.errors import CannotTell
from gonogo.probes.database.backup_file import (
    NAME,
    BackupFile,
    ForeignKey,
    inspect_backup,
    unquoted,
)
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
COMMENT = re.compile(rf"COMMENT ON CONSTRAINT ({NAME}) ON ({NAME}\.{NAME}) IS ")
LISTED_COMMENT = re.compile(rf"\d+; \d+ \d+ COMMENT (.+?) CONSTRAINT ({NAME}) ON ({NAME}) \S+")


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
    leaves out (auth.users) are not restored, nor are comments on them: the rows they point to are
    elsewhere. A backup that is damaged is data (``ok`` is false); the caller drops the database.

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
    keys = file.keys_to_elsewhere
    if not keys:
        return run_program(binaries, "pg_restore", [*arguments, path], dsn=dsn)
    with tempfile.TemporaryDirectory(prefix="gonogo-restore-") as folder:
        listing = run_program(binaries, "pg_restore", ["--list", path]).stdout
        lines = [line for line in listing.splitlines() if not _is_entry_of(line, keys)]
        wanted = Path(folder) / "wanted.list"
        wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return run_program(
            binaries, "pg_restore", [*arguments, f"--use-list={wanted}", path], dsn=dsn
        )


def _is_entry_of(line: str, keys: Collection[ForeignKey]) -> bool:
    """Whether a line of an archive's list is one of the keys, or a comment on one."""
    if comment := LISTED_COMMENT.fullmatch(line):
        name = f"{comment[1]}.{unquoted(comment[3])}.{unquoted(comment[2])}"
        return any(key.name == name for key in keys)
    return any(key.entry in line for key in keys)


def _restore_plain(file: BackupFile, dsn: str, binaries: PostgresBinaries) -> Finished:
    with tempfile.TemporaryDirectory(prefix="gonogo-restore-") as folder:
        script = file.path.resolve()
        packed = file.format == "gzip plain"
        left_out = file.keys_to_elsewhere
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


def _without(lines: Iterable[bytes], keys: Collection[ForeignKey]) -> Iterator[bytes]:
    """Give the lines but for those that make one of the keys, or a comment on one."""
    statements = frozenset(key.statement for key in keys)
    held = b""
    comment = ""
    for line in lines:
        if comment:
            comment += line.decode(errors="replace")
        elif held + line in statements:
            held = b""
            continue
        else:
            yield held
            comment = _comment_on(line, keys)
            held = b"" if comment else line
        # A text in it may go over several lines, and holds each of its quotes twice.
        if comment.rstrip().endswith(";") and comment.count("'") % 2 == 0:
            comment = ""
    yield held


def _comment_on(line: bytes, keys: Collection[ForeignKey]) -> str:
    """Return what a line says of one of the keys, if it begins a comment on one."""
    if not line.startswith(b"COMMENT ON CONSTRAINT "):
        return ""
    text = line.decode(errors="replace")
    found = COMMENT.match(text)
    name = f"{unquoted(found[2])}.{unquoted(found[1])}" if found else ""
    return text[found.end() :] if found and any(key.name == name for key in keys) else ""
