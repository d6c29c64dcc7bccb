"""The page of one row that a person opens, beside what the database says of that row."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from gonogo.comparison import Comparison, Difference
from gonogo.probes.browser.expected_rows import Row
from gonogo.probes.browser.list_comparison import ListComparison, difference_of
from gonogo.probes.browser.list_page import ControlMissing
from gonogo.probes.browser.visit import Look

OK = 200


def opened_and_closed(lists: ListComparison) -> Comparison:
    """Open a row's page by its card, close it, and open it and others by their addresses.

    Each must show that row and no other; closing must lead back to the list as it was.
    """
    page, rows = lists.page, lists.rows
    with rows.database.session():
        chosen = rows.unambiguous()
        everything = rows.of_tab(page.section.tabs[0].name)
        differences = list(lists.acted("the list", page.read, everything, is_open=True))
        try:
            page.open_card(chosen.name)
            differences += page_of(lists, chosen, "opened by its card")
            differences += lists.acted("the list after it", page.go_back, everything)
        except ControlMissing as missing:
            differences.append(difference_of(missing))
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


def _answered(subject: str, status: int) -> Difference:
    return Difference(subject=subject, expected=f"HTTP {OK}", found=f"HTTP {status}")


def page_of(lists: ListComparison, row: Row, how: str) -> Iterator[Difference]:
    """Yield how the page that was opened differs from that of *row*."""
    texts = lists.rows.texts_of(row)
    look = lists.page.detail(row.name, texts)
    address = lists.page.section.detail_path.replace("{id}", row.id)
    missing = [text for text in texts if text not in look.text]
    right = row.name in look.headings and not missing and not look.broken
    if right and urlsplit(look.address).path == address:
        return
    expected = f"{address} with the heading {lists.shown(row.name)}"
    yield Difference(
        subject=f"{lists.shown(row.name)} {how}",
        expected=f"{expected} and {', '.join(map(lists.shown, texts))}" if texts else expected,
        found=_described(look, lists),
    )


def _described(look: Look, lists: ListComparison) -> str:
    if look.blank:
        return f"a blank page at {urlsplit(look.address).path}"
    shown = "; ".join(look.alerts) or "; ".join(map(lists.shown, look.headings[:3]))
    broken = "the error page, " if look.broken else ""
    return f"{broken}{shown or 'no heading'} at {urlsplit(look.address).path}"
