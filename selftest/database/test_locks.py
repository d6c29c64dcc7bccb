from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from gonogo.errors import CannotTell, TargetRefused
from gonogo.probes.database.connection import Connection, connect_admin
from gonogo.probes.database.locks import LockWatcher, statement_kind, watch_locks
from gonogo.waiting import pause, wait_until


@contextmanager
def _waiting_writer(dsn: str, application: str) -> Iterator[None]:
    """A session that waits in another thread until what it waits for is let go."""

    def write() -> None:
        with connect_admin(dsn, application_name=application) as connection:
            connection.execute("UPDATE people SET name = 'x' WHERE number = 1")

    thread = threading.Thread(target=write)
    thread.start()
    yield
    thread.join()


def _until_waits(watcher: LockWatcher, at_least_ms: float) -> None:
    wait_until(
        lambda: max((each.waited_ms for each in watcher.report().waits), default=0.0),
        lambda longest: longest >= at_least_ms,
        what="a wait",
        timeout_s=10,
        interval_s=0.01,
    )


def test_a_write_that_waits_is_measured_with_its_blocker(dsn: str) -> None:
    with (
        watch_locks(dsn, purpose="migrate") as watcher,
        psycopg.connect(dsn, application_name="psql") as migration,
    ):
        migration.execute("/* 001 */ -- secret\n CREATE INDEX i ON people (email)")
        with _waiting_writer(dsn, "app"):
            _until_waits(watcher, 100)
            migration.rollback()
    report = watcher.report()
    (wait,) = report.waits
    assert report.complete
    assert report.samples > 3
    assert 100 <= report.longest_wait_ms == wait.waited_ms < 5000
    assert (wait.waiter_application, wait.waiter_statement) == ("app", "UPDATE")
    assert (wait.blocker_application, wait.blocker_statement) == ("psql", "CREATE INDEX")
    assert wait.on == "people"
    assert "CREATE INDEX of psql" in report.notes[0]
    assert "secret" not in str(report)


def test_the_action_s_own_wait_is_not_what_users_felt(dsn: str) -> None:
    with (
        watch_locks(dsn, purpose="migrate", own_applications=["action migrate"]) as watcher,
        psycopg.connect(dsn, application_name="app") as reader,
    ):
        reader.execute("UPDATE people SET name = 'y' WHERE number = 1")
        with _waiting_writer(dsn, "action migrate"):
            _until_waits(watcher, 30)
            reader.rollback()
    report = watcher.report()
    assert report.longest_wait_ms == 0.0
    assert report.waits[0].waiter_is_own


def test_other_sessions_that_write_are_named_with_their_tables(dsn: str) -> None:
    with (
        watch_locks(dsn, purpose="migrate", own_applications=["action migrate"]) as watcher,
        psycopg.connect(dsn, application_name="app") as other,
        psycopg.connect(dsn, application_name="action migrate") as own,
    ):
        other.execute("UPDATE people SET name = 'y' WHERE number = 1")
        other.execute("DELETE FROM gifts WHERE id = 3")
        own.execute("LOCK TABLE gifts IN ROW EXCLUSIVE MODE")
        wait_until(
            lambda: watcher.report().other_writers,
            lambda seen: bool(seen) and len(seen[0].tables) == 2,
            what="the writer",
            timeout_s=10,
        )
    (writer,) = watcher.report().other_writers
    assert (writer.application, writer.user) == ("app", "postgres")
    assert writer.tables == ("public.gifts", "public.people")
    assert "app (pid" in watcher.report().notes[0]


def test_a_second_one_is_refused_and_told_who_acts(dsn: str) -> None:
    with watch_locks(dsn, purpose="run 7 migrate") as first:
        with (
            pytest.raises(TargetRefused, match="another gonogo") as caught,
            watch_locks(dsn, purpose="late"),
        ):
            pass
        assert "gonogo run 7 migrate" in caught.value.found
        assert "since 20" in caught.value.found
        pause(0.03)
    assert first.report().complete
    with watch_locks(dsn, purpose="next"):
        pass


def test_a_watch_that_broke_off_is_not_complete(dsn: str, owner: Connection) -> None:
    with watch_locks(dsn, purpose="migrate") as watcher:
        wait_until(lambda: watcher.report().samples, bool, what="a look", timeout_s=10)
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'gonogo migrate'"
        )
        report = wait_until(
            watcher.report, lambda seen: not seen.complete, what="the break", timeout_s=10
        )
    assert "broke off" in report.notes[-1]


def test_a_target_that_cannot_be_reached_cannot_be_watched() -> None:
    with (
        pytest.raises(CannotTell),
        watch_locks("host=127.0.0.1 port=1 user=a dbname=b", purpose="x"),
    ):
        pass


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("select * from people where name = 'x'", "SELECT"),
        ("  -- why\n/* note */ alter table people add x int", "ALTER TABLE"),
        ("COMMIT", "COMMIT"),
        ("create", "CREATE"),
        ("<insufficient privilege>", ""),
        ("", ""),
    ],
)
def test_of_a_statement_only_its_kind_is_kept(query: str, kind: str) -> None:
    assert statement_kind(query) == kind
