"""Reads a dossier's segments back into attempts, actions and runs. Pure: takes readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gonogo.clock import from_rfc3339
from gonogo.dossier import attachment_from
from gonogo.journal import Record, SegmentReading
from gonogo.records import Absence, ActionRecord, Attachment, Attempt, Observation, RunSummary
from gonogo.verdict import State


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A journaled "before": which phase, on which instance, and the blob that holds it."""

    phase: str
    run_id: str
    instance: str
    at: datetime
    attachment: Attachment


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything the segments of a dossier say, oldest first."""

    attempts: tuple[Attempt, ...] = ()
    actions: tuple[ActionRecord, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    runs: tuple[RunSummary, ...] = ()
    problems: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    """Segments that cannot be trusted: the gate never answers GO over them."""
    latest_header: Mapping[str, Any] = field(default_factory=dict)

    covered: tuple[str, ...] | None = None
    """The items that had a check when all checks were last collected."""

    @property
    def instance(self) -> str:
        """The target instance of the newest run."""
        return str(self.latest_header.get("instance", ""))

    def attempts_of_run(self, run_id: str) -> dict[str, Attempt]:
        """Return a run's finished attempts by item id."""
        return {a.item_id: a for a in self.attempts if a.run_id == run_id}

    def action(self, name: str, instance: str) -> ActionRecord | None:
        """Return the newest record of an action on an instance."""
        found = [a for a in self.actions if a.name == name and a.instance == instance]
        return found[-1] if found else None


def read_history(
    readings: Mapping[str, Iterable[SegmentReading]], *, alive: Iterable[str] = ()
) -> History:
    """Fold the segments of every run; *alive* names runs that are still going on."""
    fold = _Fold()
    running = set(alive)
    for run_id in sorted(readings):
        fold.run(run_id, tuple(readings[run_id]), alive=run_id in running)
    return History(
        attempts=tuple(sorted(fold.attempts, key=lambda a: a.finished_at)),
        actions=tuple(sorted(fold.actions, key=lambda a: a.started_at)),
        baselines=tuple(sorted(fold.baselines, key=lambda b: b.at)),
        runs=tuple(fold.runs),
        problems=tuple(fold.problems),
        damage=tuple(fold.damage),
        latest_header=fold.header,
        covered=fold.covered,
    )


@dataclass
class _Fold:
    attempts: list[Attempt] = field(default_factory=list)
    actions: list[ActionRecord] = field(default_factory=list)
    baselines: list[Baseline] = field(default_factory=list)
    runs: list[RunSummary] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    header: Mapping[str, Any] = field(default_factory=dict)
    covered: tuple[str, ...] | None = None

    def run(self, run_id: str, segments: tuple[SegmentReading, ...], *, alive: bool) -> None:
        headers = [s.header for s in segments if s.header]
        if not headers:
            self.problems.append(f"run {run_id} ended before it wrote its first record")
            return
        self.header = min(headers, key=lambda h: str(h["at"]))
        covered = {item for h in headers for item in h.get("covered") or ()}
        self.covered = tuple(sorted(covered)) or self.covered
        started: dict[str, str] = {}
        finished: set[str] = set()
        problems = list(self._faults_of(run_id, segments))
        end: Record = {}
        for segment in segments:
            if not segment.header:
                continue
            reader = _SegmentFold(run_id=run_id, header=segment.header)
            reader.read(segment.records)
            self.damage += [f"run {run_id}, {segment.path.name}: {f}" for f in reader.faults]
            self.attempts += reader.attempts
            self.actions += reader.actions
            self.baselines += reader.baselines
            started |= reader.started
            finished |= {attempt.item_id for attempt in reader.attempts}
            end = reader.end or end
        unfinished = tuple(item for item in started if item not in finished)
        if not end and not alive:
            problems.append(self._interruption(run_id, unfinished))
        planned = sorted({item for h in headers for item in h.get("planned", ())})
        self.problems += problems
        self.runs.append(
            RunSummary(
                run_id=run_id,
                started_at=from_rfc3339(str(self.header["at"])),
                ended_at=from_rfc3339(end["at"]) if end else None,
                exit_status=end.get("exit_status"),
                options=str(self.header.get("options", "")),
                planned=tuple(planned),
                interrupted_items=() if alive else unfinished,
                problems=tuple(problems),
            )
        )

    def _faults_of(self, run_id: str, segments: tuple[SegmentReading, ...]) -> Iterable[str]:
        for segment in segments:
            name = f"run {run_id}, {segment.path.name}"
            if segment.damage:
                self.damage.append(f"{name}: {segment.damage}")
                yield f"{name} was changed or damaged: {segment.damage}"
            if segment.torn:
                yield f"{name} ends in half a line, which is ignored"

    def _interruption(self, run_id: str, unfinished: tuple[str, ...]) -> str:
        actions = [
            a.name for a in self.actions if a.run_id == run_id and a.outcome == "interrupted"
        ]
        parts = []
        if unfinished:
            parts.append("checks under way: " + ", ".join(unfinished))
        if actions:
            parts.append("actions under way: " + ", ".join(actions))
        return f"run {run_id} was interrupted; " + ("; ".join(parts) or "nothing was under way")


class _SegmentFold:
    def __init__(self, *, run_id: str, header: Record) -> None:
        self.run_id = run_id
        self.header = header
        self.attempts: list[Attempt] = []
        self.actions: list[ActionRecord] = []
        self.baselines: list[Baseline] = []
        self.started: dict[str, str] = {}
        self.end: Record = {}
        self.faults: list[str] = []
        self._observations: dict[str, list[Observation]] = {}
        self._texts: dict[str, str] = {}

    def read(self, records: Iterable[Record]) -> None:
        handlers = {
            "started": self._start,
            "observation": self._observe,
            "finished": self._finish,
            "action": self._act,
            "before": self._before,
            "ended": self._end,
        }
        for record in records:
            try:
                handlers[record["kind"]](record)
            except (KeyError, ValueError, TypeError) as error:
                self.faults.append(f"a {record.get('kind')} record cannot be read: {error!r}")

    def _start(self, record: Record) -> None:
        self.started[record["item"]] = record["at"]
        self._texts[record["item"]] = record.get("text_sha256", "")
        self._observations[record["item"]] = []

    def _observe(self, record: Record) -> None:
        self._observations.setdefault(record["item"], []).append(
            Observation(
                subject=record["subject"],
                expected=record["expected"],
                found=record["found"],
                unit=record["unit"],
                source=record["source"],
                at=from_rfc3339(record["at"]),
                duration_s=record["duration_s"],
                blank=record["blank"],
                attachments=tuple(attachment_from(a) for a in record["attachments"]),
            )
        )

    def _finish(self, record: Record) -> None:
        item = record["item"]
        finished_at = from_rfc3339(record["at"])
        started_at = from_rfc3339(self.started[item]) if item in self.started else finished_at
        release = self.header["release"]
        self.attempts.append(
            Attempt(
                item_id=item,
                run_id=self.run_id,
                nodeid=record["nodeid"],
                commit=release["commit"],
                instance=self.header["instance"],
                state=State(record["state"]),
                started_at=started_at,
                finished_at=finished_at,
                duration_s=record["duration_s"],
                message=record["message"],
                cause=record["cause"],
                absence=Absence(record["absence"]) if record.get("absence") else None,
                bindings={
                    **self.header.get("bindings", {}),
                    "text": record.get("text_sha256") or self._texts.get(item, ""),
                },
                observations=tuple(self._observations.pop(item, ())),
            )
        )

    def _act(self, record: Record) -> None:
        fields = record["action"]
        ended = fields.get("finished_at")
        action = ActionRecord(
            name=fields["name"],
            run_id=self.run_id,
            instance=self.header["instance"],
            command=fields["command"],
            started_at=from_rfc3339(fields["started_at"]),
            finished_at=from_rfc3339(ended) if ended else None,
            exit_status=fields.get("exit_status"),
            outcome=fields.get("outcome", "interrupted"),
            message=fields.get("message", ""),
            deviation=fields.get("deviation", ""),
            attachments=tuple(attachment_from(a) for a in fields.get("attachments", ())),
            notes=tuple(fields.get("notes", ())),
        )
        same = [a for a in self.actions if a.name == action.name]
        if action.outcome != "interrupted" and same and same[-1].outcome == "interrupted":
            self.actions.remove(same[-1])
        self.actions.append(action)

    def _before(self, record: Record) -> None:
        self.baselines.append(
            Baseline(
                phase=record["phase"],
                run_id=self.run_id,
                instance=self.header["instance"],
                at=from_rfc3339(record["at"]),
                attachment=attachment_from(record["attachment"]),
            )
        )

    def _end(self, record: Record) -> None:
        self.end = record
