from __future__ import annotations

from dataclasses import replace

import psycopg

from gonogo.probes.database.activity import Statistics, Writes, statistics, written_between
from gonogo.probes.database.connection import Connection, connect_admin
from gonogo.waiting import wait_until

PEOPLE = "public.people"


def test_writes_of_others_are_counted_by_table(owner: Connection, reading: Connection) -> None:
    before = statistics(reading)
    owner.execute("UPDATE people SET name = 'x' WHERE number <= 3")
    owner.execute("DELETE FROM gifts WHERE id = 1")
    owner.execute("SELECT pg_stat_force_next_flush()")
    written = wait_until(
        lambda: written_between(before, statistics(reading)),
        lambda found: len(found) == 2,
        what="counters",
        timeout_s=10,
    )
    assert written[PEOPLE] == Writes(inserted=0, updated=3, deleted=0)
    assert written["public.gifts"].deleted == 1


def test_open_transactions_of_others_are_seen_and_ours_are_not(
    dsn: str, reading: Connection
) -> None:
    with (
        psycopg.connect(dsn, application_name="app") as other,
        connect_admin(dsn, application_name="gonogo x") as own,
        own.transaction(),
    ):
        own.execute("SELECT 1")
        other.execute("SELECT 1")
        (seen,) = statistics(reading).open_transactions
        assert (seen.application, seen.writing, seen.user) == ("app", False, "postgres")
        assert seen.since is not None
        other.execute("UPDATE people SET name = 'x'")
        (seen,) = statistics(reading).open_transactions
        assert seen.writing
        other.rollback()
    found = statistics(reading)
    assert found.open_transactions == ()
    assert found.others_visible


def _with(counts: dict[str, tuple[int, int, int]]) -> Statistics:
    return Statistics(
        tables={
            name: Writes(inserted=i, updated=u, deleted=d) for name, (i, u, d) in counts.items()
        },
        open_transactions=(),
        stats_reset=None,
        others_visible=True,
    )


def test_counters_that_went_back_or_are_new_count_whole() -> None:
    before = _with({"a": (5, 5, 5), "b": (1, 1, 1), "c": (9, 9, 9)})
    after = _with({"a": (5, 6, 5), "b": (1, 1, 1), "c": (1, 0, 0), "d": (2, 0, 0), "e": (0, 0, 0)})
    assert written_between(before, after) == {
        "a": Writes(inserted=0, updated=1, deleted=0),
        "c": Writes(inserted=1, updated=0, deleted=0),
        "d": Writes(inserted=2, updated=0, deleted=0),
    }
    assert written_between(before, replace(before)) == {}
