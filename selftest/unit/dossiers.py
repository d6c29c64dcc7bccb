"""Makes dossiers, items and clocks for the tests of what reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gonogo.checklist import Item, Kind
from gonogo.clock import rfc3339
from gonogo.dossier import Dossier
from gonogo.history import History, read_history
from gonogo.journal import Segment
from gonogo.records import Attempt, Standing
from gonogo.verdict import State

NOW = datetime(2026, 1, 25, 14, 0, 0, tzinfo=UTC)
COMMIT = "c0ffee0000000000"
INSTANCE = "tiny-1"
TEXT = hashlib.sha256(b"text").hexdigest()


@dataclass
class SetClock:
    """A clock that stands still until it is told otherwise; it can be slept on."""

    at: datetime = NOW
    seconds_s: float = 100.0

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return self.seconds_s

    def advance(self, seconds_s: float) -> None:
        self.at += timedelta(seconds=seconds_s)
        self.seconds_s += seconds_s


class NoRedaction:
    """Lets everything through."""

    def text(self, text: str) -> str:
        return text

    def tree(self, value: object) -> object:
        return value


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run to be written into a dossier; ``ends`` are the items' states, in order."""

    run_id: str
    ends: Mapping[str, State] = field(default_factory=dict)
    planned: Iterable[str] | None = None
    started: Iterable[str] = ()
    at: datetime = NOW
    instance: str = INSTANCE
    commit: str = COMMIT
    version: str = "1.0"
    target: str = "tiny"
    environment: str = "rehearsal"
    rehearsal: bool = True
    bindings: Mapping[str, str] = field(default_factory=dict)
    covered: Iterable[str] | None = None
    exit_status: int | None = 0
    text: str = TEXT
    texts: Mapping[str, str] = field(default_factory=dict)
    process: str = "main-1"

    def open(self, dossier: Dossier, clock: SetClock | None = None) -> Segment:
        """Write the header and return the open segment."""
        header = {
            "run_id": self.run_id,
            "release": {
                "version": self.version,
                "commit": self.commit,
                "environment": self.environment,
            },
            "rehearsal": self.rehearsal,
            "target": self.target,
            "instance": self.instance,
            "bindings": dict(self.bindings),
            "options": "",
            "planned": list(self.ends if self.planned is None else self.planned),
            "covered": None if self.covered is None else list(self.covered),
        }
        return Segment(
            dossier.run_folder(self.run_id) / f"{self.process}.jsonl",
            header=header,
            redaction=NoRedaction(),
            clock=clock or SetClock(at=self.at),
        )

    def write(self, dossier: Dossier) -> Path:
        """Write the whole run and return its segment's path."""
        segment = self.open(dossier)
        for item in self.started:
            start(segment, item)
        for item, state in self.ends.items():
            start(segment, item, text=self.texts.get(item, self.text))
            finish(segment, item, state)
        if self.exit_status is not None:
            segment.append("ended", exit_status=self.exit_status)
        segment.close()
        return segment.path


def start(segment: Segment, item: str, *, text: str = TEXT) -> None:
    segment.append("started", item=item, nodeid=f"t.py::{item}", text_sha256=text)


def observe(segment: Segment, item: str, *, found: str, **parts: Any) -> None:  # noqa: ANN401
    fields = {
        "subject": "it",
        "expected": "",
        "unit": "",
        "source": "",
        "duration_s": 0.0,
        "blank": "",
        "attachments": [],
        **parts,
    }
    segment.append("observation", item=item, found=found, **fields)


def finish(segment: Segment, item: str, state: State, **parts: Any) -> None:  # noqa: ANN401
    fields = {"message": "", "cause": "", "absence": None, "duration_s": 0.1, **parts}
    segment.append("finished", item=item, nodeid=f"t.py::{item}", state=state, **fields)


def act(segment: Segment, name: str, at: datetime = NOW, **fields: Any) -> None:  # noqa: ANN401
    action = {"name": name, "command": f"./{name}", "started_at": rfc3339(at), **fields}
    segment.append("action", action=action)


def history_of(dossier: Dossier, *, alive: Iterable[str] = ()) -> History:
    return read_history(
        {run_id: dossier.segments(run_id) for run_id in dossier.run_ids()}, alive=alive
    )


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def item(item_id: str = "MIG-1.1", **parts: Any) -> Item:  # noqa: ANN401
    fields = {
        "id": item_id,
        "label": f"label of {item_id}",
        "section": "MIG",
        "group": "MIG-1",
        "phase": "phase1",
        "line": 1,
        "text": "text",
        "text_sha256": TEXT,
        "kind": Kind.A,
        "blocks": "live",
        **parts,
    }
    return Item(**fields)


def attempt(item_id: str = "MIG-1.1", state: State = State.PASS, **parts: Any) -> Attempt:  # noqa: ANN401
    at = parts.pop("at", NOW)
    fields = {
        "item_id": item_id,
        "run_id": "run-1",
        "nodeid": "t.py::test",
        "commit": COMMIT,
        "instance": INSTANCE,
        "state": state,
        "started_at": at,
        "finished_at": at,
        "duration_s": 0.1,
        "bindings": {"text": TEXT},
        **parts,
    }
    return Attempt(**fields)


def standing(item_id: str, state: State, **parts: Any) -> Standing:  # noqa: ANN401
    return Standing(item=item(item_id, **parts), state=state)
