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
ALTER_TABLE = re.compile(rf"ALTER TABLE (?:ONLY )?({NAME})\.({NAME})\s*")
ADD_KEY = re.compile(
    rf"    ADD CONSTRAINT ({NAME}) FOREIGN KEY .+? REFERENCES ({NAME})\.{NAME}\(.*;\s*"
)
LISTED = re.compile(r"\d+; \d+ \d+ (TABLE DATA|TABLE|SCHEMA) (\S+) (.+) \S+")
CREATED = re.compile(r"^;\s+Archive created at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)
HEAD_BYTES = 4096
TAR_END_BYTES = 1024
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A foreign key as a dump makes it: *statement* is its own two lines, *refers_to* a schema."""

    schema: str
    table: str
    constraint: str
    refers_to: str
    statement: bytes

    @property
    def name(self) -> str:
        """``schema.table.constraint``, unquoted, as in a snapshot."""
        return f"{self.schema}.{self.table}.{self.constraint}"

    @property
    def entry(self) -> str:
        """What names it in an archive's list."""
        return f" FK CONSTRAINT {self.schema} {self.table} {self.constraint} "


@dataclass(frozen=True, kw_only=True)
class BackupFile:
    """One backup as it lies on disk.

    *created_at* is the time in the archive itself; plain dumps hold none. *tables* are the
    qualified names of the tables it creates, *with_data* those whose rows it holds (empty ones
    too), *schemas* what it creates, *foreign_keys* every foreign key. *damage* says why it is not
    whole, "" when it is: read to its end, which still does not prove every byte (only a restore
    does).
    """

    path: Path
    size_bytes: int
    sha256: str
    format: Format
    created_at: datetime | None
    schemas: tuple[str, ...]
    tables: tuple[str, ...]
    with_data: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    damage: str

    @property
    def whole(self) -> bool:
        """Whether it could be read to its end."""
        return not self.damage

    @property
    def keys_to_elsewhere(self) -> tuple[ForeignKey, ...]:
        """The foreign keys that point into schemas of which the backup makes nothing."""
        made = {"public", *self.schemas, *(name.partition(".")[0] for name in self.tables)}
        return tuple(key for key in self.foreign_keys if key.refers_to not in made)


@dataclass(frozen=True, kw_only=True)
class _Contents:
    schemas: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    with_data: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
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
        foreign_keys=contents.foreign_keys,
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
    keys: list[ForeignKey] = []
    copying = ""
    last = b""
    complete = False
    for raw in lines:
        if copying:
            copying = "" if raw.rstrip(b"\r\n") == b"\\." else copying
            continue
        # A dump may hold several databases: the last line that says so counts.
        complete = bool(PLAIN_END.fullmatch(raw)) or (complete and not _is_statement(raw))
        line = raw.decode(errors="replace")
        if made := CREATE_TABLE.match(line):
            tables.append(unquoted(made[1]))
        elif made := CREATE_SCHEMA.match(line):
            schemas.append(unquoted(made[1]))
        elif held := DATA.match(line):
            data[unquoted(held[2])] = None
            copying = held[2] if held[1] == "COPY" else ""
        elif key := _foreign_key(last, raw):
            keys.append(key)
        last = raw
    damage = ""
    if copying:
        damage = f"it ends inside the rows of {unquoted(copying)}"
    elif not complete:
        damage = "its last line, which says that the dump is complete, is missing"
    return _Contents(
        schemas=tuple(schemas),
        tables=tuple(tables),
        with_data=tuple(data),
        foreign_keys=tuple(keys),
        damage=damage,
    )


def _foreign_key(first: bytes, second: bytes) -> ForeignKey | None:
    """Return the foreign key that two lines of a dump make, if they do."""
    if not first.startswith(b"ALTER TABLE "):
        return None
    altered = ALTER_TABLE.fullmatch(first.decode(errors="replace"))
    added = ADD_KEY.fullmatch(second.decode(errors="replace"))
    if not altered or not added:
        return None
    return ForeignKey(
        schema=unquoted(altered[1]),
        table=unquoted(altered[2]),
        constraint=unquoted(added[1]),
        refers_to=unquoted(added[2]),
        statement=first + second,
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
    made = _of_plain(_statements(path, binaries))
    created = CREATED.search(listing.stdout)
    failed = listing.exit_status != 0 or read.exit_status != 0
    reasons = "; ".join((listing.errors + read.errors)[:2])
    return _Contents(
        schemas=made.schemas,
        foreign_keys=made.foreign_keys,
        tables=tuple(name for kind, name in entries if kind == "TABLE"),
        with_data=tuple(name for kind, name in entries if kind == "TABLE DATA"),
        # The archive holds the wall clock of the machine that made it, taken to be this one's.
        created_at=datetime.fromisoformat(created[1]).astimezone() if created else None,
        damage=f"it cannot be read to its end: {reasons}" if failed else "",
    )


def _statements(path: Path, binaries: PostgresBinaries) -> list[bytes]:
    """Return an archive's lines but for its data: its list does not say what it creates.

    There public is listed also where it only has grants, and a foreign key without its target.
    """
    sections = ["--section=pre-data", "--section=post-data"]
    done = run_program(binaries, "pg_restore", [*sections, "-f", "-", str(path.resolve())])
    return done.stdout.encode().splitlines(keepends=True)


def _entries(listing: str) -> Iterator[tuple[str, str]]:
    for line in listing.splitlines():
        match = LISTED.fullmatch(line)
        if match and match[1] == "SCHEMA":
            yield "SCHEMA", match[3]
        elif match:
            yield match[1], f"{match[2]}.{match[3]}"


def unquoted(name: str) -> str:
    """Return a qualified name as it is without quotes."""
    parts = re.findall(NAME, name)
    return ".".join(p[1:-1].replace('""', '"') if p.startswith('"') else p for p in parts)
