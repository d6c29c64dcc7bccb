from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import cast
from zoneinfo import ZoneInfo

import httpx
import pytest

from gonogo.config_app import PulseSection
from gonogo.config_import import FieldSection, RecordsSection
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.visit import Window, window
from gonogo.probes.database.connection import QueryResult, Reader
from gonogo.probes.pulse.journey import Journey
from gonogo.probes.pulse.shape import answered_shape
from gonogo.probes.pulse.shown import Told
from gonogo.vendors.pulse import Pulse
from selftest.pulse.conftest import APP
from selftest.pulse.known import NOW
from selftest.pulse.partner_app import IMPORT, REQUESTS, SYNC, PartnerApp
from selftest.pulse.test_records import Database
from selftest.unit.dossiers import SetClock
from selftest.vendors.test_pulse import Partner

AGREED = PulseSection(
    requests=REQUESTS,
    bulk_import=IMPORT,
    sync=SYNC,
    records=RecordsSection(
        table="people",
        partner_key="partner_id",
        fields={"score": FieldSection(column="score", kind="number", shown=".score")},
    ),
    shape={"id": "text"},
)


class People(Database):
    """One row that carries the id of the partner's first record."""

    def rows(self, query: str) -> QueryResult:
        if "IS NOT NULL" in query:
            row = ("k1", "p0", "a@x.test", NOW, None, None, 50)
            return QueryResult(columns=(), rows=(row,))
        return super().rows(query)


@pytest.fixture
def journey(engine: Engine, app: PartnerApp, request: pytest.FixtureRequest) -> Journey:
    allowed = getattr(request, "param", True)

    @contextmanager
    def open_window(*, may_write: bool = False) -> Iterator[Window]:
        with window(
            engine.browser, app=APP, address=app.address, engine="e", may_write=may_write
        ) as opened:
            yield opened

    return Journey(
        pulse=Partner(3).client(change_path="/box/{id}", change_key="door"),
        agreed=AGREED,
        database=cast("Reader", People()),
        open_window=open_window,
        config_path="/config.json",
        detail_path="/people/{id}",
        server_log="",
        told_by=Told(ZoneInfo("UTC"), "%F"),
        may_import=allowed,
        may_sync=allowed,
        names=lambda: {"k1": "Ann"},
    )


def test_the_steps_are_taken_one_after_the_other(journey: Journey, app: PartnerApp) -> None:
    arrived = journey.arrive()
    assert arrived.before is not None
    assert "no log of the server" in arrived.server_log
    assert arrived.our_import.succeeded
    assert journey.again(arrived).our_import.figure("imported") == 1
    (page,) = journey.look(arrived)
    assert page.fields["score"] == (("50", ""),)
    assert page.names == {"Ann"}
    assert "/people/k1" in app.asked


@pytest.mark.parametrize("journey", [True, False], indirect=True, ids=["ours", "others'"])
def test_the_age_of_a_change_counts_from_the_reading_of_the_rows(journey: Journey) -> None:
    clock = SetClock(at=NOW)
    arrived = replace(journey, clock=clock).arrive()
    assert arrived.read_at == NOW
    assert arrived.timing(SYNC).interval == timedelta(minutes=SYNC.interval_minutes)
    assert arrived.timing(SYNC).imported == (NOW if arrived.seen else None)


def test_the_partner_is_asked_after_the_rows(journey: Journey) -> None:
    asked: list[str] = []

    class Noting(People):
        def rows(self, query: str) -> QueryResult:
            asked.append("rows")
            return super().rows(query)

    class NotingPartner(Partner):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            asked.append("partner")
            return super().__call__(request)

    noting = replace(journey, database=cast("Reader", Noting()), pulse=NotingPartner(3).client())
    noting.arrive()
    assert asked[0] == "partner", "nothing is imported from a partner who has nobody"
    assert asked[-1] == "partner"
    asked.clear()
    replace(noting, may_import=False).arrive()
    assert asked == ["rows", "rows", "rows", "partner"]


@pytest.mark.parametrize(
    ("scores", "looks"),
    [((50,), 1), ((49, 49), 1), ((49, 50), 2), ((49, 48, 48), 2)],
    ids=["right", "wrong", "changed meanwhile", "changed and wrong"],
)
def test_a_row_that_changes_while_its_page_is_read_is_read_anew(
    journey: Journey, app: PartnerApp, scores: tuple[int, ...], looks: int
) -> None:
    told = iter(scores)

    class Changing(People):
        def rows(self, query: str) -> QueryResult:
            if "IS NOT NULL AND" in query:
                row = ("k1", "p0", "a@x.test", NOW, None, None, next(told))
                return QueryResult(columns=(), rows=(row,))
            return super().rows(query)

    changing = replace(journey, database=cast("Reader", Changing()), may_import=False)
    (page,) = changing.look(changing.arrive())
    assert page.record.values["score"] == scores[-1]
    assert app.asked.count("/people/k1") == looks


def test_a_row_that_is_gone_has_no_page(journey: Journey) -> None:
    class Gone(People):
        def rows(self, query: str) -> QueryResult:
            none = "IS NOT NULL AND" in query
            return QueryResult(columns=(), rows=()) if none else super().rows(query)

    gone = replace(journey, database=cast("Reader", Gone()), may_import=False)
    assert gone.look(gone.arrive()) == ()


def test_one_interval_brings_what_was_changed_on_purpose(journey: Journey) -> None:
    synced = journey.sync(journey.arrive())
    assert synced.seen.due == 1
    assert synced.changed == ()
    assert journey.limit().afterwards == 1


@pytest.mark.parametrize("journey", [False], indirect=True)
def test_where_nothing_is_allowed_nothing_is_done(journey: Journey, app: PartnerApp) -> None:
    arrived = journey.arrive()
    assert (arrived.before, arrived.seen) == (None, None)
    assert journey.sync(arrived).seen.due == 1
    assert not [each for each in app.asked if each.startswith(REQUESTS)]


def test_a_page_of_records_is_asked_for_its_shape(journey: Journey) -> None:
    pulse: Pulse = journey.pulse
    compared = answered_shape(pulse, shape={"id": "text"})
    assert compared.equal
