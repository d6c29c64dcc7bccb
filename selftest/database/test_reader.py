from __future__ import annotations

import psycopg
import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.clones import on_database
from gonogo.probes.database.connection import Connection, Reader
from gonogo.probes.database.locks import watch_locks
from gonogo.probes.database.preparation import apply_reader, run_script
from gonogo.probes.database.programs import run_program
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries
from gonogo.waiting import wait_until


@pytest.fixture
def reader(dsn: str, server: EmbeddedServer, owner: Connection) -> Reader:
    apply_reader(dsn, schemas=["public"], password="it's a \\ word")
    reading = server.dsn(owner.info.dbname, "gonogo_reader", "it's a \\ word")
    return Reader(reading, exclude_tables=["gifts"])


def test_it_says_which_database_it_reads_and_not_how(reader: Reader, owner: Connection) -> None:
    info = owner.info
    assert repr(reader) == f"Reader(127.0.0.1:{info.port}/{info.dbname})"


def test_no_session_is_open_outside_of_its_block(reader: Reader) -> None:
    assert not reader.is_open
    assert reader.rows("SELECT 1 AS one").columns == ("one",)
    assert not reader.is_open
    with reader.session() as outer:
        assert reader.is_open
        with reader.session() as inner:
            assert inner is outer
        assert reader.is_open
    assert not reader.is_open
    assert outer.closed


def test_it_knows_who_it_reads(reader: Reader, server: EmbeddedServer, owner: Connection) -> None:
    identity = reader.identity()
    assert identity.database == owner.info.dbname
    assert identity.user == "gonogo_reader"
    assert identity.server_version_number // 10000 == server.binaries.major
    assert identity.system_identifier.isdigit()
    assert not identity.encrypted
    admin = Reader(on_database(server.dsn(), owner.info.dbname))
    assert admin.identity().system_identifier == identity.system_identifier


def test_an_identifier_it_may_not_ask_for_is_empty(reader: Reader, server: EmbeddedServer) -> None:
    admin = server.dsn(reader.where.rpartition("/")[2])
    run = "REVOKE EXECUTE ON FUNCTION pg_control_system FROM PUBLIC"
    run_script(admin, run)
    assert reader.identity().system_identifier == ""


def test_every_observation_works_with_the_shipped_role(reader: Reader) -> None:
    prints = reader.fingerprint()
    assert set(prints) == {"public.people"}
    assert set(reader.fingerprint({"public.people": ("id",)})) == {"public.people"}
    assert "public.people" in reader.snapshot().of("table")
    assert reader.statistics().others_visible in (True, False)
    assert reader.open_to_anonymous({"public.gifts"}).checked == 1


def test_tables_made_later_are_readable(reader: Reader, owner: Connection) -> None:
    owner.execute("CREATE TABLE later (a int); INSERT INTO later VALUES (1)")
    assert reader.fingerprint()["public.later"].rows == 1


def test_it_cannot_write_or_look_into_managed_schemas(reader: Reader) -> None:
    with pytest.raises(CannotTell, match="did not answer"):
        reader.rows("DELETE FROM people RETURNING 1")
    with pytest.raises(CannotTell, match="may not read this"):
        reader.rows("SELECT * FROM vault.secrets")


def test_a_query_without_rows_by_nature_is_refused(reader: Reader) -> None:
    with pytest.raises(CannotTell, match="returns no rows"):
        reader.rows("SET work_mem = '5MB'")


def test_rows_come_back_as_the_query_gave_them(reader: Reader) -> None:
    found = reader.rows("SELECT number, name FROM people WHERE name LIKE '%son 1' ORDER BY 1")
    assert found.rows == ((1, "Person 1"),)


def test_an_exported_snapshot_keeps_the_moment_for_pg_dump_and_for_itself(
    reader: Reader, owner: Connection, dsn: str, binaries: PostgresBinaries
) -> None:
    with reader.exported_snapshot() as snapshot_id:
        reader.snapshot()
        assert reader.rows("SELECT count(*) FROM people").rows == ((200,),)
        owner.execute("DELETE FROM people WHERE number > 100")
        assert reader.fingerprint()["public.people"].rows == 200
        dump = run_program(
            binaries,
            "pg_dump",
            [f"--snapshot={snapshot_id}", "--data-only", "--table=people"],
            dsn=dsn,
        )
    assert dump.exit_status == 0
    assert dump.stdout.count("@example.org") == 200
    assert reader.fingerprint()["public.people"].rows == 100


def test_a_role_that_may_not_see_others_sees_at_least_who_writes(
    reader: Reader, dsn: str, server: EmbeddedServer, owner: Connection
) -> None:
    assert not reader.statistics().others_visible
    reading = server.dsn(owner.info.dbname, "gonogo_reader", "x")
    with (
        watch_locks(reading, purpose="migrate", own_applications=["psql"]) as watcher,
        psycopg.connect(dsn, application_name="app") as other,
        psycopg.connect(dsn, application_name="psql") as own,
    ):
        other.execute("UPDATE people SET name = 'x' WHERE number = 1")
        own.execute("UPDATE people SET name = 'x' WHERE number = 2")
        seen = {each.application: each for each in reader.statistics().open_transactions}
        assert seen["app"].writing
        assert seen["app"].since is None
        wait_until(lambda: watcher.report().other_writers, bool, what="writer", timeout_s=10)
    (writer,) = watcher.report().other_writers
    assert writer.application == "app"
