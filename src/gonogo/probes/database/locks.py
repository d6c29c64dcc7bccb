"""Watches, through one catalog-only session, who waits for whom and who else writes."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

import psycopg

from gonogo.clock import Clock, SystemClock
from gonogo.errors import CannotTell
from gonogo.probes.database.failures import query_failure
from gonogo.probes.database.lock_report import LockReport, LockWait, OtherWriter
from gonogo.probes.database.only_place import Gap, OnlyPlace
from gonogo.probes.database.session import Revealing
from gonogo.waiting import pause

INTERVAL_S = 0.01
SAMPLES_BETWEEN_WRITERS = 10
RETRY_S = 0.5
OURS = "gonogo*"
WAITS = """
SELECT w.pid, b.pid, coalesce(w.relation::regclass::text, w.locktype), w.mode,
       extract(epoch FROM clock_timestamp() - w.waitstart)::float * 1000,
       coalesce(wa.application_name, ''), coalesce(wa.query, ''),
       coalesce(ba.application_name, ''), coalesce(ba.query, ''), w.waitstart
FROM pg_locks w
CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS b(pid)
LEFT JOIN pg_stat_activity wa ON wa.pid = w.pid
LEFT JOIN pg_stat_activity ba ON ba.pid = b.pid
WHERE NOT w.granted AND w.waitstart IS NOT NULL
  AND (w.database IS NULL OR w.database =
       (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
WRITERS = """
SELECT l.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''),
       format('%s.%s', n.nspname, c.relname)
FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'm')
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.locktype = 'relation' AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
  AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                 'AccessExclusiveLock')
  AND coalesce(a.backend_type, 'client backend') = 'client backend'
"""


class LockWatcher:
    """Looks every *interval_s* in a thread of its own until it is stopped.

    A session that was lost is made again, and takes the place again, as soon as that can be.
    """

    def __init__(
        self,
        place: OnlyPlace,
        *,
        own_applications: Sequence[str],
        interval_s: float,
        clock: Clock,
        sleep: Callable[[float], None] = pause,
    ) -> None:
        self._place = place
        self._clock = clock
        self._own = tuple(own_applications)
        self._interval_s = interval_s
        self._sleep = sleep
        self._stopped = threading.Event()
        self._mutex = threading.Lock()
        self._samples = 0
        self._waits: dict[tuple[int, int, datetime], LockWait] = {}
        self._writers: dict[int, OtherWriter] = {}
        self._problem: CannotTell | None = None
        self._gaps: list[Gap] = []
        self._thread = threading.Thread(target=self._watch, name="lock watcher", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look one last time, and then no more."""
        self._stopped.set()
        self._thread.join()

    def report(self) -> LockReport:
        """Return what was seen so far."""
        with self._mutex:
            waits = tuple(sorted(self._waits.values(), key=lambda each: -each.waited_ms))
            writers = tuple(self._writers.values())
            samples, problem, gaps = self._samples, self._problem, tuple(self._gaps)
        felt = [each for each in waits if not each.waiter_is_own]
        notes = [f"waited for a lock: {each}" for each in felt[:3]]
        notes += [f"another session: {each}" for each in writers[:3]]
        if problem is not None:
            notes.append(f"the watch for locks broke off: {problem.what} ({problem.found})")
        notes += [f"the watch for locks broke off: its session was {gap}" for gap in gaps[:3]]
        return LockReport(
            samples=samples,
            interval_ms=self._interval_s * 1000,
            longest_wait_ms=max((each.waited_ms for each in felt), default=0.0),
            waits=waits,
            other_writers=writers,
            complete=problem is None and not gaps and samples > 0,
            notes=tuple(notes),
            unguarded="; ".join(filter(None, (gap.unguarded for gap in gaps))),
        )

    def _watch(self) -> None:
        last = False
        while not last:
            last = self._stopped.is_set()
            pause_s = self._interval_s
            try:
                self._look()
            except psycopg.Error as error:
                problem = query_failure(error, where=self._place.where, asked="locks")
                if not self._place.connection.closed:
                    pause_s = RETRY_S
                    with self._mutex:
                        self._problem = problem
                elif not self._hold_again(problem):
                    return
            if not last:
                self._sleep(pause_s)

    def _hold_again(self, problem: CannotTell) -> bool:
        """Take the place again; false when the watch was stopped before that could be."""
        gap = Gap(since=self._clock.now(), why=f"{problem.what}: {problem.found}")
        with self._mutex:
            self._gaps.append(gap)
        while True:
            last = self._stopped.is_set()
            gap = gap.after(self._place.take_again(), self._clock.now())
            with self._mutex:
                self._gaps[-1] = gap
            if last or gap.until is not None:
                return gap.until is not None
            self._sleep(RETRY_S)

    def _look(self) -> None:
        connection = self._place.connection
        waits = connection.execute(WAITS).fetchall()
        writers = []
        if self._samples % SAMPLES_BETWEEN_WRITERS == 0:
            writers = connection.execute(WRITERS).fetchall()
        with self._mutex:
            self._samples += 1
            for row in waits:
                self._add_wait(row)
            for row in writers:
                self._add_writer(row)

    def _add_wait(self, row: tuple[object, ...]) -> None:
        waiter, blocker, on, mode, waited_ms, waiting_name, waiting, blocking_name, blocking, at = (
            row
        )
        assert isinstance(waiter, int)
        assert isinstance(blocker, int)
        assert isinstance(waited_ms, float)
        assert isinstance(at, datetime)
        self._waits[waiter, blocker, at] = LockWait(
            waited_ms=waited_ms,
            on=str(on),
            mode=str(mode),
            waiter_pid=waiter,
            waiter_application=str(waiting_name),
            waiter_statement=statement_kind(str(waiting)),
            blocker_pid=blocker,
            blocker_application=str(blocking_name),
            blocker_statement=statement_kind(str(blocking)),
            waiter_is_own=self._is_own(str(waiting_name)),
        )

    def _add_writer(self, row: tuple[object, ...]) -> None:
        pid, user, application, table = row
        assert isinstance(pid, int)
        if self._is_own(str(application)):
            return
        known = self._writers.get(
            pid,
            OtherWriter(pid=pid, user=str(user), application=str(application), tables=()),
        )
        self._writers[pid] = replace(known, tables=tuple(sorted({*known.tables, str(table)})))

    def _is_own(self, application: str) -> bool:
        return any(fnmatchcase(application, pattern) for pattern in self._own)


@contextmanager
def watch_locks(
    dsn: str | Revealing,
    *,
    purpose: str,
    own_applications: Sequence[str] = (),
    interval_s: float = INTERVAL_S,
    clock: Clock | None = None,
) -> Iterator[LockWatcher]:
    """Watch the locks of a database during the block, as the only gonogo that acts on it.

    The session holds an advisory lock, so that two machines never act on one target at once;
    *purpose* stands in its application name, for the other machine to read. *own_applications*
    are patterns of what the action's own sessions call themselves.

    Raises:
        TargetRefused: when another gonogo acts on this database, naming its session.
        CannotTell: when no session is made.
    """
    place = OnlyPlace(dsn, purpose=purpose, own_applications=own_applications)
    place.take()
    try:
        watcher = LockWatcher(
            place,
            own_applications=(OURS, *own_applications),
            interval_s=interval_s,
            clock=clock or SystemClock(),
        )
        watcher.start()
        try:
            yield watcher
        finally:
            watcher.stop()
    finally:
        place.close()


def statement_kind(query: str) -> str:
    """Return what kind of statement *query* is, such as "CREATE INDEX", and nothing else of it."""
    bare = re.sub(r"^(?:\s+|--[^\n]*\n|/\*.*?\*/)+", "", query, flags=re.DOTALL)
    words = re.match(r"([A-Za-z]+)(?:\s+([A-Za-z]+))?", bare)
    if words is None:
        return ""
    first = words[1].upper()
    two = first in {"CREATE", "ALTER", "DROP", "REFRESH", "LOCK"} and words[2]
    return f"{first} {words[2].upper()}" if two else first
