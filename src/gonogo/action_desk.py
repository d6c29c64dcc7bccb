"""Runs an action once per release and target, and journals intent before act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from gonogo.action_script import script_of
from gonogo.actions import Ended, Guard, Lost, Running, ScriptResult, adopt, start
from gonogo.actions.action_folder import ActionFolder
from gonogo.actions.database_clients import RealTarget, database_clients
from gonogo.checklist import PHASES, Checklist
from gonogo.clock import Clock, rfc3339
from gonogo.config import Action, Settings
from gonogo.dossier import Dossier
from gonogo.errors import ActionUnfinished, Blocked, CannotTell
from gonogo.evidence import Keeper
from gonogo.history import History
from gonogo.journal import Segment
from gonogo.probes.database.only_place import action_session
from gonogo.provider import Instance
from gonogo.records import ActionRecord, Attachment
from gonogo.redaction import Redactor, Secret
from gonogo.verdict import RED, SETTLED, State
from gonogo.waiting import wait_until

LOOK_EVERY_S = 0.1


@dataclass(frozen=True, kw_only=True, repr=False)
class ActionDesk:
    """Where checks ask for an action; whoever asks second gets the journaled result.

    ``execute`` are the actions this run was told to run; ``again`` names one that runs although
    it ran before. ``planned`` are the items this run answers for, ``selected`` those whose checks
    run in it. ``history`` and ``states`` read the dossier as it stands when they are called.
    """

    settings: Settings
    checklist: Checklist
    instance: Instance
    dossier: Dossier
    run_id: str
    journal: Segment
    keeper: Keeper
    redactor: Redactor
    clock: Clock
    workspace: Path
    execute: tuple[str, ...]
    again: str | None
    reason: str
    planned: tuple[str, ...]
    selected: tuple[str, ...]
    history: Callable[[], History]
    states: Callable[[], Mapping[str, State]]
    wait_timeout_s: float

    def perform(
        self,
        name: str,
        *,
        after: Iterable[str] = (),
        prepare: Callable[[], object] | None = None,
        conclude: Callable[[], object] | None = None,
    ) -> ActionRecord | None:
        """Return how the action *name* ended, running it now if nobody has.

        *after* are items that must be PASS first, *prepare* and *conclude* are what must be
        recorded right before and right after it.
        None means that it never ran and this run was not told to run it.

        Raises:
            Blocked: an item that must be green first is not.
            ActionUnfinished: it was stopped, or lost, before its own end.
            CannotTell: another gonogo may have acted on the target meanwhile.
        """
        with self._alone(name):
            record = self._earlier(name)
            if record is None:
                if not self._told_to(name):
                    return None
                self._wait_for(name, tuple(after))
                if prepare is not None:
                    prepare()
                record = self._run(name, conclude)
        if record.outcome == "unfinished":
            raise ActionUnfinished(
                f"the action {name} did not come to its own end",
                where=record.command,
                expected="its own end, with an exit status",
                found=record.message,
                do=f"see its output in the report, mend the cause, then --again {name} --reason …",
            )
        # What failed stays failed, whoever else acted; only a green needs that nobody did.
        if record.unguarded and record.ended_well:
            raise CannotTell(
                f"another gonogo may have acted on the database while {name} ran",
                where=record.command,
                expected="one action at a time on one target, over all machines",
                found=record.unguarded,
                do=f"see who else acted, mend what came of it, then --again {name} --reason …",
            )
        return record

    def begun(self, name: str) -> bool:
        """Whether the action *name* was started on this target, by whatever run."""
        return any(map(self._began, self.history().actions_of(name, self.instance.id)))

    def _began(self, record: ActionRecord) -> bool:
        if record.outcome != "interrupted":
            return True
        folder = ActionFolder(path=self._folder(record.run_id, record.name))
        return folder.begun or folder.is_alive()

    def _told_to(self, name: str) -> bool:
        if name in self.instance.done:
            return False
        return name in self.execute or self.instance.acts_by_itself

    def _alone(self, name: str) -> FileLock:
        path = self.dossier.lock_path(f"action-{self.instance.id}-{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, is_singleton=False)
        try:
            lock.acquire(timeout=self.wait_timeout_s)
        except Timeout as error:
            raise CannotTell(
                f"another process has been running the action {name} for too long",
                where=str(path),
                expected=f"its end within {self.wait_timeout_s:.0f} s",
                do="see what it is doing; its output grows in the dossier's actions folder",
            ) from error
        return lock

    def _earlier(self, name: str) -> ActionRecord | None:
        records = self.history().actions_of(name, self.instance.id)
        record = next((each for each in reversed(records) if each.outcome != "interrupted"), None)
        if records and records[-1].outcome == "interrupted":
            # Also before --again: two of the same script must never run at once.
            record = self._pick_up(records[-1]) or record
        if record is None or (name == self.again and record.run_id != self.run_id):
            return None
        return record

    def _pick_up(self, record: ActionRecord) -> ActionRecord | None:
        """Journal the end of an action whose run died: the script may well have gone on.

        None when its run died before the script was started.
        """
        folder = self._folder(record.run_id, record.name)
        found = adopt(folder)
        if isinstance(found, Running):
            found.wait(self.wait_timeout_s)
            found = adopt(folder)
        assert not isinstance(found, Running)
        if isinstance(found, Lost) and not found.begun:
            return None
        result = found.result if isinstance(found, Lost) else found
        note = f"picked up from run {record.run_id}, which died while it ran"
        return self._ended(replace(record, notes=(*record.notes, note)), result)

    def _wait_for(self, name: str, after: tuple[str, ...]) -> None:
        """Wait until the items that must be green first are, in whatever worker they run."""
        needed = [item for item in after if item in self.planned or not self._is_rehearsed]
        states = wait_until(
            self.states,
            lambda seen: all(item in seen for item in needed if item in self.selected),
            what=f"{', '.join(needed)} to finish before {name}",
            timeout_s=self.wait_timeout_s,
            interval_s=LOOK_EVERY_S,
        )
        unmet = [f"{i} {states.get(i, State.NOT_RUN)}" for i in needed if not _green(states, i)]
        earlier = [f"{i} {s}" for i, s in states.items() if self._blocks_later(name, i, s)]
        if unmet or earlier:
            raise Blocked(
                f"{name} was not started",
                expected=f"{', '.join(after)} PASS, and nothing red in earlier phases",
                found=", ".join(sorted({*unmet, *earlier})),
                do="mend what is red and run again",
            )

    @property
    def _is_rehearsed(self) -> bool:
        return self.instance.acts_by_itself

    def _blocks_later(self, name: str, item_id: str, state: State) -> bool:
        phase = PHASES.index(self.settings.action_phase(name))
        earlier = self.checklist.item(item_id).turn < phase
        return earlier and (state in RED or state is State.ERROR)

    def _run(self, name: str, conclude: Callable[[], object] | None) -> ActionRecord:
        action = self.settings.actions[name]
        command = " ".join(action.command)
        record = ActionRecord(
            name=name,
            run_id=self.run_id,
            instance=self.instance.id,
            command=command,
            started_at=self.clock.now(),
            deviation=_deviation(action, command),
            notes=(f"run again: {self.reason}",) if name == self.again else (),
        )
        application = action_session(name, self.run_id)
        clients = database_clients(
            binaries=self.instance.binaries.folder,
            target=RealTarget.of(self.instance.script_connection),
            expected_project=self.instance.project_ref,
            expected_hosts=self.instance.script_hosts,
            expected_database=self.instance.script_database,
            lock_timeout_s=action.lock_timeout_s,
            application=application,
        )
        guard = Guard(
            dsn=Secret(self.instance.reader_dsn),
            purpose=f"{self.run_id} {name}",
            own_applications=(application,),
        )
        with clients as private:
            # What keeps it from starting is found out before the journal says that it did.
            running = start(
                script_of(name, settings=self.settings, instance=self.instance, clients=private),
                self._folder(self.run_id, name),
                self.redactor.secrets,
                personal_data=self.settings.real_data,
                guard=guard,
                begin=lambda: self._journal(record),
            )
            result = running.wait()
        ended = self._ended(record, result)
        if conclude is not None:
            # A database that is gone by now is what the checks will find, each for itself.
            with suppress(CannotTell):
                conclude()
        return ended

    def _ended(self, record: ActionRecord, result: ScriptResult) -> ActionRecord:
        outcome = "unfinished"
        if result.ended is Ended.EXITED:
            outcome = "finished" if result.exit_status == 0 else "failed"
        watched = result.watched
        ended = replace(
            record,
            finished_at=result.finished_at,
            exit_status=result.exit_status,
            outcome=outcome,
            message=result.message,
            attachments=(self._output(result),),
            notes=(*record.notes, *(watched.notes if watched else ())),
            written_by_others=watched.written_by_others if watched else (),
            unguarded=watched.unguarded if watched else "",
        )
        self._journal(ended)
        return ended

    def _output(self, result: ScriptResult) -> Attachment:
        name = f"{result.name}-output.log"
        return self.keeper.attach(result.output.encode(), name=name, media_type="text/plain")

    def _journal(self, record: ActionRecord) -> None:
        """Journal an action's record, and be sure that it is on the disk."""
        fields = asdict(record)
        fields["started_at"] = rfc3339(record.started_at)
        fields["finished_at"] = rfc3339(record.finished_at) if record.finished_at else None
        self.journal.append("action", action=fields)
        self.journal.sync()

    def _folder(self, run_id: str, name: str) -> Path:
        return self.dossier.folder / "actions" / f"{run_id}-{name}"


def _green(states: Mapping[str, State], item_id: str) -> bool:
    return states.get(item_id) in SETTLED


def _deviation(action: Action, command: str) -> str:
    if action.checklist_command in ("", command):
        return ""
    return f"the checklist says {action.checklist_command!r}, this target runs {command!r}"
