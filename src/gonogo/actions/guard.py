"""What keeps other machines from acting while a script runs, and watches who else writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gonogo.probes.database.lock_report import LockReport
from gonogo.probes.database.locks import LockWatcher, watch_locks
from gonogo.probes.database.session import hermetic_dsn
from gonogo.redaction import Secret

_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


@dataclass(frozen=True, kw_only=True)
class Guard:
    """The database that only one gonogo at a time may act on, and what the session there is called.

    *own_applications* are patterns of what the script's own sessions call themselves.
    """

    dsn: Secret
    purpose: str
    own_applications: tuple[str, ...] = ()

    def to_order(self) -> dict[str, Any]:
        """Return it as JSON-ready data with the DSN revealed; for pipes only.

        Raises:
            ConfigError: the DSN cannot be read.
        """
        parts = conninfo_to_dict(hermetic_dsn(self.dsn))
        # The supervisor works in another folder.
        files = {name: str(Path(str(parts[name])).absolute()) for name in _FILES if parts.get(name)}
        if parts.get("sslrootcert") == "system":
            del files["sslrootcert"]
        return {**asdict(self), "dsn": make_conninfo(self.dsn.reveal(), **files)}

    @classmethod
    def from_order(cls, order: Mapping[str, Any]) -> Guard:
        """Read back what ``to_order`` gave."""
        return cls(
            dsn=Secret(order["dsn"]),
            purpose=order["purpose"],
            own_applications=tuple(order["own_applications"]),
        )

    @contextmanager
    def kept(self) -> Iterator[LockWatcher]:
        """Keep others from acting during the block.

        Raises:
            TargetRefused: another gonogo acts on this database.
            CannotTell: no session is made.
        """
        with watch_locks(
            self.dsn, purpose=self.purpose, own_applications=self.own_applications
        ) as watcher:
            yield watcher


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the guard saw while a script ran.

    *unguarded* says why another gonogo may have acted meanwhile; empty where none can have.
    """

    notes: tuple[str, ...]
    written_by_others: tuple[str, ...]
    unguarded: str

    @classmethod
    def of(cls, report: LockReport) -> Watched:
        """Return what of *report* is kept."""
        tables = {table for writer in report.other_writers for table in writer.tables}
        return cls(
            notes=report.notes,
            written_by_others=tuple(sorted(tables)),
            unguarded=report.unguarded,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Watched:
        """Read back what ``dataclasses.asdict`` gave."""
        return cls(
            notes=tuple(data["notes"]),
            written_by_others=tuple(data["written_by_others"]),
            unguarded=data["unguarded"],
        )
