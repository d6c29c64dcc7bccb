"""The list that a person sees, beside what the database says must be there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.browser.expected_rows import ExpectedRows, Row
from gonogo.probes.browser.list_page import ControlMissing, Listing, ListPage

SHOWN_TEXT = 40
ENOUGH = 3
"""Differences after which no further search or option is tried."""
MEND = "compare the page's own request with the SQL in [contacts] of the target file"


@dataclass(frozen=True, kw_only=True)
class ListComparison:
    """Uses the list like a person and compares each result; *shown* is how names are written."""

    page: ListPage
    rows: ExpectedRows
    shown: Callable[[str], str] = field(default=str)

    @property
    def where(self) -> str:
        """The page and the database."""
        return f"{self.page.where}, {self.rows.where}"

    def tabs(self) -> Comparison:
        """Compare every tab with its SQL."""
        with self.rows.database.session():
            tabs = self.page.section.tabs
            wanted = {tab.name: self.rows.of_tab(tab.name) for tab in tabs}
            if not any(wanted.values()):
                raise CannotTell(
                    "no tab has a row that a card could show",
                    where=self.rows.where,
                    expected="at least one row in one tab",
                    found="none in any",
                    do="see that the reader may read the rows",
                )
            differences = list(self._of_tab(tabs[0].name, wanted[tabs[0].name], is_open=True))
            for tab in tabs[1:]:
                differences += self._of_tab(tab.name, wanted[tab.name], is_open=False)
            if not differences and len(tabs) > 1:  # and back to where people begin
                differences += self._of_tab(tabs[0].name, wanted[tabs[0].name], is_open=False)
        empty = [f"{name} has no row to tell it by" for name, rows in wanted.items() if not rows]
        return Comparison(
            subject="tabs",
            checked=len(tabs),
            differences=tuple(differences),
            notes=tuple(empty),
            do=MEND,
        )

    def searches(self) -> Comparison:
        """Compare what each search finds with what the database finds, hostile texts too."""
        with self.rows.database.session():
            texts = self.rows.search_texts()
            differences: list[Difference] = []
            for text in texts:
                if len(differences) >= ENOUGH:
                    break
                shown = text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT]}… ({len(text)})"
                differences += self.acted(
                    f"search for {self.shown(shown)!r}",
                    partial(self.page.search, text),
                    self.rows.of_search(text),
                )
        return Comparison(
            subject="searches", checked=len(texts), differences=tuple(differences), do=MEND
        )

    def filters(self) -> Comparison:
        """Compare what each option of each filter shows with the same filter in SQL.

        Raises:
            CannotTell: no option has a row to tell it by.
        """
        section, checked, told, silent = self.page.section, 0, 0, []
        differences: list[Difference] = []
        with self.rows.database.session():
            everything = self.rows.of_tab(section.tabs[0].name)
            try:
                self.page.show_filters()
            except ControlMissing as missing:
                return _none_of(missing, "filters")
            for choice in section.filters:
                options = self.rows.options(choice)
                differences += self._offered(choice.label, [each.label for each in options])
                for option in options:
                    if len(differences) >= ENOUGH:
                        break
                    rows = self.rows.of_option(option)
                    name = f"{choice.label}: {option.label}"
                    checked += 1
                    told += bool(rows)
                    silent += [] if rows else [f"{name} has no row to tell it by"]
                    differences += self.acted(
                        name,
                        partial(self.page.choose, choice.label, option.label),
                        rows,
                    )
                differences += self.acted(
                    f"{section.clear_filters} after {choice.label}",
                    self.page.clear_filters,
                    everything,
                )
        if not told:
            raise CannotTell(
                "no option of a filter has a row to tell it by",
                where=self.rows.where,
                expected="at least one row for one option",
                found=f"none for any of {checked}",
            )
        return Comparison(
            subject="filters",
            checked=checked,
            differences=tuple(differences),
            notes=tuple(silent),
            do=MEND,
        )

    def _of_tab(self, name: str, rows: Sequence[Row], *, is_open: bool) -> Iterator[Difference]:
        empty = next(each.empty for each in self.page.section.tabs if each.name == name)
        act = self.page.read if is_open else partial(self.page.show_tab, name)
        return self.acted(f"tab {name}", act, rows, empty=empty, is_open=is_open)

    def _offered(self, label: str, wanted: Sequence[str]) -> Iterator[Difference]:
        neutral = next(each.neutral for each in self.page.section.filters if each.label == label)
        try:
            offered = self.page.options(label)
        except ControlMissing as missing:
            yield difference_of(missing)
            return
        if set(offered) != {neutral, *wanted}:
            yield Difference(
                subject=f"options of {label}",
                expected=", ".join([neutral, *wanted]),
                found=", ".join(offered) or "none",
            )

    def acted(
        self,
        subject: str,
        act: Callable[[], object],
        rows: Sequence[Row],
        *,
        empty: str = "",
        is_open: bool = False,
    ) -> Iterator[Difference]:
        """Act, wait for what *rows* say, and yield how the list differs.

        *empty* is the heading of a list that needs no result to be empty; what *is_open* already
        need not change.
        """
        size = self.page.section.page_size
        names = tuple(row.name for row in rows[:size])

        def wanted(listing: Listing) -> bool:
            return (
                listing.total == len(rows)
                and listing.names == names
                and (bool(rows) or bool(empty) or listing.empty)
            )

        before, asked_before = self.page.read(), self.page.window.ear.of_page.asked
        try:
            act()
        except ControlMissing as missing:
            yield difference_of(missing)
            return
        at_once = is_open or not wanted(before)
        seen = self.page.until(wanted, at_once=at_once, asked_before=asked_before)
        if not wanted(seen):
            yield Difference(
                subject=subject,
                expected=self._described(len(rows), names),
                found=f"{self._described(seen.total, seen.names, against=names)}; {seen}",
            )

    def _described(
        self, total: int | None, names: Sequence[str], against: Sequence[str] = ()
    ) -> str:
        """Say how many there are, and the first name that is not as it should be."""
        place = next((at for at, name in enumerate(names) if against[at : at + 1] != (name,)), None)
        count = "no number" if total is None else str(total)
        if not names or place is None:
            return f"{count} in all, {len(names)} cards"
        return f"{count} in all, {len(names)} cards, number {place + 1} {self.shown(names[place])}"


def difference_of(missing: ControlMissing) -> Difference:
    """Return what a control that is not there means for a comparison."""
    return Difference(subject=missing.what, expected=missing.expected, found=missing.found)


def _none_of(missing: ControlMissing, subject: str) -> Comparison:
    return Comparison(subject=subject, checked=1, differences=(difference_of(missing),), do=MEND)
