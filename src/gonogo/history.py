"""Reads a dossier's segments back into attempts, actions and runs. Pure: takes readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gonogo.clock import from_rfc3339
from gonogo.interruptions import RunTrace, end_of_run, still_to_say
from gonogo.journal import Record, SegmentReading
from gonogo.records import NO_INSTANCE, ActionRecord, Attempt, RunSummary
from gonogo.segment_fold import UNREADABLE, Baseline, SegmentFold, Unended

_SHOWN_PARTS = 5
"""Of a segment's path, from the reports folder on: it is read in a line of the terminal."""


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything the segments of a dossier say, oldest first."""

    attempts: tuple[Attempt, ...] = ()
    actions: tuple[ActionRecord, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    runs: tuple[RunSummary, ...] = ()
    problems: tuple[str, ...] = ()
    """Damage, and the interruptions that are not history yet."""
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
    for run_id, segments in _oldest_first(readings):
        fold.run(run_id, segments, alive=run_id in running)
    return History(
        attempts=tuple(sorted(fold.attempts, key=lambda a: a.finished_at)),
        actions=tuple(sorted(_as_they_ended(fold.actions), key=lambda a: a.started_at)),
        baselines=tuple(sorted(fold.baselines, key=lambda b: b.at)),
        runs=tuple(fold.runs),
        problems=fold.problems,
        damage=tuple(fold.damage),
        latest_header=fold.header,
        reached_header=fold.reached or fold.header,
        covered=fold.covered,
    )


def _oldest_first(
    readings: Mapping[str, Iterable[SegmentReading]],
) -> list[tuple[str, tuple[SegmentReading, ...]]]:
    """Order the runs by when they began: an id tells no more than the second.

    One whose beginning cannot be read keeps its place after the id before it.
    """
    began_at = ""
    placed = []
    for run_id in sorted(readings):
        segments = tuple(readings[run_id])
        known = [str(segment.header["at"]) for segment in segments if "at" in segment.header]
        began_at = min(known, default=began_at)
        placed.append((began_at, run_id, segments))
    return [(run_id, segments) for _, run_id, segments in sorted(placed, key=lambda p: p[:2])]


@dataclass
class _Fold:
    attempts: list[Attempt] = field(default_factory=list)
    actions: list[ActionRecord] = field(default_factory=list)
    baselines: list[Baseline] = field(default_factory=list)
    runs: list[RunSummary] = field(default_factory=list)
    over: list[ActionRecord] = field(default_factory=list)
    """The actions as runs that are over wrote them down, and a living one's own."""
    traces: list[RunTrace] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    header: Mapping[str, Any] = field(default_factory=dict)
    reached: Mapping[str, Any] = field(default_factory=dict)
    covered: tuple[str, ...] | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        actions = sorted(_as_they_ended(self.over), key=lambda a: a.started_at)
        return (*self.damage, *still_to_say(self.traces, actions, checked=self.covered))

    def run(self, run_id: str, segments: tuple[SegmentReading, ...], *, alive: bool) -> None:
        damage = [_damaged(run_id, s.path, s.damage) for s in segments if s.damage]
        trace = RunTrace(
            run_id=run_id,
            # Of a damaged run nobody can tell how it ended: its damage is what is said of it.
            over=not (alive or damage),
            torn=tuple(
                f"run {run_id}, {segment.path.name} ends in half a line, which is ignored"
                for segment in segments
                if segment.torn
            ),
        )
        if headers := [s.header for s in segments if s.header]:
            try:
                trace = self._run(trace, headers, segments, damage, alive=alive)
            except UNREADABLE as error:
                path = next(s.path for s in segments if s.header)
                damage.append(_damaged(run_id, path, f"its header cannot be read: {error!r}"))
                trace = replace(trace, over=False)
        self.traces.append(trace)
        self.damage += damage

    def _run(
        self,
        trace: RunTrace,
        headers: list[Record],
        segments: tuple[SegmentReading, ...],
        damage: list[str],
        *,
        alive: bool,
    ) -> RunTrace:
        run_id = trace.run_id
        first = min(headers, key=lambda h: str(h["at"]))
        started_at = _moment_of(first)
        covered = {item for h in headers for item in h.get("covered") or ()}
        self.covered = tuple(sorted(covered)) or self.covered
        started: dict[str, str] = {}
        attempts: list[Attempt] = []
        actions: list[ActionRecord] = []
        unended: dict[str, Unended] = {}
        notes: list[str] = []
        end: Record = {}
        for segment in segments:
            if not segment.header:
                continue
            reader = SegmentFold(run_id=run_id, header=segment.header)
            reader.read(segment.records)
            damage += [_damaged(run_id, segment.path, fault) for fault in reader.faults]
            attempts += reader.attempts
            unended |= reader.unended
            actions += reader.actions
            self.baselines += reader.baselines
            started |= reader.started
            notes += reader.notes
            end = reader.end or end
        # The end of a check that took its worker down stands in another process's segment.
        self.attempts += [_joined(attempt, unended) for attempt in attempts]
        finished = {attempt.item_id for attempt in attempts}
        unfinished = tuple(item for item in started if item not in finished)
        self.actions += _as_they_ended(actions)
        # What a run did for an earlier one is still news in its own closing words.
        self.over += [a for a in actions if a.run_id == run_id] if alive else actions
        planned = {item for h in headers for item in h.get("planned", ())}
        trace = replace(
            trace,
            begun=True,
            commit=first["release"]["commit"],
            target=str(first.get("target", "")),
            rehearsal=bool(first.get("rehearsal")),
            planned=frozenset(planned),
            finished=frozenset(finished),
            under_way=unfinished,
            closed=bool(end),
        )
        self.runs.append(
            RunSummary(
                run_id=run_id,
                started_at=started_at,
                ended_at=from_rfc3339(end["at"]) if end else None,
                exit_status=end.get("exit_status"),
                verdict=str(end.get("verdict", "")),
                options=str(first.get("options", "")),
                planned=tuple(sorted(planned)),
                interrupted_items=() if alive else unfinished,
                notes=tuple(dict.fromkeys(notes)),
                problems=(*damage, *trace.torn, *end_of_run(trace, self._unended(run_id))),
            )
        )
        self.header = first
        if first["instance"] != NO_INSTANCE:
            self.reached = first
        return trace

    def _unended(self, run_id: str) -> list[str]:
        return [a.name for a in self.actions if a.run_id == run_id and a.outcome == "interrupted"]


def _damaged(run_id: str, path: Path, what: str) -> str:
    """Return what is said of a damaged segment: the file, the line, and what to do."""
    place = "/".join(path.parts[-_SHOWN_PARTS:])
    readable = "make it readable, or " if what.startswith("cannot be read") else ""
    return (
        f"{place}: {what}; {readable}move the folder {run_id} out of runs/, run again, and judge"
        " by hand what its actions did"
    )


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
