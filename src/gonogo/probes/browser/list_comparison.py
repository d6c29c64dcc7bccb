"""The list that a person sees, beside what the database says must be there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from gonogo.comparison import Comparison, Difference
from gonogo.config_contacts import ListFilter
from gonogo.errors import CannotTell
from gonogo.probes.browser.expected_rows import ExpectedRows, Option, Row
from gonogo.probes.browser.held_back import refuse_if_held_back
from gonogo.probes.browser.list_page import ControlMissing, ListPage
from gonogo.probes.browser.listing import Listing
from gonogo.probes.browser.missing_controls import difference_of, none_of, repeated
from gonogo.probes.browser.unchanged import while_unchanged

SHOWN_TEXT = 40
ENOUGH = 3
"""Differences after which no further search or option is tried."""
MEND = "compare the page's own request with the SQL in [contacts] of the target file"
AskRows = Callable[[], Sequence[Row]]
"""Asks the database what the list must show, as often as it is called."""


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What one page of the list must show."""

    total: int
    names: tuple[str, ...]
    says_empty: bool

    def shown_by(self, listing: Listing) -> bool:
        """Whether *listing* is that."""
        same = listing.total == self.total and listing.names == self.names
        return same and (listing.empty or not self.says_empty)


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

    def everything(self) -> Comparison:
        """Compare the list as it is opened with the SQL of its first tab."""
        with self.rows.database.session():
            differences = tuple(self._of_tab(self.page.section.tabs[0].name, is_open=True))
        return Comparison(subject="the list", checked=1, differences=differences, do=MEND)

    def tabs(self) -> Comparison:
        """Compare the first page of every tab, and its second, with its SQL."""
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
            differences: list[Difference] = []
            for tab in tabs:
                differences += self._of_tab(tab.name, is_open=tab is tabs[0])
                if (
                    self.page.section.next_page
                    and len(wanted[tab.name]) > self.page.section.page_size
                ):
                    differences += self._second_page_of(tab.name)
            if not differences and len(tabs) > 1:  # and back to where people begin
                differences += self._of_tab(tabs[0].name, is_open=False)
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
                    partial(self.rows.of_search, text),
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
            everything = partial(self.rows.of_tab, section.tabs[0].name)
            try:
                self.page.show_filters()
            except ControlMissing as missing:
                return none_of(missing, "filters", do=MEND)
            for choice in section.filters:
                differences += self._offered(choice)
                for option in self.rows.options(choice):
                    if len(differences) >= ENOUGH:
                        break
                    name = f"{choice.label}: {option.label}"
                    has_rows = bool(self.rows.of_option(option))
                    checked += 1
                    told += has_rows
                    silent += [] if has_rows else [f"{name} has no row to tell it by"]
                    differences += self.chosen(choice.label, option)
                subject = f"{section.clear_filters} after {choice.label}"
                differences += self.cleared(subject, everything)
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

    def _of_tab(self, name: str, *, is_open: bool) -> Iterator[Difference]:
        empty = next(each.empty for each in self.page.section.tabs if each.name == name)
        act = self.page.read if is_open else partial(self.page.show_tab, name)
        rows = partial(self.rows.of_tab, name)
        return self.acted(f"tab {name}", act, rows, empty=empty, is_open=is_open)

    def _second_page_of(self, name: str) -> Iterator[Difference]:
        def turn_anew() -> None:
            self.page.show_tab(name)
            self.page.next_page()

        return self.acted(
            f"second page of {name}",
            self.page.next_page,
            partial(self.rows.of_tab, name),
            again=turn_anew,
            number=2,
        )

    def chosen(self, label: str, option: Option) -> Iterator[Difference]:
        """Choose *option* of the filter *label*, and yield how the list differs; as `acted`."""

        def choose_anew() -> None:
            self.page.show_filters()
            self.page.choose(label, option.label)

        return self.acted(
            f"{label}: {option.label}",
            partial(self.page.choose, label, option.label),
            partial(self.rows.of_option, option),
            again=choose_anew,
        )

    def cleared(self, subject: str, everything: AskRows) -> Iterator[Difference]:
        """Take the filters back, and yield how the list differs from *everything*; as `acted`."""

        def clear_anew() -> None:
            self.page.show_filters()
            self.page.clear_filters()

        return self.acted(subject, self.page.clear_filters, everything, again=clear_anew)

    def _offered(self, choice: ListFilter) -> list[Difference]:
        def labels() -> tuple[str, ...]:
            return (choice.neutral, *(each.label for each in self.rows.options(choice)))

        def look(wanted: Sequence[str]) -> list[Difference]:
            try:
                offered = self.page.options(choice.label)
            except ControlMissing as missing:
                return [difference_of(missing)]
            if set(offered) == set(wanted):
                return []
            expected, found = ", ".join(wanted), ", ".join(offered) or "none"
            subject = f"options of {choice.label}"
            return [Difference(subject=subject, expected=expected, found=found)]

        def anew() -> None:
            self._open_anew()
            self.page.show_filters()

        return self.judged(while_unchanged(labels, look, anew=anew, where=self.where))

    def acted(  # noqa: PLR0913 - each is one keyword of the sentence that calls it
        self,
        subject: str,
        act: Callable[[], object],
        rows: AskRows,
        *,
        empty: str = "",
        is_open: bool = False,
        again: Callable[[], object] | None = None,
        number: int = 1,
    ) -> Iterator[Difference]:
        """Act, wait for what *rows* say, and yield how the list differs.

        Where *rows* say something else afterwards, somebody changed them meanwhile: the list is
        opened anew, *again* is done to it (by default the same), and it is looked at once more.
        *empty* is the heading of a list that needs no result to be empty; what *is_open* already
        need not change. *number* is that of the list's page that is then shown.

        Raises:
            CannotTell: the rows change faster than that, or a request of the page's that the
                difference may come from was not let through.
        """
        acts = [act]

        size = self.page.section.page_size
        first = (number - 1) * size

        def look(wanted: Sequence[Row]) -> list[Difference]:
            shown = _Wanted(
                total=len(wanted),
                names=tuple(row.name for row in wanted[first : first + size]),
                says_empty=not wanted and not empty,
            )
            return self._differing(subject, acts[-1], shown, is_open=is_open)

        def anew() -> None:
            self._open_anew()
            acts.append(partial(repeated, again or act, where=self.where))

        found = while_unchanged(rows, look, anew=anew, where=self.where)
        yield from self.judged(found)

    def _differing(
        self,
        subject: str,
        act: Callable[[], object],
        wanted: _Wanted,
        *,
        is_open: bool,
    ) -> list[Difference]:
        before, asked_before = self.page.read(), self.page.window.ear.of_page.asked
        try:
            act()
        except ControlMissing as missing:
            return [difference_of(missing)]
        at_once = is_open or not wanted.shown_by(before)
        seen = self.page.until(wanted.shown_by, at_once=at_once, asked_before=asked_before)
        if wanted.shown_by(seen):
            return []
        expected = self._described(wanted.total, wanted.names)
        found = f"{self._described(seen.total, seen.names, against=wanted.names)}; {seen}"
        return [Difference(subject=subject, expected=expected, found=found)]

    def _open_anew(self) -> None:
        self.page.open()
        self.page.window.rest(drawn=True)

    def judged(self, differences: list[Difference]) -> list[Difference]:
        """Return *differences*, unless a request that was not let through may have made them.

        Raises:
            CannotTell: one may.
        """
        blocked = self.page.window.ear.heard().held_back() if differences else ()
        refuse_if_held_back(differences, blocked, where=self.page.where)
        return differences

    def _described(
        self, total: int | None, names: Sequence[str], against: Sequence[str] = ()
    ) -> str:
        """Say how many there are, and the first name that is not as it should be."""
        place = next((at for at, name in enumerate(names) if against[at : at + 1] != (name,)), None)
        count = "no number" if total is None else str(total)
        if not names or place is None:
            return f"{count} in all, {len(names)} cards"
        return f"{count} in all, {len(names)} cards, number {place + 1} {self.shown(names[place])}"
