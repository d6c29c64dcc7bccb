"""Run segments: one hash-chained file per process, appended the moment something happens.

A segment is JSON lines. Each line carries the sha256 of the line before it, so that a line
changed, added or taken out in the middle is seen when the segment is read; and its own, over all
that stands before it in the line, so that this holds for the last line too.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gonogo.clock import Clock, rfc3339
from gonogo.errors import RecordError

SCHEMA = "gonogo/journal/v1"
SYNC_INTERVAL_S = 1.0
FIRST = "0" * 64
NOTHING = hashlib.sha256().hexdigest()

Record = dict[str, Any]

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


class Redaction(Protocol):
    """Decides what may be written."""

    def text(self, text: str) -> str:
        """Return *text* without what is private."""
        ...

    def tree(self, value: object) -> object:
        """Return nested data without what is private."""
        ...


class Segment:
    """The journal of one process: records are only ever appended.

    Every record is handed to the kernel at once, so a killed process loses none; the disk is
    synced at most once a second, and whenever the caller asks (before and after actions).
    """

    def __init__(
        self,
        path: Path,
        *,
        header: Mapping[str, object],
        redaction: Redaction,
        clock: Clock,
        fsync: Callable[[int], None] = os.fsync,
    ) -> None:
        self.path = path
        self._fsync = fsync
        self._redaction = redaction
        self._clock = clock
        self._end = _End()
        self._attempted: tuple[bytes, _End] = (b"", self._end)
        self._synced_s = clock.monotonic_s()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._descriptor = os.open(path, flags, mode=0o666)
        except OSError as error:
            raise _unwritable(path, error) from error
        self.append("header", schema=SCHEMA, **header)
        self.sync()

    def append(self, kind: str, **fields: object) -> None:
        """Append one record.

        An interrupt (Ctrl-C raises wherever the code stands) may come at any point of this: the
        record is then in the file or not, and the chain goes on from what the file says.

        Raises:
            RecordError: when the line cannot be written whole, for example on a full disk; when
                the file is not as this process left it.
        """
        self._settle()
        record = {"kind": kind, "at": rfc3339(self._clock.now()), **fields}
        text = _as_line(record)
        if self._redaction.text(text) != text:
            # Part by part, because a replacement across JSON's own quotes could break the line.
            text = _as_line(self._redaction.tree(record))
        # Half a surrogate pair (a name the system could not decode) has no place in UTF-8.
        open_line = f'{text[:-1]},"previous":"{self._end.digest}"'.encode(errors="replace")
        line, digest = _sealed(open_line)
        self._write(line + b"\n", digest)
        if self._clock.monotonic_s() - self._synced_s >= SYNC_INTERVAL_S:
            self.sync()

    def sync(self) -> None:
        """Wait until everything appended so far is on the disk.

        Raises:
            RecordError: when the disk refuses.
        """
        try:
            self._fsync(self._descriptor)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._synced_s = self._clock.monotonic_s()

    def close(self) -> None:
        """Sync and close; closing twice is harmless."""
        if self._descriptor < 0:
            return
        try:
            self.sync()
        finally:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, line: bytes, digest: str) -> None:
        end = _End(size_bytes=self._end.size_bytes + len(line), digest=digest)
        self._attempted = (line, end)
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if written != len(line):
            # Half a line would spoil whatever is appended once there is room again.
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._end.size_bytes)
            raise RecordError(
                "a journal record was written only in part",
                where=str(self.path),
                expected=f"{len(line)} bytes",
                found=f"{written} bytes",
                do="free space on this disk and run again; finished records are kept",
            )
        self._end = end

    def _settle(self) -> None:
        """Finish what an interrupt cut off between the writing of a line and the note of it."""
        line, end = self._attempted
        try:
            size_bytes = os.fstat(self._descriptor).st_size
            if size_bytes == self._end.size_bytes:
                return
            extra = os.pread(self._descriptor, len(line) + 1, self._end.size_bytes)
            if extra == line:
                self._end = end
                return
            if extra and line.startswith(extra):
                os.ftruncate(self._descriptor, self._end.size_bytes)
                return
        except OSError as error:
            raise _unwritable(self.path, error) from error
        raise RecordError(
            "the journal was changed by somebody else while this process wrote it",
            where=str(self.path),
            expected=f"{self._end.size_bytes} bytes, as this process left it",
            found=f"{size_bytes} bytes",
            do="let nothing else write in the reports folder, and run again",
        )


@dataclass(frozen=True, kw_only=True)
class _End:
    """Where a segment ends: one value, so that no interrupt finds half of it changed."""

    size_bytes: int = 0
    digest: str = FIRST


def _sealed(open_line: bytes) -> tuple[bytes, str]:
    """Return the line, closed with the digest of what stands before it; and the whole's digest."""
    digest = hashlib.sha256(open_line)
    seal = f',"sha256":"{digest.hexdigest()}"}}'.encode()
    digest.update(seal)
    return open_line + seal, digest.hexdigest()


def _as_line(record: object) -> str:
    return _ENCODE(record)


def _unwritable(path: Path, error: OSError) -> RecordError:
    return RecordError(
        "the journal cannot be written",
        where=str(path),
        expected="a folder that can be written, with room on its disk",
        found=error.strerror or str(error),
        do="make the reports folder writable and see that its disk has room",
    )


@dataclass(frozen=True, kw_only=True)
class SegmentReading:
    """What one segment says; ``damage`` is why it cannot be trusted, ``torn`` a cut last line."""

    path: Path
    header: Record
    records: tuple[Record, ...]
    damage: str = ""
    torn: bool = False


class SegmentReader:
    """Reads segments that grow, each line once.

    What was read before is held against its digest, so that a change of it is seen all the same.
    """

    def __init__(self) -> None:
        self._known: dict[Path, _Known] = {}

    def read(self, path: Path) -> SegmentReading:
        """Read a segment as far as its chain holds; an unreadable file is damage, not a raise."""
        try:
            content = path.read_bytes()
        except OSError as error:
            damage = f"cannot be read: {error.strerror}"
            return SegmentReading(path=path, header={}, records=(), damage=damage)
        known = self._known.get(path, _Known())
        if hashlib.sha256(content[: known.size_bytes]).hexdigest() != known.digest:
            known = _Known()
        *lines, rest = content[known.size_bytes :].split(b"\n")
        records = list(known.records)
        previous = known.previous
        damage = ""
        for line in lines:
            record, digest = _parse(line), _digest_if_sealed(line)
            if record is None or not digest:
                damage = f"line {len(records) + 1} is not as it was written"
                break
            if record.get("previous") != previous:
                damage = f"line {len(records) + 1} does not follow from the line before it"
                break
            previous = digest
            records.append(record)
        if not damage:
            whole = content[: len(content) - len(rest)]
            self._known[path] = _Known(
                size_bytes=len(whole),
                digest=hashlib.sha256(whole).hexdigest(),
                previous=previous,
                records=tuple(records),
            )
        header = records[0] if records else {}
        if records and (header.get("kind") != "header" or header.get("schema") != SCHEMA):
            damage = f"line 1 is not a header of {SCHEMA}"
            header, records = {}, []
        return SegmentReading(
            path=path, header=header, records=tuple(records[1:]), damage=damage, torn=bool(rest)
        )


def read_segment(path: Path) -> SegmentReading:
    """Read a segment once; see `SegmentReader.read`."""
    return SegmentReader().read(path)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """The whole lines of a segment that were read, and the digest of them all."""

    size_bytes: int = 0
    digest: str = NOTHING
    previous: str = FIRST
    records: tuple[Record, ...] = ()


def _digest_if_sealed(line: bytes) -> str:
    """Return the line's digest, or nothing where the digest in it is not that of what it says."""
    sealed, digest = _sealed(line.rpartition(b',"sha256":')[0])
    return digest if sealed == line else ""


def _parse(line: bytes) -> Record | None:
    try:
        record = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None
