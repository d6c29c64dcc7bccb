"""The state of a database before it is migrated, kept so that "after" has something to equal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from gonogo.clock import from_rfc3339, rfc3339
from gonogo.errors import RecordError
from gonogo.probes.database.activity import OpenTransaction, Statistics, Writes
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.fingerprint import TableFingerprint
from gonogo.probes.database.schema import SchemaSnapshot
from gonogo.probes.database.sequences import SequencePosition

FORMAT = "gonogo/baseline/v1"
SQL_MEMBERS = ("fingerprints", "schema", "schema_sql", "sequences")
"""What of a baseline is names and definitions: a secret is masked there as in SQL."""
RECORDED = "recorded before"
"""The source of a baseline that was read on the target itself."""


@dataclass(frozen=True, kw_only=True)
class MigrationBaseline:
    """Fingerprints, sequences, schema and write counters at one moment; ``source`` says where from.

    ``schema_sql`` rebuilds the schema, without data, in a scratch database.
    """

    taken_at: datetime
    source: str
    fingerprints: Mapping[str, TableFingerprint]
    schema: SchemaSnapshot
    schema_sql: str
    statistics: Statistics | None
    sequences: Mapping[str, SequencePosition] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of each migration file, by its name; empty where nobody looked."""
    ledger: tuple[str, ...] | None = None
    """The versions that the ledger held; none where there was no such table yet, None where
    nobody looked: no ledger is configured, or an older gonogo recorded this."""

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns that were there, by table: what "after" is read over."""
        return {name: each.columns for name, each in self.fingerprints.items()}

    @property
    def rows(self) -> int:
        """The rows of all tables together."""
        return sum(each.rows for each in self.fingerprints.values())

    @property
    def names(self) -> frozenset[tuple[str, ...]]:
        """The names in it, and the files' digests: nothing can be compared without one of them."""
        names: set[tuple[str, ...]]
        names = {(kind, name) for kind, named in self.schema.objects.items() for name in named}
        names |= {("rows", name, *each.columns) for name, each in self.fingerprints.items()}
        names |= {("sequence", name) for name in self.sequences}
        names |= {("file", *each) for each in self.files.items()}
        return frozenset(names | {("version", each) for each in self.ledger or ()})

    def __str__(self) -> str:
        """Read as one line."""
        tables = len(self.fingerprints)
        return f"{tables} tables, {self.rows:,} rows, {self.source}, {rfc3339(self.taken_at)}"

    def to_json(self) -> bytes:
        """Return the bytes kept in the dossier: digests and counts, no value of any row."""
        statistics = asdict(self.statistics) if self.statistics else None
        data = {
            "format": FORMAT,
            "taken_at": rfc3339(self.taken_at),
            "source": self.source,
            "fingerprints": {n: asdict(f) for n, f in self.fingerprints.items()},
            "schema": self.schema.to_json(),
            "schema_sql": self.schema_sql,
            "statistics": statistics,
            "sequences": {n: asdict(s) for n, s in self.sequences.items()},
            "files": dict(self.files),
            "ledger": self.ledger,
        }
        return json.dumps(data, default=rfc3339, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> MigrationBaseline:
        """Return the baseline that :meth:`to_json` wrote.

        Raises:
            RecordError: it is another format.
        """
        loaded = json.loads(data)
        ledger = loaded.get("ledger")
        if loaded.get("format") != FORMAT:
            raise RecordError(
                "the recorded baseline cannot be read",
                expected=FORMAT,
                found=str(loaded.get("format")),
                do="record it again with this version: gonogo before phase1",
            )
        return cls(
            taken_at=from_rfc3339(loaded["taken_at"]),
            source=loaded["source"],
            fingerprints={n: _fingerprint(f) for n, f in loaded["fingerprints"].items()},
            schema=SchemaSnapshot.from_json(loaded["schema"]),
            schema_sql=loaded["schema_sql"],
            statistics=_statistics(loaded["statistics"]) if loaded["statistics"] else None,
            sequences={n: SequencePosition(**s) for n, s in loaded["sequences"].items()},
            files=loaded["files"],
            ledger=None if ledger is None else tuple(ledger),
        )


def take_baseline(  # noqa: PLR0913 - each is one keyword of the call
    reader: Reader,
    *,
    now: datetime,
    source: str,
    schema_sql: str,
    files: Mapping[str, str] | None = None,
    ledger: tuple[str, ...] | None = None,
) -> MigrationBaseline:
    """Read everything that the migration must leave as it is.

    *files* are the digests of its own files, *ledger* the versions that are recorded already.

    Raises:
        CannotTell: the database cannot be read whole.
    """
    # The counters first: what is written while the rows are read counts as written meanwhile.
    statistics = reader.statistics()
    return MigrationBaseline(
        taken_at=now,
        source=source,
        fingerprints=reader.fingerprint(),
        schema=reader.snapshot(),
        schema_sql=schema_sql,
        statistics=statistics,
        sequences=reader.sequences(),
        files=files or {},
        ledger=ledger,
    )


def moment_of(reader: Reader, *, now: datetime, source: str) -> MigrationBaseline:
    """Read the write counters only: what moves after this moment, the migration did not do."""
    return MigrationBaseline(
        taken_at=now,
        source=source,
        fingerprints={},
        schema=SchemaSnapshot(),
        schema_sql="",
        statistics=reader.statistics(),
    )


def _fingerprint(data: Mapping[str, Any]) -> TableFingerprint:
    return TableFingerprint(**{**data, "columns": tuple(data["columns"])})


def _statistics(data: Mapping[str, Any]) -> Statistics:
    reset = data["stats_reset"]
    return Statistics(
        tables={name: Writes(**counters) for name, counters in data["tables"].items()},
        open_transactions=tuple(
            OpenTransaction(
                **{**each, "since": from_rfc3339(each["since"]) if each["since"] else None}
            )
            for each in data["open_transactions"]
        ),
        stats_reset=from_rfc3339(reset) if reset else None,
        others_visible=data["others_visible"],
    )
