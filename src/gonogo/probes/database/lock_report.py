"""What a watch saw of a database's locks: who waited for whom, and who else wrote."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LockWait:
    """One session's wait for a lock, as long as it was seen; *statement* is its kind only."""

    waited_ms: float
    on: str
    mode: str
    waiter_pid: int
    waiter_application: str
    waiter_statement: str
    blocker_pid: int
    blocker_application: str
    blocker_statement: str
    waiter_is_own: bool

    def __str__(self) -> str:
        """Read as one line."""
        return (
            f"{self.waiter_statement or 'a session'} of {self.waiter_application or 'no name'} "
            f"(pid {self.waiter_pid}) waited {self.waited_ms:.0f} ms for {self.mode} on {self.on}, "
            f"held by {self.blocker_statement or 'a session'} of "
            f"{self.blocker_application or 'no name'} (pid {self.blocker_pid})"
        )


@dataclass(frozen=True, kw_only=True)
class OtherWriter:
    """A session that is not the action's own and held write locks on these tables."""

    pid: int
    user: str
    application: str
    tables: tuple[str, ...]

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.application or 'no name'} (pid {self.pid}) wrote {', '.join(self.tables)}"


@dataclass(frozen=True, kw_only=True)
class LockReport:
    """What was seen between the first and the last look.

    *longest_wait_ms* is the longest wait of a session that is not the action's own: what the
    product's users felt. It is short by at most one interval. *complete* is false when the watch
    broke off; then nothing follows from what it did not see. *unguarded* says when others were not
    kept from acting; empty when they were.
    """

    samples: int
    interval_ms: float
    longest_wait_ms: float
    waits: tuple[LockWait, ...]
    other_writers: tuple[OtherWriter, ...]
    complete: bool
    notes: tuple[str, ...]
    unguarded: str = ""
