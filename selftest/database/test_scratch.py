from __future__ import annotations

import pytest

from gonogo.errors import CannotTell, TargetRefused
from gonogo.probes.database.clones import create_database, drop_database
from gonogo.probes.database.connection import connect_admin
from gonogo.probes.database.scratch import VARIABLE
from gonogo.probes.database.server import EmbeddedServer, scratch_from_environment


def test_without_the_variable_there_is_none() -> None:
    assert scratch_from_environment({"DATABASE_URL": "postgresql://production/x"}) is None
    assert scratch_from_environment({VARIABLE: ""}) is None


def test_a_marked_database_on_this_machine_is_taken(server: EmbeddedServer) -> None:
    create_database(server.dsn(), "marked")
    with connect_admin(server.dsn()) as connection:
        connection.execute("COMMENT ON DATABASE marked IS 'gonogo scratch'")
    for dsn in (server.dsn("marked"), server.socket_dsn("marked")):
        assert scratch_from_environment({VARIABLE: dsn}) == dsn
    drop_database(server.dsn(), "marked")


def test_a_database_without_the_mark_is_refused(server: EmbeddedServer) -> None:
    create_database(server.dsn(), "unmarked")
    dsn = server.dsn("unmarked")
    with pytest.raises(TargetRefused, match="not marked as scratch") as caught:
        scratch_from_environment({VARIABLE: dsn})
    assert caught.value.found == "no comment"
    with connect_admin(server.dsn()) as connection:
        connection.execute("COMMENT ON DATABASE unmarked IS 'production'")
    with pytest.raises(TargetRefused, match="not marked as scratch") as caught:
        scratch_from_environment({VARIABLE: dsn})
    assert caught.value.found == "'production'"
    drop_database(server.dsn(), "unmarked")


def test_another_machine_is_refused_without_a_connection() -> None:
    with pytest.raises(TargetRefused, match="not on this machine"):
        scratch_from_environment({VARIABLE: "postgresql://u:p@db.example.org/x"})


def test_a_server_that_is_not_there_cannot_be_told() -> None:
    with pytest.raises(CannotTell):
        scratch_from_environment({VARIABLE: "postgresql://u:p@127.0.0.1:1/x"})
