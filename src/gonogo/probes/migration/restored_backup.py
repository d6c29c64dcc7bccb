"""The backup, restored in scratch: the only proof that it is one."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.database.backup import inspect_backup, restore
from gonogo.probes.database.clones import drop_database, on_database
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.differing_rows import differing_rows
from gonogo.probes.database.fingerprint import compare_fingerprints
from gonogo.probes.database.sequences import gone_back, with_sequences
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.provider import Instance

SHOWN_ROWS = 10


@dataclass(frozen=True, kw_only=True)
class BackupProof:
    """What restoring a backup showed; ``content`` is None when it could not be restored."""

    path: Path
    trouble: str = ""
    content: Comparison | None = None

    @property
    def holds(self) -> bool:
        """Whether it restores and gives back every row of every table."""
        return not self.trouble and self.content is not None and self.content.equal

    def __str__(self) -> str:
        """Read as a sentence."""
        if self.trouble:
            return f"{self.path.name} is not a backup that restores: {self.trouble}"
        return f"{self.path.name}, restored: {self.content}"


class RestoredBackup:
    """A backup that is restored into a scratch database when it is first needed."""

    def __init__(
        self, path: Path, instance: Instance, *, reader: Reader, hashed: Callable[[str], str]
    ) -> None:
        self.where = str(path.name)
        self.path = path
        self._instance = instance
        self._target = reader
        self._hashed = hashed
        self._database = f"gonogo_restored_{secrets.token_hex(6)}"
        self._begun = False

    def proof(self, baseline: MigrationBaseline) -> BackupProof:
        """Restore the backup and compare every table with the baseline.

        Raises:
            CannotTell: the scratch server lacks what the backup needs, or cannot be reached.
        """
        if self.trouble:
            return BackupProof(path=self.path, trouble=self.trouble)
        after = self.reader.fingerprint(columns=baseline.columns)
        rows = compare_fingerprints(baseline.fingerprints, after)
        back = gone_back(baseline.sequences, self.reader.sequences())
        return BackupProof(path=self.path, content=with_sequences(rows, back))

    @cached_property
    def trouble(self) -> str:
        """Why the backup does not restore; empty when it did."""
        if self.path.is_file() and self.path.stat().st_size == 0:
            return "it is empty"
        inspected = inspect_backup(self.path, self._instance.binaries)
        if inspected.damage:
            return inspected.damage
        result = restore(
            self.path,
            admin_dsn=self._instance.scratch_dsn,
            database=self._database,
            binaries=self._instance.binaries,
        )
        return "" if result.ok else "; ".join(result.errors[:3]) or f"exit {result.exit_status}"

    @property
    def written_at(self) -> datetime:
        """When the file was last written."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)

    @property
    def dsn(self) -> str:
        """Where it is restored to."""
        return on_database(self._instance.scratch_dsn, self._database)

    @property
    def reader(self) -> Reader:
        """The restored copy.

        Raises:
            CannotTell: the backup does not restore.
        """
        if self.trouble:
            raise CannotTell(
                "the backup does not restore, so nothing can be compared with it",
                where=str(self.path),
                found=self.trouble,
            )
        return Reader(
            self.dsn,
            schemas=self._target.schemas,
            exclude_tables=self._target.exclude_tables,
        )

    def rows_that_differ(
        self, tables: Iterable[str], baseline: MigrationBaseline
    ) -> tuple[str, ...]:
        """Name rows of *tables* that are not as in the backup: key, column, salted hash.

        Raises:
            CannotTell: the backup does not restore, or a table is gone or has no key.
        """
        named: list[str] = []
        with self.reader.session() as before, self._target.session() as after:
            for table in tables:
                found = differing_rows(
                    before,
                    after,
                    table=table,
                    columns=baseline.columns[table],
                    limit=SHOWN_ROWS,
                    redactor_hash=self._hashed,
                )
                named += [str(row) for row in found]
        return tuple(named)

    def close(self) -> None:
        """Drop the scratch database, if there is one."""
        if self._begun:
            # A scratch server that cannot be reached is the finding of whoever needed it.
            with suppress(CannotTell):
                drop_database(self._instance.scratch_dsn, self._database)
