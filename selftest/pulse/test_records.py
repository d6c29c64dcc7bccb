from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from gonogo.config_import import FieldSection, RecordsSection, sql_name
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import QueryResult, Reader
from gonogo.probes.pulse.records import TREND, holdings, record_of
from selftest.pulse.known import NOW

SECTION = RecordsSection(
    table="public.people",
    partner_key="partner_id",
    synced_at="synced_at",
    trend=FieldSection(column="trend"),
    fields={"score": FieldSection(column="score")},
)
TIED = {"links": "public.ties", "link_key": "row_id", "link_partner_key": "partner_id"}


class Database:
    """Answers each question by the table it asks, and keeps the questions."""

    where = "db"

    def __init__(self) -> None:
        self.asked: list[str] = []

    @contextmanager
    def session(self) -> Iterator[None]:
        yield

    def rows(self, query: str) -> QueryResult:
        self.asked.append(query)
        rows: tuple[tuple[Any, ...], ...] = ((3,),)
        if "GROUP BY" in query:
            rows = (("a@x.test", 2),)
        elif "ties" in query:
            rows = (("k1", "p1", None), ("k2", "p2", "refused"))
        elif "IS NOT NULL" in query:
            rows = (("k1", "p1", " A@x.test ", NOW, None, None, 50),)
        return QueryResult(columns=(), rows=rows)


def test_rows_addresses_and_ties_are_read() -> None:
    database = Database()
    held = holdings(cast("Reader", database), SECTION.model_copy(update=TIED))
    (record,) = held.records
    assert (record.key, record.email, record.synced_at) == ("k1", "a@x.test", NOW)
    assert record.values == {"score": 50, TREND: None}
    assert (held.rows, held.emails, held.links) == (3, {"a@x.test": 2}, {"k1": "p1", "k2": "p2"})
    assert held.link_errors == ("k2: refused",)
    assert held.by_partner_id == {"p1": record}
    assert 'FROM "public"."people"' in database.asked[0]
    assert str(held) == "1 rows with a partner's id among 3, 2 ties to the partner's"


def test_where_there_are_no_ties_none_are_asked_for() -> None:
    database = Database()
    held = holdings(cast("Reader", database), SECTION)
    assert not held.has_links
    assert len(database.asked) == 3
    assert str(held) == "1 rows with a partner's id among 3"


def test_a_place_that_nobody_named_cannot_be_read() -> None:
    with pytest.raises(CannotTell, match="where the partner's records are kept"):
        holdings(cast("Reader", Database()), RecordsSection())


def test_a_name_is_quoted() -> None:
    assert sql_name("public.people") == '"public"."people"'


def test_one_row_is_read_by_its_key() -> None:
    database = Database()
    record = record_of(cast("Reader", database), SECTION, "k'1")
    assert record is not None
    assert record.values["score"] == 50
    assert """AND "id"::text = 'k''1' ORDER""" in database.asked[0]


def test_a_row_that_is_gone_is_none() -> None:
    class Empty(Database):
        def rows(self, query: str) -> QueryResult:
            self.asked.append(query)
            return QueryResult(columns=(), rows=())

    assert record_of(cast("Reader", Empty()), SECTION, "k1") is None
