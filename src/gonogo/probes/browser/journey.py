"""The way that people go through the application, from signing in to signing out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.browser.detail_comparison import page_of
from gonogo.probes.browser.expected_rows import Option, Row
from gonogo.probes.browser.list_comparison import AskRows, ListComparison
from gonogo.probes.browser.list_page import ControlMissing
from gonogo.probes.browser.missing_controls import difference_of
from gonogo.probes.browser.signing_in import Account, SignInRefused, sign_in, sign_out

Step = Callable[[], Iterator[Difference]]


@dataclass(frozen=True, kw_only=True)
class Journey:
    """One journey in one window: sign in, list, search, filter, one row, back, sign out."""

    lists: ListComparison
    account: Account

    @property
    def where(self) -> str:
        """The application, and the browser."""
        return self.lists.where

    def go(self) -> Comparison:
        """Go through all steps; the first one that fails ends the journey.

        Raises:
            CannotTell: the application does not answer, or no row can be told by its name.
        """
        page, rows = self.lists.page, self.lists.rows
        with rows.database.session():
            everything = partial(rows.of_tab, page.section.tabs[0].name)
            chosen = rows.unambiguous()
            found = partial(rows.of_search, chosen.name)
            notes: list[str] = []
            steps: dict[str, Step] = {
                "sign in": self._sign_in,
                "the list": partial(self._acted, "the list", page.follow_link, everything),
                "search": partial(self._acted, "search", partial(page.search, chosen.name), found),
                "search taken back": partial(
                    self._acted, "search taken back", partial(page.search, ""), everything
                ),
                **self._filter_steps(everything),
                "one row": partial(self._row, chosen),
                "back": partial(self._acted, "back", page.go_back, everything, again=page.read),
                "sign out": partial(self._sign_out, notes),
            }
            differences: list[Difference] = []
            went = []
            for name, step in steps.items():
                went.append(name)
                differences += _named(name, step)
                if differences:
                    break
            differences = self.lists.judged([*differences, *self._heard()])
        return Comparison(
            subject=f"steps in {page.window.engine}",
            checked=len(went),
            differences=tuple(differences),
            notes=(f"went: {', '.join(went)}", *notes),
            do="go the same way by hand in that browser, with its console open",
        )

    def _filter_steps(self, everything: AskRows) -> dict[str, Step]:
        told = self._telling_option(len(everything()))
        if told is None:
            return {}
        lists = self.lists
        return {
            "filters": self._show_filters,
            "filter": partial(lists.chosen, *told),
            "filter taken back": partial(lists.cleared, "filter taken back", everything),
        }

    def _telling_option(self, total: int) -> tuple[str, Option] | None:
        """Return the first option that shows some rows and hides others."""
        for choice in self.lists.page.section.filters:
            for option in self.lists.rows.options(choice):
                if 0 < len(self.lists.rows.of_option(option)) < total:
                    return choice.label, option
        return None

    def _sign_in(self) -> Iterator[Difference]:
        try:
            sign_in(self.lists.page.window, self.account)
        except SignInRefused as refused:
            yield Difference(subject="sign in", expected=refused.expected, found=refused.found)

    def _sign_out(self, notes: list[str]) -> Iterator[Difference]:
        try:
            notes += sign_out(self.lists.page.window)
        except CannotTell as stayed:
            yield Difference(subject="sign out", expected=stayed.expected, found=stayed.found)

    def _show_filters(self) -> Iterator[Difference]:
        self.lists.page.show_filters()
        yield from ()

    def _acted(
        self,
        name: str,
        act: Callable[[], object],
        rows: AskRows,
        *,
        again: Callable[[], object] | None = None,
    ) -> Iterator[Difference]:
        return self.lists.acted(name, act, rows, again=again)

    def _row(self, chosen: Row) -> Iterator[Difference]:
        self.lists.page.open_card(chosen.name)
        return page_of(self.lists, chosen, "opened by its card")

    def _heard(self) -> Iterator[Difference]:
        for complaint in self.lists.page.window.ear.heard().complaints:
            yield Difference(subject=complaint.kind, expected="none", found=complaint.text)


def _named(name: str, step: Step) -> list[Difference]:
    """Take one step; a control that is not there is a difference of that step."""
    try:
        return list(step())
    except ControlMissing as missing:
        lacking = difference_of(missing)
        return [Difference(subject=name, expected=lacking.expected, found=lacking.found)]
