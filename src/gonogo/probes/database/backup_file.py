"""Backup files: what they are, whether they are whole, and what they hold."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import PostgresBinaries
from gonogo.probes.database.programs import run_program

Format = Literal["plain", "gzip plain", "custom", "directory", "tar", "unknown"]
MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"PGDMP", "custom"),
    (b"\x1f\x8b", "gzip plain"),
    (b"toc.dat\x00", "tar"),
)
PLAIN_START = b"-- PostgreSQL database"
PLAIN_END = re.compile(rb"-- PostgreSQL database (?:cluster )?dump complete\s*")
NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
CREATE_TABLE = re.compile(rf"CREATE (?:UNLOGGED )?TABLE ({NAME}\.{NAME}) \(")
CREATE_SCHEMA = re.compile(rf"CREATE SCHEMA (?:IF NOT EXISTS )?({NAME});")
DATA = re.compile(rf"(COPY|INSERT INTO) ({NAME}\.{NAME}) ")
LISTED = re.compile(r"\d+; \d+ \d+ (TABLE DATA|TABLE|SCHEMA) (\S+) (.+) \S+")
CREATED = re.compile(r"^;\s+Archive created at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)
HEAD_BYTES = 4096
TAR_END_BYTES = 1024
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class BackupFile:
    """One backup as it lies on disk.

    *created_at* is the time in the archive itself; plain dumps hold none. *tables* are the
    qualified names of the tables it creates, *with_data* those whose rows it holds (empty ones
    too), *schemas* what it creates. *damage* says why it is not whole, "" when it is:
    read to its end, which still does not prove every byte (only a restore does).
    """

    path: Path
    size_bytes: int
    sha256: str
    format: Format
    created_at: datetime | None
    schemas: tuple[str, ...]
    tables: tuple[str, ...]
    with_data: tuple[str, ...]
    damage: str

    @property
    def whole(self) -> bool:
        """Whether it could be read to its end."""
        return not self.damage


@dataclass(frozen=True, kw_only=True)
class _Contents:
    schemas: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    with_data: tuple[str, ...] = ()
    created_at: datetime | None = None
    damage: str = ""


def inspect_backup(path: Path, binaries: PostgresBinaries) -> BackupFile:
    """Read a backup to its end and return what it is and holds.

    An archive goes through ``pg_restore -f /dev/null``, which sees what ``--list`` does not: cut
    off and damaged data. A plain dump must have its last line. An empty file, or one that is no
    dump, is damage too.

    Raises:
        CannotTell: when the file is missing or unreadable, or the programs are too old for it.
    """
    try:
        kind = _format(path)
        size_bytes, digest = _size_and_digest(path)
        contents = _contents(path, kind, binaries)
    except OSError as error:
        raise CannotTell(
            "the backup cannot be read",
            where=str(path),
            found=error.strerror or str(error),
            do="correct the configured place of backups, or make the file readable",
        ) from error
    return BackupFile(
        path=path,
        size_bytes=size_bytes,
        sha256=digest,
        format=kind,
        created_at=contents.created_at,
        schemas=contents.schemas,
        tables=contents.tables,
        with_data=contents.with_data,
        damage="it is empty" if size_bytes == 0 else contents.damage,
    )


def _format(path: Path) -> Format:
    if path.is_dir():
        return "directory" if any(path.glob("toc.dat*")) else "unknown"
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return kind
    return "plain" if PLAIN_START in head else "unknown"


def _size_and_digest(path: Path) -> tuple[int, str]:
    """Return bytes and sha256; a folder's is over its files' names and contents in order."""
    digest, size_bytes = hashlib.sha256(), 0
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    for each in files:
        if each != path:
            digest.update(f"{each.relative_to(path)}\0{each.stat().st_size}\0".encode())
        with each.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                size_bytes += len(chunk)
                digest.update(chunk)
    return size_bytes, digest.hexdigest()


def _contents(path: Path, kind: Format, binaries: PostgresBinaries) -> _Contents:
    if kind == "unknown":
        return _Contents(damage="it is no dump that PostgreSQL's programs wrote")
    if kind == "plain":
        with path.open("rb") as file:
            return _of_plain(file)
    if kind == "gzip plain":
        try:
            with gzip.open(path) as file:
                return _of_plain(file)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            return _Contents(damage=f"it cannot be unpacked to its end: {error}")
    if kind == "tar" and not _tar_ends(path):
        return _Contents(damage="the two empty blocks that end a tar file are missing")
    return _of_archive(path, binaries)


def _tar_ends(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - TAR_END_BYTES, 0))
        return file.read() == bytes(TAR_END_BYTES)


def _of_plain(lines: Iterable[bytes]) -> _Contents:
    schemas: list[str] = []
    tables: list[str] = []
    data: dict[str, None] = {}
    copying = ""
    complete = False
    for raw in lines:
        if copying:
            copying = "" if raw.rstrip(b"\r\n") == b"\\." else copying
            continue
        # A dump may hold several databases: the last line that says so counts.
        complete = bool(PLAIN_END.fullmatch(raw)) or (complete and not _is_statement(raw))
        line = raw.decode(errors="replace")
        if made := CREATE_TABLE.match(line):
            tables.append(_plain_name(made[1]))
        elif made := CREATE_SCHEMA.match(line):
            schemas.append(_plain_name(made[1]))
        elif held := DATA.match(line):
            data[_plain_name(held[2])] = None
            copying = held[2] if held[1] == "COPY" else ""
    damage = ""
    if copying:
        damage = f"it ends inside the rows of {_plain_name(copying)}"
    elif not complete:
        damage = "its last line, which says that the dump is complete, is missing"
    return _Contents(
        schemas=tuple(schemas), tables=tuple(tables), with_data=tuple(data), damage=damage
    )


def _is_statement(raw: bytes) -> bool:
    """Whether the line is neither blank, comment nor a command to psql."""
    return bool(raw.strip()) and not raw.startswith((b"--", b"\\"))


def _of_archive(path: Path, binaries: PostgresBinaries) -> _Contents:
    listing = run_program(binaries, "pg_restore", ["--list", str(path.resolve())])
    if "unsupported version" in listing.stderr:
        raise CannotTell(
            "pg_restore is too old for this backup",
            where=str(path),
            found=f"{listing.stderr.strip()} (pg_restore {binaries.version})",
            do="install the client programs of the version that made the backup, or newer",
        )
    read = run_program(binaries, "pg_restore", ["-f", "/dev/null", str(path.resolve())])
    entries = list(_entries(listing.stdout))
    created = CREATED.search(listing.stdout)
    failed = listing.exit_status != 0 or read.exit_status != 0
    reasons = "; ".join((listing.errors + read.errors)[:2])
    return _Contents(
        schemas=_created_schemas(path, binaries),
        tables=tuple(name for kind, name in entries if kind == "TABLE"),
        with_data=tuple(name for kind, name in entries if kind == "TABLE DATA"),
        # The archive holds the wall clock of the machine that made it, taken to be this one's.
        created_at=datetime.fromisoformat(created[1]).astimezone() if created else None,
        damage=f"it cannot be read to its end: {reasons}" if failed else "",
    )


def _created_schemas(path: Path, binaries: PostgresBinaries) -> tuple[str, ...]:
    """Return the schemas an archive creates: public is listed also where it only has grants."""
    arguments = ["--section=pre-data", "-f", "-", str(path.resolve())]
    lines = run_program(binaries, "pg_restore", arguments).stdout.splitlines()
    made = (CREATE_SCHEMA.match(line) for line in lines)
    return tuple(_plain_name(each[1]) for each in made if each)


def _entries(listing: str) -> Iterator[tuple[str, str]]:
    for line in listing.splitlines():
        match = LISTED.fullmatch(line)
        if match and match[1] == "SCHEMA":
            yield "SCHEMA", match[3]
        elif match:
            yield match[1], f"{match[2]}.{match[3]}"


def _plain_name(name: str) -> str:
    """Return a qualified name as it is without quotes."""
    parts = re.findall(NAME, name)
    return ".".join(p[1:-1].replace('""', '"') if p.startswith('"') else p for p in parts)
