"""The only place to act on a database: a session that holds an advisory lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from psycopg.conninfo import make_conninfo

from gonogo.clock import rfc3339
from gonogo.errors import CannotTell, TargetRefused, WaitTimedOut
from gonogo.probes.database.failures import explained
from gonogo.probes.database.session import (
    Connection,
    Revealing,
    connect_reader,
    hermetic_dsn,
    where_of,
)
from gonogo.waiting import wait_until

STATEMENT_TIMEOUT_S = 10.0
LINGER_S = 5.0
"""How long the sessions of an action that has just ended may still be listed."""
LONGEST_GAP = timedelta(seconds=5)
"""No action of another gonogo, which first reads all content, can come and go within this."""
LONGEST_NAME = 63
# A connection that is gone without a word is noticed within seconds, not within TCP's hours.
PATIENCE = {
    "keepalives": "1",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
# One key for every gonogo: advisory locks belong to the database they are taken in.
ADVISORY_KEY = "hashtextextended('gonogo: one action at a time', 0)"
TAKE = f"SELECT pg_try_advisory_lock({ADVISORY_KEY})"
HOLDER = f"""
SELECT l.pid, coalesce(a.application_name, ''), a.backend_start
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((l.classid::bigint << 32) | l.objid::bigint) = {ADVISORY_KEY}
"""
# The names that action_session gives.
ACTING = r"""
SELECT pid, application_name, backend_start FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^action \S+ \d{8}T\d{6}Z'
ORDER BY backend_start
"""


def action_session(name: str, run_id: str) -> str:
    """Return what the database sessions of an action's script are called."""
    return f"action {name} {run_id}"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A session that acts, or keeps others from acting."""

    pid: int
    application: str
    since: datetime | None

    def __str__(self) -> str:
        """Read as one line."""
        since = f", since {self.since:%F %T} UTC" if self.since else ""
        return f"pid {self.pid}, {self.application or 'no name'}{since}"


@dataclass(frozen=True, kw_only=True)
class NotHeld:
    """Why the place could not be taken again.

    *by_other*: another gonogo has it. *by_ghost*: the server has not noticed yet that the session
    that was lost is gone, so nobody else can have it either.
    """

    why: str
    by_other: bool = False
    by_ghost: bool = False


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A time in which the session was lost; *until* is None where it was not made again.

    *other* is the other gonogo that was seen in the place meanwhile; *by_ghost* is what the last
    try found.
    """

    since: datetime
    why: str
    until: datetime | None = None
    other: str = ""
    by_ghost: bool = False

    def after(self, tried: NotHeld | None, now: datetime) -> Gap:
        """Return it after one more try to take the place again."""
        if tried is None:
            return replace(self, until=now)
        other = tried.why if tried.by_other else self.other
        return replace(self, other=other, by_ghost=tried.by_ghost)

    def __str__(self) -> str:
        """Read as one line."""
        again = f"held again at {rfc3339(self.until)}" if self.until else "not held again"
        return f"lost at {rfc3339(self.since)} ({self.why}), {again}"

    @property
    def unguarded(self) -> str:
        """Why another gonogo may have acted meanwhile; empty where none can have."""
        if self.other:
            return f"another gonogo was seen acting: {self.other}"
        kept = self.by_ghost if self.until is None else self.until - self.since <= LONGEST_GAP
        return "" if kept else f"the session that keeps others from acting was {self}"


class OnlyPlace:
    """Taken by one gonogo at a time, over all machines; it is held as long as the session lives.

    *purpose* stands in the session's name, for the other machine to read. *own_applications* are
    patterns of what the sessions of its own action call themselves.
    """

    def __init__(
        self,
        dsn: str | Revealing,
        *,
        purpose: str,
        own_applications: Sequence[str] = (),
        linger_s: float = LINGER_S,
    ) -> None:
        self.where = where_of(dsn)
        self._dsn = make_conninfo(hermetic_dsn(dsn), **PATIENCE)
        self._name = f"gonogo {purpose}"[:LONGEST_NAME]
        self._own = tuple(own_applications)
        self._linger_s = linger_s
        self._connection: Connection | None = None
        self._pids: list[int] = []

    @property
    def connection(self) -> Connection:
        """The session that holds the place; it looks at the catalog only."""
        assert self._connection is not None
        return self._connection

    def take(self) -> None:
        """Open the session and take the place.

        Raises:
            TargetRefused: another gonogo acts on this database, or an action's session is left.
            CannotTell: no session is made.
        """
        other = self._attempt()
        if other is not None:
            raise TargetRefused(
                "another gonogo is acting on this database",
                where=self.where,
                expected="one action at a time on one target, over all machines",
                found=str(other),
                do="wait until that run is done; end that session only when its machine is gone",
            )

    def take_again(self) -> NotHeld | None:
        """Take the place after its session was lost; None when it is held again."""
        self.close()
        try:
            other = self._attempt()
        except CannotTell as error:
            return NotHeld(why=f"{error.what} ({error.found})")
        if other is None:
            return None
        ghost = other.pid in self._pids
        return NotHeld(why=str(other), by_ghost=ghost, by_other=not ghost)

    def close(self) -> None:
        """Let others act."""
        if self._connection is not None:
            self._connection.close()

    def _attempt(self) -> Holder | None:
        """Take the place, or return who has it."""
        connection = connect_reader(
            self._dsn, statement_timeout_s=STATEMENT_TIMEOUT_S, application_name=self._name
        )
        try:
            with explained(self.where, "the lock that lets one gonogo act at a time"):
                other, pid = self._other(connection), connection.info.backend_pid
        except BaseException:
            connection.close()
            raise
        if other is not None:
            connection.close()
            return other
        self._connection = connection
        self._pids.append(pid)
        return None

    def _other(self, connection: Connection) -> Holder | None:
        taken = connection.execute(TAKE).fetchone()
        if not (taken and taken[0]):
            held = connection.execute(HOLDER).fetchone()
            return _holder(held or (0, "a session that is gone by now", None))
        # A supervisor that was killed holds nothing any more, and yet the server may still be busy
        # with what its script asked for last.
        try:
            wait_until(
                lambda: self._acting(connection),
                lambda found: not found,
                what="the sessions of an earlier action to end",
                timeout_s=self._linger_s,
            )
        except WaitTimedOut:
            return self._acting(connection)
        return None

    def _acting(self, connection: Connection) -> Holder | None:
        """Return the oldest session of an action that is not this one."""
        found = (_holder(row) for row in connection.execute(ACTING).fetchall())
        return next((each for each in found if not self._is_own(each.application)), None)

    def _is_own(self, application: str) -> bool:
        return any(fnmatchcase(application, pattern) for pattern in self._own)


def _holder(row: tuple[Any, ...]) -> Holder:
    pid, application, since = row
    return Holder(pid=pid, application=application, since=since)
