from __future__ import annotations

from collections.abc import Iterator

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.browser.held_back import refuse_if_held_back
from gonogo.probes.browser.unchanged import while_unchanged


class Page:
    """Shows what *shown* says, one after the other, each time it is brought to ask."""

    def __init__(self, *shown: int) -> None:
        self._shown: Iterator[int] = iter(shown)
        self.shows = next(self._shown)
        self.asked = 1

    def ask(self) -> None:
        self.shows = next(self._shown)
        self.asked += 1

    def beside(self, wanted: int) -> list[str]:
        return [] if self.shows == wanted else [f"{self.shows} for {wanted}"]


def seen(page: Page, *rows: int) -> list[str]:
    told = iter(rows)
    return while_unchanged(lambda: next(told), page.beside, anew=page.ask, where="db")


def test_a_page_that_shows_the_rows_is_looked_at_once() -> None:
    page = Page(4)
    assert seen(page, 4) == []
    assert page.asked == 1


def test_a_difference_beside_rows_that_stayed_is_real_at_once() -> None:
    page = Page(3)
    assert seen(page, 4, 4) == ["3 for 4"]
    assert page.asked == 1


def test_rows_that_changed_before_the_page_asked_are_no_difference() -> None:
    page = Page(5, 5)
    assert seen(page, 4, 5) == []


def test_a_page_that_stays_wrong_after_the_change_differs() -> None:
    page = Page(3, 3)
    assert seen(page, 4, 5, 5) == ["3 for 5"]
    assert page.asked == 2


def test_rows_that_never_rest_tell_nothing() -> None:
    with pytest.raises(CannotTell, match="change faster") as caught:
        seen(Page(0, 0, 0), 1, 2, 3, 4)
    assert caught.value.where == "db"


def test_what_is_wrong_while_something_was_blocked_is_not_said_of_the_page() -> None:
    with pytest.raises(CannotTell) as caught:
        refuse_if_held_back(["3 for 4"], ["POST https://x/rest/v1/rpc/search"], where="page")
    assert "not let through: POST https://x/rest/v1/rpc/search; 3 for 4" in str(caught.value)
    assert "app.data_addresses" in caught.value.do
    refuse_if_held_back([], ["POST https://x/"], where="page")
    refuse_if_held_back(["3 for 4"], [], where="page")
