from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from gonogo.errors import CannotTell, TargetRefused
from gonogo.probes.database.connection import Connection, connect_admin
from gonogo.probes.database.locks import LockWatcher, statement_kind, watch_locks
from gonogo.probes.database.only_place import Gap, NotHeld, OnlyPlace, action_session
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.server import EmbeddedServer
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


def end_session(owner: Connection, name: str = "gonogo migrate") -> None:
    owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [name]
    )


def test_a_watch_that_broke_off_takes_its_place_again_and_is_not_complete(
    dsn: str, owner: Connection
) -> None:
    with watch_locks(dsn, purpose="migrate") as watcher:
        wait_until(lambda: watcher.report().samples, bool, what="a look", timeout_s=10)
        end_session(owner)
        report = wait_until(
            watcher.report,
            lambda seen: any("held again at" in note for note in seen.notes),
            what="the place to be held again",
            timeout_s=10,
        )
        with pytest.raises(TargetRefused, match="another gonogo"):
            OnlyPlace(dsn, purpose="late").take()
    assert not report.complete
    assert "broke off: its session was lost at 20" in report.notes[-1]
    assert watcher.report().unguarded == ""


def test_a_watch_whose_place_cannot_be_taken_again_says_so(
    dsn: str, owner: Connection, server: EmbeddedServer
) -> None:
    database = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    with watch_locks(dsn, purpose="migrate") as watcher:
        run_script(server.dsn(), f"ALTER DATABASE {database} WITH ALLOW_CONNECTIONS false")
        end_session(owner)
        wait_until(watcher.report, lambda seen: bool(seen.unguarded), what="loss", timeout_s=10)
    report = watcher.report()
    assert not report.complete
    assert report.unguarded.startswith("the session that keeps others from acting was lost at 20")
    assert report.unguarded.endswith("not held again")
    assert len([note for note in report.notes if "broke off" in note]) == 1


def test_a_watch_that_may_not_look_goes_on_holding_its_place(
    dsn: str, server: EmbeddedServer
) -> None:
    database = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    with watch_locks(dsn, purpose="migrate") as watcher:
        wait_until(lambda: watcher.report().samples, bool, what="a look", timeout_s=10)
        run_script(server.dsn(str(database)), "REVOKE SELECT ON pg_locks FROM PUBLIC")
        wait_until(watcher.report, lambda seen: not seen.complete, what="trouble", timeout_s=10)
        run_script(server.dsn(str(database)), "GRANT SELECT ON pg_locks TO PUBLIC")
        with pytest.raises(TargetRefused, match="another gonogo"):
            OnlyPlace(dsn, purpose="late").take()
    report = watcher.report()
    assert "the reading role may not read this" in report.notes[-1]
    assert (report.complete, report.unguarded) == (False, "")


def test_who_finds_its_place_taken_by_another_says_who(dsn: str, owner: Connection) -> None:
    place, other = OnlyPlace(dsn, purpose="migrate"), OnlyPlace(dsn, purpose="run 8 backup")
    place.take()
    end_session(owner)
    wait_until(lambda: taken(other), bool, what="the place to be free", timeout_s=10)
    found = place.take_again()
    assert found is not None
    assert (found.by_other, found.by_ghost) == (True, False)
    assert "gonogo run 8 backup" in found.why
    other.close()
    assert wait_until(place.take_again, lambda left: left is None, what="it", timeout_s=10) is None
    place.close()


def taken(place: OnlyPlace) -> bool:
    try:
        place.take()
    except TargetRefused:
        return False
    return True


def test_a_session_that_the_server_still_believes_in_keeps_others_out(dsn: str) -> None:
    place = OnlyPlace(dsn, purpose="migrate")
    place.take()
    line = place.connection.fileno()
    kept = os.dup(line)
    # From here on the server hears nothing of us, as after a cable was pulled.
    with Path(os.devnull).open("r+b") as nowhere:
        os.dup2(nowhere.fileno(), line)
    found = place.take_again()
    assert found is not None
    assert (found.by_other, found.by_ghost) == (False, True)
    os.close(kept)
    assert wait_until(place.take_again, lambda left: left is None, what="it", timeout_s=10) is None
    place.close()


def test_what_a_dead_action_left_running_keeps_others_out(dsn: str) -> None:
    name = action_session("migrate", "20260125T120000Z-abc123")
    with psycopg.connect(dsn, application_name=name):
        with pytest.raises(TargetRefused, match="another gonogo") as caught:
            OnlyPlace(dsn, purpose="late", linger_s=0.2).take()
        assert name in caught.value.found
        own = OnlyPlace(dsn, purpose="own", own_applications=[name], linger_s=0.2)
        own.take()
        own.close()


def test_the_last_moments_of_an_action_that_has_just_ended_are_waited_for(dsn: str) -> None:
    name = action_session("backup", "20260125T120000Z-abc123")
    ending = psycopg.connect(dsn, application_name=name)
    timer = threading.Timer(0.3, ending.close)
    timer.start()
    place = OnlyPlace(dsn, purpose="next")
    place.take()
    place.close()
    timer.join()


AT = datetime(2026, 1, 25, 12, tzinfo=UTC)
LOST = Gap(since=AT, why="the connection was lost")


@pytest.mark.parametrize(
    ("tries", "words"),
    [
        ([None], ""),
        ([NotHeld(why="refused"), None], ""),
        ([NotHeld(why="refused")] * 8 + [None], "held again at 2026-01-25T12:00:09"),
        ([NotHeld(why="refused")], "not held again"),
        ([NotHeld(why="pid 7", by_ghost=True)] * 9, ""),
        ([NotHeld(why="pid 7", by_ghost=True), NotHeld(why="refused")], "not held again"),
        ([NotHeld(why="pid 8, gonogo x", by_other=True), None], "seen acting: pid 8, gonogo x"),
    ],
)
def test_a_gap_is_harmless_only_where_nobody_else_can_have_acted(
    tries: list[NotHeld | None], words: str
) -> None:
    gap = LOST
    for second, tried in enumerate(tries, start=1):
        gap = gap.after(tried, AT + timedelta(seconds=second))
    assert (words in gap.unguarded) if words else gap.unguarded == ""


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
