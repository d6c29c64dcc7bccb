"""Keeps the "before" of a phase in the dossier, and finds the one that counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from gonogo.clock import Clock
from gonogo.dossier import Dossier
from gonogo.evidence import Journal, Keeper
from gonogo.history import History
from gonogo.probes.database.activity import Statistics
from gonogo.probes.database.connection import Reader
from gonogo.probes.migration.baseline import MigrationBaseline, moment_of, take_baseline
from gonogo.records import ActionRecord

BEFORE = "phase1"
AFTER = "phase1 migrated"


@dataclass(frozen=True, kw_only=True)
class Baselines:
    """The baselines of one target instance; ``history`` reads the dossier as it stands."""

    reader: Reader
    instance: str
    dossier: Dossier
    journal: Journal
    keeper: Keeper
    clock: Clock
    history: Callable[[], History]
    dump_schema: Callable[[], str]

    def take(self) -> MigrationBaseline:
        """Read the database as it is now, and journal that as the phase's baseline."""
        baseline = take_baseline(
            self.reader, now=self.clock.now(), source="recorded before", schema_sql=self.dump_schema()
        )
        self._keep(baseline, BEFORE)
        return baseline

    def mark_end(self) -> None:
        """Journal the write counters now: what moves from here on, the migration did not do."""
        self._keep(moment_of(self.reader, now=self.clock.now(), source="after migrating"), AFTER)

    def before(self, migrated: ActionRecord | None) -> MigrationBaseline | None:
        """Return the newest baseline that is older than the migration, if there is one."""
        taken = [
            found
            for found in self.history().baselines
            if found.instance == self.instance
            and found.phase == BEFORE
            and (migrated is None or found.at <= migrated.started_at)
        ]
        return self._load(taken[-1].attachment.sha256) if taken else None

    def at_end(self, migrated: ActionRecord | None) -> Statistics | None:
        """Return the write counters at the end of the migration, if they were read then."""
        if migrated is None:
            return None
        marks = [
            found
            for found in self.history().baselines
            if found.instance == self.instance
            and found.phase == AFTER
            and found.at >= migrated.started_at
        ]
        return self._load(marks[0].attachment.sha256).statistics if marks else None

    def _keep(self, baseline: MigrationBaseline, phase: str) -> None:
        attachment = self.keeper.attach(
            baseline.to_json(), name=f"{phase}.json", media_type="application/json"
        )
        self.journal.append("before", phase=phase, attachment=asdict(attachment))

    def _load(self, sha256: str) -> MigrationBaseline:
        return MigrationBaseline.from_json(self.dossier.blob(sha256))
