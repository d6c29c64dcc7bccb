"""The backup, restored in scratch: the only proof that it is one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.database.backup import inspect_backup, restore
from gonogo.probes.database.clones import drop_database, on_database
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.differing_rows import differing_rows
from gonogo.probes.database.fingerprint import compare_fingerprints
from gonogo.probes.database.masked_definitions import same
from gonogo.probes.database.schema_comparison import compare
from gonogo.probes.database.schema_objects import Attributes, SchemaSnapshot
from gonogo.probes.database.sequences import gone_back, with_sequences
from gonogo.probes.migration.baseline import MigrationBaseline
from gonogo.provider import Instance

SHOWN_ROWS = 10
# What a backup must bring back beside the rows; owners and grants are the place's.
KINDS = (
    "type",
    "table",
    "column",
    "sequence",
    "constraint",
    "index",
    "function",
    "trigger",
    "view",
    "policy",
)
# A restored expression may carry its casts elsewhere: ARRAY['a'::varchar]::text[] does.
CASTS = re.compile(
    r"::(?:\w+\.)?(?:character varying|double precision|bit varying|\"[^\"]+\"|\w+)"
    r"(?:\(\d+(?:,\d+)?\))?(?: with(?:out)? time zone)?(?:\[\])*|[()\s]"
)


@dataclass(frozen=True, kw_only=True)
class BackupProof:
    """What restoring a backup showed; ``content`` is None when it could not be restored.

    ``schema`` is None where no schema was there to compare with; ``notes`` say what the proof
    leaves out.
    """

    path: Path
    trouble: str = ""
    content: Comparison | None = None
    schema: Comparison | None = None
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it restores and gives back every row of every table, and the schema."""
        if self.trouble or self.content is None:
            return False
        return self.content.equal and (self.schema is None or self.schema.equal)

    def __str__(self) -> str:
        """Read as a sentence."""
        if self.trouble:
            return f"{self.path.name} is not a backup that restores: {self.trouble}"
        lines = [f"{self.path.name}, restored: {self.content}"]
        lines += [] if self.schema is None else [str(self.schema)]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


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
        self._left_out: tuple[str, ...] = ()

    def proof(self, baseline: MigrationBaseline) -> BackupProof:
        """Restore the backup and compare every table, and the schema, with the baseline.

        A restore refreshes materialized views, so their rows are not compared.

        Raises:
            CannotTell: the scratch server lacks what the backup needs, or cannot be reached.
        """
        if self.trouble:
            return BackupProof(path=self.path, trouble=self.trouble)
        views = baseline.schema.of("view")
        refreshed = {name for name, each in views.items() if each["materialized"]}
        before = {n: each for n, each in baseline.fingerprints.items() if n not in refreshed}
        after = self.reader.fingerprint(columns={n: each.columns for n, each in before.items()})
        rows = compare_fingerprints(before, after)
        back = gone_back(baseline.sequences, self.reader.sequences())
        notes = list(self.notes)
        if stale := sorted(refreshed & set(baseline.fingerprints)):
            notes.append(
                f"restoring refreshes materialized views: rows not compared of {', '.join(stale)}"
            )
        return BackupProof(
            path=self.path,
            # Its advice is for rows that the target itself has lost.
            content=replace(with_sequences(rows, back), do=""),
            schema=self._schema_held(baseline.schema),
            notes=tuple(notes),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the restored copy lacks by design."""
        if not self._left_out:
            return ()
        keys = ", ".join(self._left_out)
        return (f"foreign keys into schemas that are not in the backup were left out: {keys}",)

    def _schema_held(self, schema: SchemaSnapshot) -> Comparison:
        """Compare what a dump can bring back of *schema* with the restored copy."""
        copy = self.reader.snapshot()
        keys = schema.of("constraint")
        elsewhere = {keys[name]["definition"] for name in self._left_out if name in keys}
        excluded = {n for n in schema.of("table") if _matches(n, self._target.exclude_tables)}
        # Constraints of partitions are named anew by the server: the same one, by another name.
        restored = {
            (_relation("constraint", name, each), _loosely(str(each["definition"])))
            for name, each in copy.of("constraint").items()
        }

        def expected(kind: str, name: str) -> bool:
            each = schema.of(kind)[name]
            relation = _relation(kind, name, each)
            if relation in excluded:
                return False
            if kind == "constraint" and name not in copy.of(kind):
                definition = str(each["definition"])
                return definition not in elsewhere and not any(
                    relation == where and same(_loosely(definition), found)
                    for where, found in restored
                )
            # An index that was never finished is in no dump.
            return kind != "index" or bool(each["valid"])

        found = compare(schema.filtered(expected), copy, kinds=KINDS)
        differences = tuple(
            each
            for each in found.differences
            if not same(_loosely(each.expected), _loosely(each.found))
        )
        do = "make the backup with nothing of the schema left out" if differences else ""
        return replace(found, differences=differences, do=do)

    @cached_property
    def trouble(self) -> str:
        """Why the backup does not restore; empty when it did."""
        if self.path.is_file() and self.path.stat().st_size == 0:
            return "it is empty"
        inspected = inspect_backup(self.path, self._instance.binaries)
        if inspected.damage:
            return inspected.damage
        self._begun = True
        result = restore(
            self.path,
            admin_dsn=self._instance.scratch_dsn,
            database=self._database,
            binaries=self._instance.binaries,
        )
        self._left_out = result.left_out
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


def _relation(kind: str, name: str, attributes: Attributes) -> str:
    """Return the table that the object is or belongs to, or ""."""
    if kind == "table":
        return name
    if kind == "index":
        return str(attributes["table"]).replace('"', "")
    if kind == "sequence":
        return str(attributes["owned_by"] or "").rpartition(".")[0].replace('"', "")
    belongs = kind in ("column", "constraint", "trigger", "policy")
    return name.rpartition(".")[0] if belongs else ""


def _matches(name: str, patterns: Iterable[str]) -> bool:
    bare = name.partition(".")[2]
    return any(fnmatchcase(name if "." in each else bare, each) for each in patterns)


def _loosely(definition: str) -> str:
    return CASTS.sub("", definition)
