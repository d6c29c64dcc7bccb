from __future__ import annotations

from dataclasses import replace
from typing import cast

from gonogo.probes.browser.expected_rows import ExpectedRows
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ListPage
from gonogo.probes.database.connection import Reader
from selftest.browser.small_app import PEOPLE, Database, SmallApp, instead, person


def test_a_list_that_shows_what_the_database_has_is_equal(lists: ListComparison) -> None:
    tabs = lists.tabs()
    assert tabs.equal
    assert tabs.checked == 2
    assert tabs.notes == ("Late has no row to tell it by",)


def test_a_tab_that_shows_too_many_differs(lists: ListComparison, app: SmallApp) -> None:
    app.broken = instead("/tab=late/", "tab=")
    lists.page.open()
    (found,) = lists.tabs().differences
    assert found.subject == "tab Late"
    assert found.expected == "0 in all, 0 cards"
    assert found.found.startswith("4 in all, 3 cards, number 1 Ann O'Neill")


def test_a_second_page_that_is_the_first_again_differs(
    lists: ListComparison, app: SmallApp
) -> None:
    app.broken = """document.addEventListener("click", (event) => {
        if (event.target.id === "next") event.stopImmediatePropagation();
    }, true);"""
    lists.page.open()
    first, *_ = lists.tabs().differences
    assert first.subject == "second page of All"
    assert "number 1 李 Wei" in first.expected
    assert "3 cards" in first.found


def test_a_list_whose_next_page_cannot_be_reached_differs(
    lists: ListComparison, app: SmallApp
) -> None:
    app.broken = """document.head.insertAdjacentHTML(
        "beforeend", "<style>#next { display: none }</style>");"""
    lists.page.open()
    (found,) = lists.tabs().differences
    assert found.subject == "there is no way Next"


def test_a_list_of_one_page_has_no_second(people: ListPage) -> None:
    section = people.section.model_copy(update={"next_page": ""})
    rows = ExpectedRows(database=cast("Reader", Database()), section=section)
    assert ListComparison(page=replace(people, section=section), rows=rows).tabs().equal


def test_names_of_a_real_target_are_not_written(lists: ListComparison, app: SmallApp) -> None:
    app.people = (person(1, "Eve", "friend"), *PEOPLE[1:])
    lists.page.open()
    (found,) = replace(lists, shown=lambda _: "#").tabs().differences
    assert "Eve" not in str(found)
    assert "number 1 #" in found.found
