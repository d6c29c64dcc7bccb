"""Who else writes: the server's write counters by table, and other sessions with open work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.session import APPLICATION_NAME, Connection

COUNTERS = """
SELECT format('%s.%s', schemaname, relname), n_tup_ins, n_tup_upd, n_tup_del
FROM pg_stat_user_tables ORDER BY 1
"""
SESSIONS = """
SELECT pid, coalesce(usename, ''), coalesce(application_name, ''), coalesce(state, ''),
       xact_start, backend_xid IS NOT NULL
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  -- Hidden, as the start is, from a role that may not see the sessions of others.
  AND coalesce(backend_type, 'client backend') = 'client backend'
  AND (xact_start IS NOT NULL OR backend_xid IS NOT NULL)
  AND coalesce(application_name, '') NOT LIKE %s
ORDER BY pid
"""
ABOUT = """
SELECT stats_reset, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
FROM pg_stat_database WHERE datname = current_database()
"""


@dataclass(frozen=True, kw_only=True)
class Writes:
    """Rows a table saw inserted, updated and deleted."""

    inserted: int
    updated: int
    deleted: int

    def __bool__(self) -> bool:
        """Whether anything was written."""
        return bool(self.inserted or self.updated or self.deleted)


@dataclass(frozen=True, kw_only=True)
class OpenTransaction:
    """Another session that has a transaction open; *writing* when it has changed something."""

    pid: int
    user: str
    application: str
    state: str
    since: datetime | None
    writing: bool


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Counters since *stats_reset*, and the open transactions of others.

    *others_visible* is false when the role may not see what other roles' sessions do: then an
    empty list of open transactions proves nothing.
    """

    tables: Mapping[str, Writes]
    open_transactions: tuple[OpenTransaction, ...]
    stats_reset: datetime | None
    others_visible: bool


def statistics(connection: Connection) -> Statistics:
    """Return the write counters by table and the open transactions of other sessions."""
    with explained(place(connection), "write statistics"):
        about = connection.execute(ABOUT).fetchone()
        counters = connection.execute(COUNTERS).fetchall()
        sessions = connection.execute(SESSIONS, [f"{APPLICATION_NAME}%"]).fetchall()
    assert about is not None
    return Statistics(
        tables={
            name: Writes(inserted=inserted, updated=updated, deleted=deleted)
            for name, inserted, updated, deleted in counters
        },
        open_transactions=tuple(
            OpenTransaction(
                pid=pid, user=user, application=name, state=state, since=since, writing=writing
            )
            for pid, user, name, state, since, writing in sessions
        ),
        stats_reset=about[0],
        others_visible=about[1],
    )


def written_between(before: Statistics, after: Statistics) -> dict[str, Writes]:
    """Return what each table saw written between the two; counters that went back count whole."""
    return {
        name: written
        for name, counters in after.tables.items()
        if (written := _since(before.tables.get(name), counters))
    }


def _since(before: Writes | None, after: Writes) -> Writes:
    if before is None or (
        before.inserted > after.inserted
        or before.updated > after.updated
        or before.deleted > after.deleted
    ):
        return after
    return Writes(
        inserted=after.inserted - before.inserted,
        updated=after.updated - before.updated,
        deleted=after.deleted - before.deleted,
    )
