"""Reads one segment's records back into attempts, actions and baselines. Pure: takes records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gonogo.clock import from_rfc3339
from gonogo.journal import Record
from gonogo.records import Absence, ActionRecord, Attachment, Attempt, Observation
from gonogo.verdict import OBSERVED, State

UNREADABLE = (KeyError, ValueError, TypeError, AttributeError)
"""What reading a record raises that is not of the form it should be."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A journaled "before": which phase, on which instance, and the blob that holds it."""

    phase: str
    run_id: str
    instance: str
    at: datetime
    attachment: Attachment


@dataclass(frozen=True, kw_only=True)
class Unended:
    """A check that started in a segment and did not finish there."""

    started_at: datetime
    observations: tuple[Observation, ...]


class SegmentFold:
    """Takes a segment's records one after the other; ``faults`` are those it could not read."""

    def __init__(self, *, run_id: str, header: Record) -> None:
        self.run_id = run_id
        self.header = header
        self.attempts: list[Attempt] = []
        self.actions: list[ActionRecord] = []
        self.baselines: list[Baseline] = []
        self.started: dict[str, str] = {}
        self.notes: list[str] = []
        self.end: Record = {}
        self.faults: list[str] = []
        self._observations: dict[str, list[Observation]] = {}
        self._texts: dict[str, str] = {}

    def read(self, records: Iterable[Record]) -> None:
        """Take the records after the header."""
        handlers = {
            "started": self._start,
            "observation": self._observe,
            "finished": self._finish,
            "action": self._act,
            "before": self._before,
            "note": self._note,
            "ended": self._end,
        }
        for record in records:
            try:
                handlers[record["kind"]](record)
            except UNREADABLE as error:
                self.faults.append(f"a {record.get('kind')} record cannot be read: {error!r}")

    @property
    def unended(self) -> dict[str, Unended]:
        """The checks that this segment saw start and not finish."""
        return {
            item: Unended(
                started_at=from_rfc3339(self.started[item]), observations=tuple(observations)
            )
            for item, observations in self._observations.items()
            if item in self.started
        }

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
                attachments=tuple(_attachment(a) for a in record["attachments"]),
                trace=str(record.get("trace", "")),
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
                state=_observed(record["state"]),
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
        self.actions.append(
            ActionRecord(
                name=fields["name"],
                # Whoever picks up an end writes it down for the run that began.
                run_id=fields.get("run_id", self.run_id),
                instance=self.header["instance"],
                command=fields["command"],
                started_at=from_rfc3339(fields["started_at"]),
                finished_at=from_rfc3339(ended) if ended else None,
                exit_status=fields.get("exit_status"),
                outcome=fields.get("outcome", "interrupted"),
                message=fields.get("message", ""),
                deviation=fields.get("deviation", ""),
                attachments=tuple(_attachment(a) for a in fields.get("attachments", ())),
                notes=tuple(fields.get("notes", ())),
                written_by_others=tuple(fields.get("written_by_others", ())),
                unguarded=fields.get("unguarded", ""),
            )
        )

    def _before(self, record: Record) -> None:
        self.baselines.append(
            Baseline(
                phase=record["phase"],
                run_id=self.run_id,
                instance=self.header["instance"],
                at=from_rfc3339(record["at"]),
                attachment=_attachment(record["attachment"]),
            )
        )

    def _note(self, record: Record) -> None:
        self.notes.append(str(record["text"]))

    def _end(self, record: Record) -> None:
        self.end = record


def _observed(text: str) -> State:
    """Return a state that a check can end in; ValueError for the others, which nobody observes."""
    state = State(text)
    if state not in OBSERVED:
        raise ValueError(f"{state} is not observed")
    return state


def _attachment(data: dict[str, Any]) -> Attachment:
    """Return the attachment a journal record names."""
    return Attachment(
        sha256=data["sha256"],
        name=data["name"],
        media_type=data["media_type"],
        size_bytes=data["size_bytes"],
    )
