"""Kills a run, and says what its dossier must still hold and what the next run must name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gonogo.dossier import Dossier
from gonogo.journal import Record, read_segment
from gonogo.waiting import wait_until
from selftest.promises.runs import LONGEST_RUN_S, Place, Started

GONE_WITHIN_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Killed:
    """A run that was killed, with what a reader saw of its journal right before."""

    run_id: str
    seen: dict[Path, bytes]
    at_s: float

    def records(self) -> list[Record]:
        """Return all its records, after checking that none that was seen is lost or changed."""
        found: list[Record] = []
        for path, before in self.seen.items():
            assert path.read_bytes().startswith(before), f"{path.name} lost what was seen in it"
        for path in sorted({path for seen in self.seen for path in seen.parent.glob("*.jsonl")}):
            reading = read_segment(path)
            assert reading.damage == "", f"{path.name}: {reading.damage}"
            found += [reading.header, *reading.records] if reading.header else []
        return found

    def must_be_named(self) -> list[str]:
        """Return what the next run's output has to say, in the words of the requirement."""
        records = self.records()
        if not records:
            return []
        if any(record["kind"] == "ended" for record in records):
            return []
        started = [r["item"] for r in records if r["kind"] == "started"]
        finished = {r["item"] for r in records if r["kind"] == "finished"}
        ends: dict[str, bool] = {}
        for record in records:
            if record["kind"] == "action":
                ends[record["action"]["name"]] = record["action"]["finished_at"] is not None
        words = [f"run {self.run_id} was interrupted"]
        words += [item for item in started if item not in finished]
        words += [f"actions under way: {name}" for name, ended in ends.items() if not ended]
        return words

    @property
    def was_acting(self) -> bool:
        """Whether an action was under way."""
        return any("actions under way" in words for words in self.must_be_named())


def journals(place: Place) -> dict[Path, bytes]:
    """Return every segment of every run as it stands now."""
    return {path: path.read_bytes() for path in place.reports.glob("*/runs/*/*.jsonl")}


def kill_when(
    place: Place, started: Started, moment: Callable[[], bool], *, interval_s: float = 0.005
) -> Killed:
    """Kill *started* at *moment*; what it detached may go on, see ``Started.end``."""
    earlier = {path.parent for path in journals(place)}
    wait_until(
        lambda: moment() or not started.goes_on,
        bool,
        what="the moment to kill",
        timeout_s=LONGEST_RUN_S,
        interval_s=interval_s,
    )
    seen = {path: text for path, text in journals(place).items() if path.parent not in earlier}
    at_s = started.elapsed_s()
    started.kill()
    run_id = next((path.parent.name for path in seen), "")
    return Killed(run_id=run_id, seen=seen, at_s=at_s)


def last_run(place: Place) -> list[Record]:
    """Return the records of the newest run so far; empty before there is one."""
    if not place.reports.exists() or not any(place.reports.iterdir()):
        return []
    dossier: Dossier = place.dossier
    run_ids = dossier.run_ids()
    segments = dossier.segments(run_ids[-1]) if run_ids else []
    return [record for segment in segments for record in segment.records]


def is_said(words: str, output: str) -> bool:
    """Whether *output* says *words*, wherever its lines are broken."""
    return "".join(words.split()) in "".join(output.split())
