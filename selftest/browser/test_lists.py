from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.browser.detail_comparison import opened_and_closed
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.expected_rows import HOSTILE, ExpectedRows
from gonogo.probes.browser.journey import Journey
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ControlMissing, ListPage
from gonogo.probes.browser.signing_in import (
    Account,
    leave_nobody_signed_in,
    session_of,
    sign_in,
    sign_out,
)
from gonogo.probes.browser.visit import Window, window
from gonogo.probes.database.connection import Reader
from selftest.browser.small_app import (
    ACCOUNT,
    APP,
    LIST,
    PEOPLE,
    Database,
    SmallApp,
    instead,
)

REMOVED = """new MutationObserver(() => document.querySelector("%s")?.remove())
    .observe(page, { childList: true, subtree: true });"""
DEAD = """document.addEventListener("click", (event) => {
    if (event.target.matches("%s")) event.stopImmediatePropagation();
}, true);"""
HOME_ON_BACK = """document.addEventListener("click", (event) => {
    if (event.target.id !== "back") return;
    event.stopImmediatePropagation();
    go("/");
}, true);"""


def test_a_database_without_any_row_tells_nothing(people: ListPage) -> None:
    empty = ExpectedRows(database=cast("Reader", Database(people=())), section=LIST)
    lists = ListComparison(page=people, rows=empty)
    for look in (lists.tabs, lists.searches, lists.filters, lambda: opened_and_closed(lists)):
        with pytest.raises(CannotTell):
            look()


def test_searches_find_what_the_database_finds(lists: ListComparison) -> None:
    searches = lists.searches()
    assert searches.equal, str(searches)
    assert searches.checked == len(HOSTILE) + 6


def test_a_search_that_minds_capitals_differs(lists: ListComparison, app: SmallApp) -> None:
    app.broken = instead("/text=[^&]*[A-Z][^&]*/", "text=nobody")
    lists.page.open()
    assert "search for" in str(lists.searches())


def test_a_search_that_breaks_on_a_percent_sign_differs(
    lists: ListComparison, app: SmallApp
) -> None:
    app.broken = instead("/text=%25/", "text=")
    lists.page.open()
    (found,) = lists.searches().differences
    assert found.subject == "search for '%'"


def test_a_page_without_a_search_box_differs_and_is_not_asked_for_ever(
    lists: ListComparison, app: SmallApp
) -> None:
    app.broken = REMOVED % "input[type=search]"
    lists.page.open()
    differences = lists.searches().differences
    assert len(differences) == 3
    assert differences[0].expected == "a search box Search people"
    assert "the page shows: People" in differences[0].found


def test_filters_show_what_the_database_has(lists: ListComparison) -> None:
    filters = lists.filters()
    assert filters.equal, str(filters)
    assert filters.checked == 2


@pytest.mark.parametrize(
    ("pattern", "text", "subject"),
    [
        ("/kind=guest/", "kind=Guest", "Kind: guest"),
        ("/kind=friend/", "kind=", "Kind: friend"),
    ],
)
def test_a_filter_that_finds_nothing_or_everything_differs(
    lists: ListComparison, app: SmallApp, pattern: str, text: str, subject: str
) -> None:
    app.broken = instead(pattern, text)
    lists.page.open()
    (found,) = lists.filters().differences
    assert found.subject == subject


def test_filters_that_cannot_be_cleared_or_lack_an_option_differ(
    lists: ListComparison, app: SmallApp
) -> None:
    app.broken = DEAD % "#clear" + REMOVED % "option:nth-child(3)"
    lists.page.open()
    subjects = [each.subject for each in lists.filters().differences]
    assert subjects == [
        "options of Kind",
        "there is no filter Kind with an option guest",
        "Clear filters after Kind",
    ]


def test_a_page_without_filters_differs(lists: ListComparison, app: SmallApp) -> None:
    nowhere = LIST.model_copy(update={"filter_button": "Sieve"})
    page = replace(lists.page, section=nowhere)
    filters = replace(lists, page=page).filters()
    assert [each.expected for each in filters.differences] == ["a button Sieve"]


def test_the_page_of_each_row_is_its_own(lists: ListComparison) -> None:
    pages = opened_and_closed(lists)
    assert pages.equal, str(pages)
    assert pages.checked == 4


@pytest.mark.parametrize(
    ("broken", "subject"),
    [
        (instead("/id=3/", "id=2"), "Zoë 100% opened by its address"),
        (instead("/id=1/", "id=99"), "Ann O'Neill opened by its card"),
        (
            HOME_ON_BACK,
            "the list after it",
        ),
    ],
)
def test_a_wrong_page_and_a_wrong_way_back_differ(
    lists: ListComparison, app: SmallApp, broken: str, subject: str
) -> None:
    app.broken = broken
    lists.page.open()
    assert subject in [each.subject for each in opened_and_closed(lists).differences]


def test_a_page_that_is_refused_or_blank_or_has_others_data_differs(
    lists: ListComparison, app: SmallApp
) -> None:
    app.people = tuple({**each, "email": "other"} for each in PEOPLE)
    app.status = 404
    app.broken = 'if (location.pathname === "/people/3") document.body.hidden = true;'
    lists.page.open()
    found = [each.found for each in opened_and_closed(lists).differences]
    assert {"Ann O'Neill at /people/1", "HTTP 404", "a blank page at /people/3"} <= {*found}


def test_the_journey_goes_through_all_steps(opened: Window, rows: ExpectedRows) -> None:
    lists = ListComparison(page=ListPage(window=opened, section=LIST), rows=rows)
    journey = Journey(lists=lists, account=ACCOUNT).go()
    assert journey.equal, str(journey)
    assert journey.checked == 10


def test_the_journey_by_touch_and_by_keys(
    engine: Engine, app: SmallApp, rows: ExpectedRows
) -> None:
    with window(
        engine.browser,
        app=APP,
        address=app.address,
        engine="a phone",
        types_keys=True,
        options={"has_touch": True},
    ) as opened:
        lists = ListComparison(page=ListPage(window=opened, section=LIST), rows=rows)
        journey = Journey(lists=lists, account=ACCOUNT).go()
    assert journey.equal, str(journey)


@pytest.mark.parametrize(
    ("broken", "went", "subject"),
    [
        (instead("/text=/", "x="), "sign in, the list, search", "search"),
        ('console.error("odd");', "sign in", "console"),
        (
            DEAD % "header button",
            "sign out",
            "sign out",
        ),
        (
            DEAD % "#more",
            "filters, filter",
            "there is no filter Kind with an option friend",
        ),
    ],
)
def test_the_journey_ends_where_it_fails(  # noqa: PLR0917 - three of them are the case
    opened: Window, app: SmallApp, rows: ExpectedRows, broken: str, went: str, subject: str
) -> None:
    app.broken = broken
    lists = ListComparison(page=ListPage(window=opened, section=LIST), rows=rows)
    journey = Journey(lists=lists, account=ACCOUNT).go()
    assert went in journey.notes[0]
    assert subject in [each.subject for each in journey.differences]


def test_after_a_journey_that_broke_off_nobody_is_signed_in(
    opened: Window, app: SmallApp, rows: ExpectedRows
) -> None:
    app.broken = instead("/text=/", "x=")
    lists = ListComparison(page=ListPage(window=opened, section=LIST), rows=rows)
    assert not Journey(lists=lists, account=ACCOUNT).go().equal
    out = opened.page.get_by_role("button", name=APP.sign_in.sign_out, exact=True)
    assert out.count() == 1
    leave_nobody_signed_in(opened)
    assert out.count() == 0
    leave_nobody_signed_in(opened)


def test_a_journey_without_filters_leaves_them_out(opened: Window, rows: ExpectedRows) -> None:
    bare = LIST.model_copy(update={"filters": ()})
    page = ListPage(window=opened, section=bare)
    lists = ListComparison(page=page, rows=replace(rows, section=bare))
    journey = Journey(lists=lists, account=ACCOUNT).go()
    assert journey.equal, str(journey)
    assert journey.checked == 7


def test_a_refused_password_is_said_in_the_applications_words(
    opened: Window, rows: ExpectedRows
) -> None:
    wrong = Account(user="ada@example.org", password="wrong")
    with pytest.raises(CannotTell) as refused:
        sign_in(opened, wrong)
    assert refused.value.found == "Refused"
    assert "wrong" not in repr(wrong)
    lists = ListComparison(page=ListPage(window=opened, section=LIST), rows=rows)
    (found,) = Journey(lists=lists, account=wrong).go().differences
    assert (found.subject, found.found) == ("sign in", "Refused")


def test_a_session_goes_with_another_window_until_it_is_ended(
    opened: Window, engine: Engine, app: SmallApp
) -> None:
    sign_in(opened, ACCOUNT)
    kept = {"storage_state": session_of(opened)}
    with window(engine.browser, app=APP, address=app.address, engine="it", options=kept) as other:
        ListPage(window=other, section=LIST).open()
        sign_out(other)
        with pytest.raises(CannotTell, match="session of the checks"):
            sign_out(other)


def test_a_list_with_one_tab_has_none_to_choose(people: ListPage) -> None:
    single = LIST.model_copy(update={"tabs": LIST.tabs[:1], "filter_button": ""})
    page = replace(people, section=single)
    page.show_tab("All")
    page.show_filters()


def test_a_card_that_is_not_there_is_a_missing_control(people: ListPage) -> None:
    with pytest.raises(ControlMissing, match="card of Nobody"):
        people.open_card("Nobody")


def test_a_missing_control_on_real_data_names_nobody(people: ListPage) -> None:
    people.search("Zoë")
    real = replace(people, window=replace(people.window, real_data=True))
    with pytest.raises(ControlMissing) as missing:
        real.open_card("Somebody Known")
    assert "Known" not in str(missing.value)
    assert "0 alerts, 1 headings" in missing.value.found


def test_a_list_that_is_gone_shows_nothing(people: ListPage) -> None:
    people.window.page.close()
    assert str(people.read()) == "no number, 0 cards"
