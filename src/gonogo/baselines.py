"""Keeps the "before" of a phase in the dossier, and finds the one that counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gonogo.clock import Clock, rfc3339
from gonogo.config import Settings
from gonogo.dossier import Dossier
from gonogo.errors import Blocked, CannotTell, NothingToCompare
from gonogo.evidence import Journal, Keeper
from gonogo.history import History
from gonogo.probes.database.activity import Statistics
from gonogo.probes.database.connection import Reader
from gonogo.probes.database.dump import dump_schema
from gonogo.probes.migration.baseline import RECORDED, MigrationBaseline, moment_of, take_baseline
from gonogo.probes.migration.ledger import applied_versions, ledger_rows
from gonogo.probes.migration.rehearsal import file_digests
from gonogo.provider import Instance
from gonogo.records import ActionRecord
from gonogo.segment_fold import Baseline

BEFORE = "phase1"
AFTER = "phase1 migrated"
BY_HAND_AT_MOST = timedelta(hours=24)
"""How old a file may be to belong to a phase that nothing was recorded of."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Baselines:
    """The baselines of one target instance; ``history`` reads the dossier as it stands."""

    reader: Reader
    instance: Instance
    settings: Settings
    run_id: str
    dossier: Dossier
    journal: Journal
    keeper: Keeper
    clock: Clock
    history: Callable[[], History]

    def take(self) -> MigrationBaseline:
        """Read the database as it is now, and journal that as the phase's baseline."""
        schema_sql = dump_schema(
            self.instance.reader_dsn,
            schemas=self.reader.schemas,
            binaries=self.instance.binaries,
        )
        baseline = take_baseline(
            self.reader,
            now=self.clock.now(),
            source=RECORDED,
            schema_sql=schema_sql,
            files=file_digests(self.instance, self.settings),
            ledger=applied_versions(self.settings, self.reader),
        )
        self._keep(baseline, BEFORE)
        return baseline

    def mark_end(self) -> None:
        """Journal the write counters now: what moves from here on, the migration did not do."""
        self._keep(moment_of(self.reader, now=self.clock.now(), source="after migrating"), AFTER)

    def before(
        self, migrated: ActionRecord | None, *, nobody_writes: bool = False
    ) -> MigrationBaseline | None:
        """Return the newest baseline that is older than the migration, if there is one.

        A migration that was run again is judged by the state before its first attempt, and one
        that was begun by hand by the state before that. Where *nobody_writes*, the first baseline
        of the run that migrated counts: what happened since then, for example by the backup
        script, must not have changed anything either.

        Raises:
            CannotTell: there is no migration file.
        """
        first = self._first_attempt(migrated)
        taken = self._before_it_began(self._taken(first), by_hand=migrated is None)
        if nobody_writes and first is not None:
            taken = [each for each in taken if each.run_id == first.run_id][:1] or taken
        return self._load(taken[-1].attachment.sha256) if taken else None

    def held_by(self, backed_up: ActionRecord | None) -> MigrationBaseline | None:
        """Return the state that the backup must hold: the newest from before this run of it."""
        if backed_up is None:
            return self.before(None)
        taken = self._taken(backed_up)
        return self._load(taken[-1].attachment.sha256) if taken else None

    def _taken(self, until: ActionRecord | None) -> list[Baseline]:
        return [
            found
            for found in self.history().baselines
            if found.instance == self.instance.id
            and found.phase == BEFORE
            and (until is None or found.at <= until.started_at)
        ]

    def _before_it_began(self, taken: Sequence[Baseline], *, by_hand: bool) -> list[Baseline]:
        """Leave out what was recorded with more of the release applied than at first.

        By hand also what was recorded with all of it applied: only an action says when it began.
        """
        if not taken or not self.settings.migration.ledger_table:
            return list(taken)
        versions = set(ledger_rows(self.settings, Path(self.instance.repository)).versions)
        ledgers = [self._load(each.attachment.sha256).ledger for each in taken]
        first = next((set(each) for each in ledgers if each is not None), set())
        return [
            each
            for each, ledger in zip(taken, ledgers, strict=True)
            if not versions & (set(ledger or ()) - first)
            and not (by_hand and versions <= set(ledger or ()))
        ]

    def all_before(self) -> tuple[MigrationBaseline, ...]:
        """Return every baseline of this instance that was recorded before the phase, in order."""
        return tuple(self._load(each.attachment.sha256) for each in self._taken(None))

    def times_of(self, action: str) -> tuple[tuple[datetime, datetime], ...]:
        """Return when each run of *action* on this instance began and ended."""
        actions = self.history().actions_of(action, self.instance.id)
        return tuple((each.started_at, each.finished_at) for each in actions if each.finished_at)

    def _first_attempt(self, action: ActionRecord | None) -> ActionRecord | None:
        """Return the first time that *action* was run on this instance."""
        if action is None:
            return None
        same = self.history().actions_of(action.name, self.instance.id)
        return next((each for each in same if each.outcome != "interrupted"), action)

    def take_after(self, backed_up: ActionRecord | None) -> MigrationBaseline:
        """Journal the state right before the migration, with a backup that still holds it.

        Raises:
            Blocked: the backup was made by an earlier run, and the content changed since.
        """
        now = self.take()
        if backed_up is None or backed_up.run_id == self.run_id:
            return now
        then = self.held_by(backed_up)
        if then is not None and then.fingerprints != now.fingerprints:
            raise Blocked(
                "the migration was not started: the backup is older than the data",
                where=self.reader.where,
                expected=f"the content that was backed up at {rfc3339(backed_up.started_at)}",
                found="other rows or values",
                do='make a new backup: --again backup --reason "the data changed since"',
            )
        return now

    def required(
        self, migrated: ActionRecord | None, *, nobody_writes: bool = False
    ) -> MigrationBaseline:
        """Return the baseline before the migration.

        Raises:
            NothingToCompare: nobody recorded one.
        """
        found = self.before(migrated, nobody_writes=nobody_writes)
        if found is None:
            raise NothingToCompare(
                "there is nothing from before the migration to compare with",
                where=str(self.dossier.folder),
                expected="a baseline of this database, recorded before it was migrated",
                found="none",
                do="gonogo before phase1, before the team runs the scripts by hand",
            )
        return found

    def since(self, action: ActionRecord | None) -> datetime:
        """Return from when on files belong to this phase: the action, the baseline, or a day."""
        if action is not None:
            return action.started_at
        found = self.before(None)
        return found.taken_at if found else self.clock.now() - BY_HAND_AT_MOST

    def at_end(self, migrated: ActionRecord | None) -> Statistics | None:
        """Return the write counters at the end of the migration, if they were read then."""
        if migrated is None:
            return None
        marks = [
            found
            for found in self.history().baselines
            if found.instance == self.instance.id
            and found.phase == AFTER
            and found.at >= migrated.started_at
        ]
        return self._load(marks[0].attachment.sha256).statistics if marks else None

    def _keep(self, baseline: MigrationBaseline, phase: str) -> None:
        attachment = self.keeper.attach(
            baseline.to_json(), name=f"{phase}.json", media_type="application/json"
        )
        if not baseline.names <= self._load(attachment.sha256).names:
            raise CannotTell(
                "the state of the database cannot be recorded",
                where=self.reader.where,
                expected="names that are no secrets, as secrets are never written",
                found="a table, column or other object with a secret in its name",
                do="see which password, or value of the env file, is such a name; change it there",
            )
        self.journal.append("before", phase=phase, attachment=asdict(attachment))

    def _load(self, sha256: str) -> MigrationBaseline:
        return MigrationBaseline.from_json(self.dossier.blob(sha256))
