"""The list of an application that people work with meanwhile, or that reads by POST."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import pytest

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.browser.detail_comparison import opened_and_closed
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.expected_rows import ExpectedRows
from gonogo.probes.browser.journey import Journey
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ControlMissing, ListPage
from gonogo.probes.browser.visit import Window, window
from gonogo.probes.database.connection import Reader
from selftest.browser.small_app import (
    ACCOUNT,
    APP,
    LIST,
    PEOPLE,
    Answer,
    Database,
    Person,
    SmallApp,
    person,
)

MORE = (
    {**PEOPLE[0], "email": "ann@example.org"},
    *PEOPLE[1:],
    person(5, "Eve Ann O'Neill", "guest"),
)
BY_POST = """const asked = window.fetch;
window.fetch = (url, init) => /text=/.test(url)
    ? asked(String(url).replace("/rows", "/rows/search"), { method: "POST" })
    : asked(url, init);"""
GONE = """new MutationObserver(() => document.querySelector("%s")?.remove())
    .observe(page, { childList: true, subtree: true });"""
READS_LET_THROUGH = "/rows(?!/search)"


@dataclass
class Live(Database):
    """Somebody changes the rows, in application and database, as the question *at* is asked."""

    app: SmallApp = field(default_factory=SmallApp)
    then: Sequence[Person] = MORE
    at: str = "rows where true"
    times: int = 1
    passed_over: int = 1
    """How many of these questions pass before."""

    def rows(self, query: str) -> Answer:
        answer = super().rows(query)
        if re.search(self.at, query):
            self.passed_over -= 1
            if self.times and self.passed_over < 0:
                self.times -= 1
                self.people = self.app.people = self.changed()
        return answer

    def changed(self) -> Sequence[Person]:
        return self.then


class Restless(Live):
    """There is one more at every question."""

    def changed(self) -> Sequence[Person]:
        number = len(self.people) + 1
        return (*self.people, person(number, f"One more {number}", "guest"))


def beside(people: ListPage, database: Database) -> ListComparison:
    rows = ExpectedRows(database=cast("Reader", database), section=LIST)
    return ListComparison(page=people, rows=rows)


LOOKS: dict[str, tuple[str, Callable[[ListComparison], Comparison]]] = {
    "tabs": ("rows where true", ListComparison.tabs),
    "searches": ("text='Ann", ListComparison.searches),
    "filters": ("kind='guest'", ListComparison.filters),
    "filters taken back": ("rows where true by", ListComparison.filters),
    "pages": ("texts of '1'", opened_and_closed),
    "cards": ("rows where true by", opened_and_closed),
}


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("passed_over", range(5))
def test_rows_that_change_while_a_page_is_looked_at_are_no_difference(
    people: ListPage, app: SmallApp, name: str, passed_over: int
) -> None:
    at, look = LOOKS[name]
    seen = look(beside(people, Live(app=app, at=at, passed_over=passed_over)))
    assert seen.equal, str(seen)


@pytest.mark.parametrize("name", ["tabs", "searches"])
def test_a_real_difference_stays_one_while_rows_change(
    people: ListPage, app: SmallApp, name: str
) -> None:
    at, look = LOOKS[name]

    class Deaf(Live):
        """The application does not hear of the change."""

        def rows(self, query: str) -> Answer:
            answer = super().rows(query)
            self.app.people = PEOPLE
            return answer

    seen = look(beside(people, Deaf(app=app, at=at, passed_over=0)))
    assert not seen.equal


def test_a_list_whose_rows_never_rest_tells_nothing(people: ListPage, app: SmallApp) -> None:
    lists = beside(people, Restless(app=app, times=99, passed_over=0))
    with pytest.raises(CannotTell, match="change faster"):
        lists.everything()


def test_an_option_that_came_meanwhile_is_looked_for_anew(people: ListPage, app: SmallApp) -> None:
    class Kinds(Database):
        """The first question does not know of guests yet."""

        asked = 0

        def rows(self, query: str) -> Answer:
            self.asked += query == "kinds"
            if query == "kinds" and self.asked == 1:
                return Answer(rows=(("friend", "friend"),))
            return super().rows(query)

    filters = beside(people, Kinds()).filters()
    assert filters.equal, str(filters)


def test_a_page_whose_row_is_taken_away_tells_nothing(people: ListPage, app: SmallApp) -> None:
    gone = Live(app=app, at="hard", then=PEOPLE[1:], passed_over=0)
    with pytest.raises(CannotTell, match="a row is gone"):
        opened_and_closed(beside(people, gone))


def test_a_control_that_went_with_the_rows_is_not_the_pages_fault(
    people: ListPage, app: SmallApp
) -> None:
    lists = beside(people, Live(app=app, people=MORE, then=PEOPLE[1:], passed_over=0))

    def gone() -> None:
        raise ControlMissing("there is no way back", expected="a way back", found="none")

    acted = lists.acted("back", people.read, partial(lists.rows.of_tab, "All"), again=gone)
    with pytest.raises(CannotTell, match="cannot be looked at again") as caught:
        list(acted)
    assert not isinstance(caught.value, ControlMissing)


def test_a_journey_goes_on_while_rows_change(opened: Window, app: SmallApp) -> None:
    page = ListPage(window=opened, section=LIST)
    lists = beside(page, Live(app=app, at="text='Ben'", passed_over=1))
    journey = Journey(lists=lists, account=ACCOUNT).go()
    assert journey.equal, str(journey)


def signed_in(opened: Window) -> ListPage:
    opened.page.context.add_init_script('localStorage.setItem("session", "1")')
    page = ListPage(window=opened, section=LIST)
    page.open()
    return page


def test_a_search_by_post_that_was_not_let_through_is_not_the_pages_fault(
    people: ListPage, app: SmallApp, rows: ExpectedRows
) -> None:
    app.broken = BY_POST
    people.open()
    with pytest.raises(CannotTell, match="not let through by this check") as caught:
        ListComparison(page=people, rows=rows).searches()
    assert f"POST {app.address}/rows/search" in caught.value.found
    assert app.written == []


def test_a_control_that_a_blocked_request_would_bring_is_not_missing(
    people: ListPage, app: SmallApp
) -> None:
    app.broken = "fetch('/rows', { method: 'POST' }).catch(() => undefined);"
    people.open()
    with pytest.raises(CannotTell) as caught:
        people.open_card("Nobody")
    assert not isinstance(caught.value, ControlMissing)
    assert "there is no card of Nobody" in caught.value.found


def test_a_search_by_post_whose_address_is_let_through_is_compared(
    engine: Engine, app: SmallApp, rows: ExpectedRows
) -> None:
    app.broken = BY_POST
    reads = APP.data.model_copy(update={"requests": "/rows"})
    section = APP.model_copy(update={"data_addresses": READS_LET_THROUGH, "data": reads})
    with window(engine.browser, app=section, address=app.address, engine="e", rest_s=0.4) as opened:
        searches = ListComparison(page=signed_in(opened), rows=rows).searches()
        opened.page.evaluate("fetch('/rows', { method: 'POST' }).catch(() => undefined)")
        blocked = opened.ear.heard().blocked
    assert searches.equal, str(searches)
    assert blocked == (f"POST {app.address}/rows",)
    assert set(app.written) == {path for path in app.written if path.startswith("/rows/search")}


def test_a_search_by_post_is_waited_for_like_any_other(engine: Engine, app: SmallApp) -> None:
    reads = APP.data.model_copy(update={"requests": "/rows"})
    section = APP.model_copy(update={"data_addresses": READS_LET_THROUGH, "data": reads})
    with window(engine.browser, app=section, address=app.address, engine="e") as opened:
        opened.open("/")
        before = opened.ear.of_page.sent
        opened.page.evaluate("fetch('/rows/search?text=a', { method: 'POST' })")
        opened.page.evaluate("fetch('/count', { method: 'POST' })")
        assert opened.ear.of_page.sent == before + 1


def test_a_card_and_a_filter_that_are_gone_while_nobody_changes_anything_differ(
    people: ListPage, app: SmallApp, rows: ExpectedRows
) -> None:
    lists = ListComparison(page=people, rows=rows)
    app.broken = GONE % "[data-id='1']"
    people.open()
    assert "there is no card of Ann O'Neill" in str(opened_and_closed(lists))
    app.broken = GONE % "label"
    people.open()
    assert "there is no filter Kind" in str(lists.filters())
