from __future__ import annotations

import psycopg
import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.clones import (
    create_clone,
    create_database,
    drop_database,
    scratch_database,
)
from gonogo.probes.database.connection import connect_admin
from gonogo.probes.database.server import EmbeddedServer


def test_a_clone_holds_the_same_and_has_the_same_owner_and_settings(
    server: EmbeddedServer, template: str
) -> None:
    create_clone(server.dsn(), "tuned", template=template)
    with connect_admin(server.dsn()) as admin:
        admin.execute("ALTER DATABASE tuned SET work_mem TO '7MB'")
    dsn = create_clone(server.dsn(), "clone", template="tuned", strategy="wal_log")
    with connect_admin(dsn) as clone:
        assert clone.execute("SELECT count(*) FROM people").fetchone() == (200,)
        found = clone.execute(
            "SELECT pg_get_userbyid(datdba), current_setting('search_path'), "
            "current_setting('work_mem') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert found == ("postgres", '"$user", public, extensions', "7MB")
    for name in ("clone", "tuned"):
        drop_database(server.dsn(), name)


def test_dropping_ends_the_sessions_on_it(server: EmbeddedServer) -> None:
    dsn = create_database(server.dsn(), "doomed")
    with connect_admin(dsn) as session:
        drop_database(server.dsn(), "doomed")
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    drop_database(server.dsn(), "doomed")


def test_a_template_that_is_in_use_names_the_sessions(server: EmbeddedServer) -> None:
    dsn = create_database(server.dsn(), "busy")
    with (
        connect_admin(dsn, application_name="somebody"),
        pytest.raises(CannotTell, match="cannot be copied") as caught,
    ):
        create_clone(server.dsn(), "copy", template="busy")
    assert "somebody" in caught.value.found
    drop_database(server.dsn(), "busy")


def test_a_scratch_database_is_gone_at_the_end(server: EmbeddedServer) -> None:
    with scratch_database(server.dsn()) as dsn, connect_admin(dsn) as connection:
        name = connection.info.dbname
    assert name.startswith("gonogo_scratch_")
    with connect_admin(server.dsn()) as admin:
        row = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    assert row is None


def test_a_name_that_is_taken_cannot_be_told(server: EmbeddedServer) -> None:
    with pytest.raises(CannotTell, match="did not answer"):
        create_database(server.dsn(), "postgres")
