from __future__ import annotations

from contextlib import ExitStack

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gonogo.config_app import DataSection, PlanSection
from gonogo.errors import CannotTell
from gonogo.probes.application_database.connections import connections
from gonogo.probes.application_database.plans import served_by_indexes
from gonogo.probes.application_database.planting import planted
from gonogo.probes.database.connection import Reader

TABLE = "CREATE TABLE public.planted_people (id serial PRIMARY KEY, name text, active bool)"
END_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
SECTION = DataSection(
    planted_table="public.planted_people", planted={"name": "Planted {tag}", "active": False}
)


@pytest.fixture
def connection(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute(TABLE)
    return {name: str(value) for name, value in conninfo_to_dict(dsn).items()}


def names(dsn: str) -> list[tuple[str, bool]]:
    with psycopg.connect(dsn) as session:
        return session.execute("SELECT name, active FROM public.planted_people").fetchall()


def test_a_row_is_there_for_a_moment(dsn: str, connection: dict[str, str]) -> None:
    with planted(connection, SECTION, tag="abc") as row:
        assert names(dsn) == [("Planted abc", False)]
        assert (row.name, row.key) == ("Planted abc", "1")
    assert names(dsn) == []


def test_it_is_taken_away_also_when_the_look_at_it_fails(
    dsn: str, connection: dict[str, str]
) -> None:
    with pytest.raises(AssertionError), planted(connection, SECTION, tag="abc"):
        raise AssertionError
    assert names(dsn) == []


def test_a_row_that_is_gone_before_its_time_is_said(dsn: str, connection: dict[str, str]) -> None:
    with (
        pytest.raises(CannotTell, match="no row could be planted") as caught,
        planted(connection, SECTION, tag="abc"),
        psycopg.connect(dsn, autocommit=True) as session,
    ):
        session.execute("DELETE FROM public.planted_people")
    assert "0 rows were there" in caught.value.found


def test_it_is_taken_away_also_when_its_session_is_lost(
    dsn: str, connection: dict[str, str]
) -> None:
    with (
        planted(connection, SECTION, tag="abc"),
        psycopg.connect(dsn, autocommit=True) as session,
    ):
        session.execute(END_OTHERS)
    assert names(dsn) == []


def test_a_row_that_may_still_be_there_is_named(dsn: str, connection: dict[str, str]) -> None:
    with (
        pytest.raises(CannotTell, match="may still be there") as caught,
        planted(connection, SECTION, tag="abc"),
        psycopg.connect(dsn, autocommit=True) as session,
    ):
        session.execute(f"ALTER TABLE public.planted_people RENAME TO moved; {END_OTHERS}")
    assert caught.value.found.startswith("1: ")


def test_a_row_without_a_mark_is_not_planted(dsn: str, connection: dict[str, str]) -> None:
    section = SECTION.model_copy(update={"planted": {"name": "Planted", "active": False}})
    with (
        pytest.raises(CannotTell, match="no row could be planted") as caught,
        planted(connection, section, tag="abc"),
    ):
        pass
    assert "{tag}" in caught.value.found
    assert names(dsn) == []


def test_a_reader_without_rights_counts_the_sessions_of_others(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("CREATE ROLE plain_reader LOGIN PASSWORD 'plain'")
    plain = make_conninfo(dsn, user="plain_reader", password="plain")
    with ExitStack() as others:
        for _ in range(7):
            others.enter_context(psycopg.connect(dsn))
        assert connections(Reader(plain)).taken >= 8
        assert connections(Reader(plain)).taken <= connections(Reader(dsn)).taken


@pytest.mark.parametrize("table", ["public.nowhere", "public.swallowing"])
def test_a_row_that_cannot_be_planted_is_said(
    dsn: str, connection: dict[str, str], table: str
) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute(
            "CREATE TABLE public.swallowing (LIKE public.planted_people INCLUDING ALL);"
            "CREATE RULE gone AS ON INSERT TO public.swallowing DO INSTEAD NOTHING"
        )
    section = SECTION.model_copy(update={"planted_table": table})
    with (
        pytest.raises(CannotTell, match="no row could be planted"),
        planted(connection, section, tag="abc"),
    ):
        pass


def test_plans_of_a_real_server_are_read(dsn: str, connection: dict[str, str]) -> None:
    del connection
    reader = Reader(dsn)
    query = "SELECT 1 FROM public.planted_people WHERE id = 1"
    good = served_by_indexes(reader, [PlanSection(query=query, index="planted_people_pkey")])
    assert good.equal
    bad = served_by_indexes(reader, [PlanSection(query=query, index="another")])
    assert "one by planted_people_pkey" in str(bad)
    assert connections(reader).taken >= 1
