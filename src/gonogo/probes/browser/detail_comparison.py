"""The page of one row that a person opens, beside what the database says of that row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.browser.expected_rows import Row
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ControlMissing
from gonogo.probes.browser.look import Look
from gonogo.probes.browser.missing_controls import difference_of
from gonogo.probes.browser.unchanged import while_unchanged

OK = 200


def opened_and_closed(lists: ListComparison) -> Comparison:
    """Open a row's page by its card, close it, and open it and others by their addresses.

    Each must show that row and no other; closing must lead back to the list as it was.
    """
    page, rows = lists.page, lists.rows
    with rows.database.session():
        chosen = rows.unambiguous()
        differences = list(lists.everything().differences)
        differences += _by_its_card(lists)
        by_address = (chosen, *rows.hard_to_draw())
        for row in by_address:
            status = page.open_detail(row.id)
            how = "opened by its address"
            if status != OK:
                differences.append(_answered(f"{lists.shown(row.name)} {how}", status))
            differences += page_of(lists, row, how)
    return Comparison(
        subject="pages of single rows",
        checked=2 + len(by_address),
        differences=tuple(differences),
        do="open the same address by hand and read the browser's console",
    )


def _by_its_card(lists: ListComparison) -> list[Difference]:
    """Open a row by its card and close it; only a list that stayed may lack the card."""
    page, rows = lists.page, lists.rows

    def everything() -> tuple[Row, ...]:
        return rows.of_tab(page.section.tabs[0].name)

    def look(wanted: tuple[Row, Sequence[Row]]) -> list[Difference]:
        chosen, _ = wanted
        try:
            page.open_card(chosen.name)
            found = list(page_of(lists, chosen, "opened by its card"))
            return [
                *found,
                *lists.acted("the list after it", page.go_back, everything, again=page.read),
            ]
        except ControlMissing as missing:
            return [difference_of(missing)]

    return while_unchanged(
        lambda: (rows.unambiguous(), everything()), look, anew=page.open, where=lists.where
    )


def _answered(subject: str, status: int) -> Difference:
    return Difference(subject=subject, expected=f"HTTP {OK}", found=f"HTTP {status}")


def page_of(lists: ListComparison, row: Row, how: str) -> Iterator[Difference]:
    """Yield how the page that was opened differs from that of *row*.

    Where somebody changed the row meanwhile it is opened anew, by its address.

    Raises:
        CannotTell: the row is gone, changes faster than that, or a request of the page's that the
            difference may come from was not let through.
    """
    rows = lists.rows

    def ask() -> tuple[str, tuple[str, ...]]:
        return _name_of(lists, row), rows.texts_of(row)

    def look(wanted: tuple[str, tuple[str, ...]]) -> list[Difference]:
        return _differing(lists, row, wanted, how)

    found = while_unchanged(
        ask, look, anew=lambda: lists.page.open_detail(row.id), where=lists.where
    )
    yield from lists.judged(found)


def _name_of(lists: ListComparison, row: Row) -> str:
    name = lists.rows.names().get(row.id)
    if name is None:
        raise CannotTell(
            "a row is gone whose page is looked at",
            where=lists.rows.where,
            expected=f"the row {lists.shown(row.name)}",
            found="none, somebody took it away meanwhile",
            do="run again",
        )
    return name


def _differing(
    lists: ListComparison, row: Row, wanted: tuple[str, tuple[str, ...]], how: str
) -> list[Difference]:
    name, texts = wanted
    look = lists.page.detail(name, texts)
    address = lists.page.section.detail_path.replace("{id}", row.id)
    missing = [text for text in texts if text not in look.text]
    right = name in look.headings and not missing and not look.broken
    if right and urlsplit(look.address).path == address:
        return []
    expected = f"{address} with the heading {lists.shown(name)}"
    return [
        Difference(
            subject=f"{lists.shown(name)} {how}",
            expected=f"{expected} and {', '.join(map(lists.shown, texts))}" if texts else expected,
            found=_described(look, lists),
        )
    ]


def _described(look: Look, lists: ListComparison) -> str:
    if look.blank:
        return f"a blank page at {urlsplit(look.address).path}"
    shown = "; ".join(look.alerts) or "; ".join(map(lists.shown, look.headings[:3]))
    broken = "the error page, " if look.broken else ""
    return f"{broken}{shown or 'no heading'} at {urlsplit(look.address).path}"
