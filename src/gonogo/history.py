"""Reads a dossier's segments back into attempts, actions and runs. Pure: takes readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gonogo.clock import from_rfc3339
from gonogo.journal import Record, SegmentReading
from gonogo.records import NO_INSTANCE, ActionRecord, Attempt, RunSummary
from gonogo.segment_fold import UNREADABLE, Baseline, SegmentFold, Unended


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
    reached_header: Mapping[str, Any] = field(default_factory=dict)
    """Of the newest run that reached its target; of the newest run where none did."""

    covered: tuple[str, ...] | None = None
    """The items that had a check when all checks were last collected."""

    @property
    def instance(self) -> str:
        """The target instance of the newest run that reached one."""
        return str(self.reached_header.get("instance", ""))

    def attempts_of_run(self, run_id: str) -> dict[str, Attempt]:
        """Return a run's finished attempts by item id."""
        return {a.item_id: a for a in self.attempts if a.run_id == run_id}

    def actions_of(self, name: str, instance: str) -> tuple[ActionRecord, ...]:
        """Return the records of an action on an instance, oldest first.

        One that is interrupted and not the newest was announced and never began: whoever runs an
        action again first writes down how the one before ended.
        """
        return tuple(a for a in self.actions if a.name == name and a.instance == instance)


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
        actions=tuple(sorted(_as_they_ended(fold.actions), key=lambda a: a.started_at)),
        baselines=tuple(sorted(fold.baselines, key=lambda b: b.at)),
        runs=tuple(fold.runs),
        problems=tuple(fold.problems),
        damage=tuple(fold.damage),
        latest_header=fold.header,
        reached_header=fold.reached or fold.header,
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
    reached: Mapping[str, Any] = field(default_factory=dict)
    covered: tuple[str, ...] | None = None

    def run(self, run_id: str, segments: tuple[SegmentReading, ...], *, alive: bool) -> None:
        problems = list(self._faults_of(run_id, segments))
        try:
            self._run(run_id, segments, problems, alive=alive)
        except UNREADABLE as error:
            self.damage.append(f"run {run_id}: its header cannot be read: {error!r}")
        self.problems += problems

    def _run(
        self,
        run_id: str,
        segments: tuple[SegmentReading, ...],
        problems: list[str],
        *,
        alive: bool,
    ) -> None:
        headers = [s.header for s in segments if s.header]
        if not headers:
            if not alive:
                problems.append(f"run {run_id} ended before it wrote its first record")
            return
        first = min(headers, key=lambda h: str(h["at"]))
        started_at = _moment_of(first)
        covered = {item for h in headers for item in h.get("covered") or ()}
        self.covered = tuple(sorted(covered)) or self.covered
        started: dict[str, str] = {}
        attempts: list[Attempt] = []
        actions: list[ActionRecord] = []
        unended: dict[str, Unended] = {}
        end: Record = {}
        for segment in segments:
            if not segment.header:
                continue
            reader = SegmentFold(run_id=run_id, header=segment.header)
            reader.read(segment.records)
            self.damage += [f"run {run_id}, {segment.path.name}: {f}" for f in reader.faults]
            attempts += reader.attempts
            unended |= reader.unended
            actions += reader.actions
            self.baselines += reader.baselines
            started |= reader.started
            end = reader.end or end
        # The end of a check that took its worker down stands in another process's segment.
        self.attempts += [_joined(attempt, unended) for attempt in attempts]
        finished = {attempt.item_id for attempt in attempts}
        unfinished = tuple(item for item in started if item not in finished)
        self.actions += _as_they_ended(actions)
        if end:
            problems += self._outlived(run_id)
        elif not alive:
            problems.append(self._interruption(run_id, unfinished))
        planned = sorted({item for h in headers for item in h.get("planned", ())})
        self.runs.append(
            RunSummary(
                run_id=run_id,
                started_at=started_at,
                ended_at=from_rfc3339(end["at"]) if end else None,
                exit_status=end.get("exit_status"),
                verdict=str(end.get("verdict", "")),
                options=str(first.get("options", "")),
                planned=tuple(planned),
                interrupted_items=() if alive else unfinished,
                problems=tuple(problems),
            )
        )
        self.header = first
        if first["instance"] != NO_INSTANCE:
            self.reached = first

    def _faults_of(self, run_id: str, segments: tuple[SegmentReading, ...]) -> Iterable[str]:
        for segment in segments:
            name = f"run {run_id}, {segment.path.name}"
            if segment.damage:
                self.damage.append(f"{name}: {segment.damage}")
                yield f"{name} was changed or damaged: {segment.damage}"
            if segment.torn:
                yield f"{name} ends in half a line, which is ignored"

    def _interruption(self, run_id: str, unfinished: tuple[str, ...]) -> str:
        parts = []
        if unfinished:
            parts.append("checks under way: " + ", ".join(unfinished))
        if actions := self._unended(run_id):
            parts.append("actions under way: " + ", ".join(actions))
        return f"run {run_id} was interrupted; " + ("; ".join(parts) or "nothing was under way")

    def _outlived(self, run_id: str) -> Iterable[str]:
        """Say which actions went on when their run ended, as after Ctrl-C."""
        if actions := self._unended(run_id):
            yield f"run {run_id} ended before these actions did: {', '.join(actions)}"

    def _unended(self, run_id: str) -> list[str]:
        return [a.name for a in self.actions if a.run_id == run_id and a.outcome == "interrupted"]


def _moment_of(header: Record) -> datetime:
    """Return when a run started; raises what a header raises that names no release or instance."""
    str(header["release"]["commit"]), str(header["instance"])
    return from_rfc3339(header["at"])


def _as_they_ended(actions: Iterable[ActionRecord]) -> list[ActionRecord]:
    """Return each action once: its end where there is one, whichever run wrote it down."""
    found: dict[tuple[str, str, datetime], ActionRecord] = {}
    for action in actions:
        key = (action.name, action.instance, action.started_at)
        if key not in found or action.outcome != "interrupted":
            found[key] = action
    return list(found.values())


def _joined(attempt: Attempt, unended: Mapping[str, Unended]) -> Attempt:
    """Return an attempt with what was seen of it in a segment that lacks its end."""
    if attempt.item_id not in unended or attempt.observations:
        return attempt
    begun = unended[attempt.item_id]
    return replace(attempt, started_at=begun.started_at, observations=begun.observations)
