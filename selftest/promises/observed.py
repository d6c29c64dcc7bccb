"""A run of the box, watched from its own server: which sessions there were, and what they said."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from gonogo.clock import from_rfc3339
from gonogo.journal import Record
from gonogo.probes.database.preparation import READER_ROLE
from gonogo.waiting import pause, wait_until
from selftest.promises.runs import box

LOOK_EVERY_S = 0.003
SESSIONS = """
SELECT clock_timestamp()::text, pid, application_name, usename::text FROM pg_stat_activity
WHERE datname = %s AND backend_type = 'client backend'
"""
_STATEMENT = re.compile(
    r"^(?P<at>\S+ \S+) UTC \[(?P<pid>\d+)\] (?P<application>.*?) ?(?P<user>\S+)@(?P<database>\S+) "
    r"LOG:  (?:statement|execute [^:]+): (?P<text>.*)$"
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One session in one look."""

    at: str
    pid: int
    application: str
    user: str


@dataclass(frozen=True, kw_only=True)
class Look:
    """Every session on the product's database at one moment."""

    at: datetime
    sessions: tuple[Seen, ...]

    @property
    def ours(self) -> tuple[Seen, ...]:
        return tuple(each for each in self.sessions if each.user == READER_ROLE)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement, as the server logged it."""

    at: datetime
    pid: int
    application: str
    user: str
    text: str


class Observed:
    """What a watched run left in *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.place = box(folder, provider="selftest.promises.stacks:ObservedStack")
        self._noted = folder / "noted.json"

    def run(self, *arguments: str) -> None:
        """Run phase 1 and note what its server shows meanwhile."""
        looks: list[list[Seen]] = []
        with self.place.start("-m", "phase1", *arguments) as started:
            box_file = self._folder / "box.json"
            wait_until(
                lambda: box_file.exists() or not started.goes_on,
                bool,
                what="the box to start",
                timeout_s=120,
                interval_s=0.005,
            )
            if box_file.exists():
                threading.Thread(target=_watch, args=(box_file, looks), daemon=True).start()
            ended = started.end()
        noted = {
            "status": ended.status,
            "output": ended.output,
            "looks": [[asdict(each) for each in look] for look in looks if look],
        }
        self._noted.write_text(json.dumps(noted), "utf-8")

    @property
    def done(self) -> bool:
        return self._noted.exists()

    @property
    def noted(self) -> dict[str, Any]:
        noted: dict[str, Any] = json.loads(self._noted.read_text("utf-8"))
        return noted

    @property
    def looks(self) -> list[Look]:
        found = [tuple(Seen(**each) for each in look) for look in self.noted["looks"]]
        return [Look(at=_moment(look[0].at), sessions=look) for look in found]

    def records(self) -> Iterator[Record]:
        dossier = self.place.dossier
        for run_id in dossier.run_ids():
            for segment in dossier.segments(run_id):
                yield from segment.records

    def period(self, action: str) -> tuple[datetime, datetime]:
        """Return when the action's script ran: from the journaled intent to its own end."""
        records = [r for r in self.records() if r["kind"] == "action"]
        mine = [r for r in records if r["action"]["name"] == action]
        return from_rfc3339(mine[0]["at"]), from_rfc3339(mine[-1]["action"]["finished_at"])

    def statements(self) -> list[Statement]:
        """Return what was said on the product's database once the box was handed to the suite."""
        found: list[Statement] = []
        mine = False
        database = json.loads((self._folder / "box.json").read_text("utf-8"))["database"]
        handed_over = min(from_rfc3339(r["at"]) for r in self.records())
        for line in (self._folder / "server.log").read_text("utf-8", "replace").splitlines():
            parts = _STATEMENT.match(line)
            goes_on = line.startswith("\t")
            mine = mine if goes_on else bool(parts and parts["database"] == database)
            if mine and parts:
                found.append(
                    Statement(
                        at=_moment(parts["at"]),
                        pid=int(parts["pid"]),
                        application=parts["application"],
                        user=parts["user"],
                        text=parts["text"],
                    )
                )
            elif mine and goes_on:
                found[-1] = replace(found[-1], text=f"{found[-1].text}\n{line[1:]}")
        return [each for each in found if each.at >= handed_over]

    def script_logs(self) -> list[str]:
        """Return the first line of each log that migrate.sh wrote, its arguments."""
        logs = sorted((self._folder / "deployment" / "logs").glob("migration_*.log"))
        return [log.read_text("utf-8").splitlines()[0].partition(" at ")[0] for log in logs]


def _watch(box_file: Path, looks: list[list[Seen]]) -> None:
    told = json.loads(box_file.read_text("utf-8"))
    try:
        with psycopg.connect(told["dsn"], autocommit=True, application_name="onlooker") as session:
            while True:
                rows = session.execute(SESSIONS, [told["database"]]).fetchall()
                looks.append([Seen(at=r[0], pid=r[1], application=r[2], user=r[3]) for r in rows])
                pause(LOOK_EVERY_S)
    except psycopg.Error:
        return  # the box has stopped


def _moment(text: str) -> datetime:
    whole = text.partition("+")[0]
    return datetime.fromisoformat(whole).replace(tzinfo=UTC)


def within(looks: list[Look], period: tuple[datetime, datetime], settled: timedelta) -> list[Look]:
    """Return the looks of a period, without its first moments *settled*.

    A session that was closed before it is still listed until its server process has ended.
    """
    return [look for look in looks if period[0] + settled <= look.at <= period[1]]
