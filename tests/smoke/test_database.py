"""Phase 3, database connectivity: do pages show what the database holds, in good time?"""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from gonogo.config import Settings
from gonogo.config_app import DataSection
from gonogo.config_contacts import ContactsSection
from gonogo.evidence import Evidence
from gonogo.probes.application_database.connections import LogPosition, connections
from gonogo.probes.application_database.plans import served_by_indexes
from gonogo.probes.application_database.planting import planted
from gonogo.probes.application_database.questions import Measured, measure, questions_of
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.list_page import ListPage
from gonogo.probes.database.connection import Reader
from gonogo.provider import Instance
from gonogo.pytest_plugin.browsing import Browsers


@pytest.fixture(scope="session")
def data(settings: Settings) -> DataSection:
    """How the application reads its database."""
    return settings.app.data


@pytest.fixture(scope="session")
def log_position(instance: Instance) -> LogPosition:
    """Where the server's log ended before this step asked anything."""
    return LogPosition.at_end(instance.server_log)


@pytest.fixture(scope="session")
def measured(
    log_position: LogPosition,
    data: DataSection,
    browsers: Browsers,
    engine: Engine,
    session: dict[str, Any],
) -> Measured:
    """The pages' own questions, asked as often as was planned."""
    with browsers.window(engine, session=session) as window:
        questions = questions_of(window, data.pages, data.requests)
    return measure(questions, number=data.measured, limit_ms=data.limit_ms)


@pytest.mark.item("SMK-3.1")
def test_pages_show_what_the_database_holds(
    list_page: ListPage,
    contacts: ContactsSection,
    database: Reader,
    instance: Instance,
    settings: Settings,
    evidence: Evidence,
) -> None:
    """A row of the database is found on the list; one planted for a moment has its page."""
    rows = database.rows(contacts.rows.format(condition="true", order=contacts.order)).rows
    name = rows[len(rows) // 2][1]
    list_page.search(name)
    found = list_page.until(lambda listing: name in listing.names, at_once=True)
    evidence.record("a row of the database", found=name in found.names, source=list_page.where)
    assert name in found.names, f"the list does not have it: {found}"
    if may_plant(instance, settings):
        with planted(instance.script_connection, settings.app.data, tag=new_tag()) as row:
            list_page.open_detail(row.key)
            look = evidence.observe("the page of a planted row", list_page.detail, row.name)
        assert row.name in look.headings, f"the page of the planted row says {look.headings}"


def may_plant(instance: Instance, settings: Settings) -> bool:
    """Whether a row may be planted here: the target allows it, and there is a way to."""
    allowed = "target-write" in settings.target.actions
    return allowed and bool(instance.script_connection and settings.app.data.planted_table)


def new_tag() -> str:
    """Return a word that nobody else has."""
    return f"gonogo-{secrets.token_hex(6)}"


@pytest.mark.item("SMK-3.2")
def test_no_connection_fails(
    measured: Measured,
    log_position: LogPosition,
    database: Reader,
    data: DataSection,
    evidence: Evidence,
) -> None:
    """Every question of the pages is answered, and the server has connections left."""
    evidence.record("questions of the pages", found=measured, source=measured.where)
    taken = evidence.observe("connections", connections, database)
    refused = evidence.observe("refusals in the server's log", log_position.refusals)
    assert not measured.failures, "; ".join(measured.failures)
    assert taken.share < data.most_connections, str(taken)
    assert not refused, "; ".join(refused)


@pytest.mark.item("SMK-3.3")
def test_answers_come_in_good_time(
    measured: Measured, database: Reader, data: DataSection, evidence: Evidence
) -> None:
    """The p95 of the pages' own questions is below the limit; new indexes serve their queries."""
    evidence.record("questions of the pages", found=measured, source=measured.where)
    plans = evidence.observe("plans", served_by_indexes, database, data.plans)
    assert measured.decision, str(measured)
    assert plans.equal, str(plans)
