"""The list of records and the page of one of them, as a person uses them by role and label."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator

from gonogo.config_contacts import ContactsSection
from gonogo.errors import CannotTell
from gonogo.probes.browser.held_back import refuse_if_held_back
from gonogo.probes.browser.listing import READ, Listing
from gonogo.probes.browser.look import Look
from gonogo.probes.browser.settling import settled
from gonogo.probes.browser.visit import Window

T = TypeVar("T")


class ControlMissing(CannotTell):
    """A control that people need is not on the page."""


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """The list in one window."""

    window: Window
    section: ContactsSection

    @property
    def where(self) -> str:
        """The address it is at, and the browser."""
        return f"{self.window.page.url} in {self.window.engine}"

    def open(self) -> None:
        """Go there by its address.

        Raises:
            CannotTell: nothing answered.
        """
        self.window.open(self.section.path)

    def follow_link(self) -> None:
        """Go there by its link on the page that is open.

        Raises:
            ControlMissing: there is no such link.
        """
        link = self.window.page.get_by_role("link", name=self.section.link, exact=True)
        self._use(link, f"link {self.section.link}", self.window.press)

    def read(self) -> Listing:
        """Return what the list shows now."""
        try:
            seen = self.window.page.evaluate(READ, self.section.empty)
        except PlaywrightError:  # it changes to another page
            return Listing()
        cards = [
            found["name"]
            for each in seen["buttons"]
            if (found := re.search(self.section.card, each))
        ]
        counts = [found["count"] for each in seen["told"] if (found := self._count(each))]
        return Listing(
            total=int(re.sub(r"\D", "", counts[0])) if counts else None,
            names=tuple(cards),
            empty=seen["empty"],
            alerts=tuple(seen["alerts"]),
        )

    def until(
        self,
        wanted: Callable[[Listing], bool],
        *,
        at_once: bool = True,
        asked_before: int | None = None,
    ) -> Listing:
        """Return what the list shows once it is *wanted*, else once the page rests."""
        return settled(
            self.read,
            wanted,
            ear=self.window.ear.of_page,
            timeout_s=self.window.timeout_s,
            rest_s=self.window.rest_s,
            at_once=at_once,
            asked_before=asked_before,
        )

    def search(self, text: str) -> None:
        """Write *text* into the search box.

        Raises:
            ControlMissing: there is none.
        """
        box = self.window.page.get_by_role("searchbox", name=self.section.search).or_(
            self.window.page.get_by_role("textbox", name=self.section.search)
        )
        what = f"search box {self.section.search}"
        self._use(box, what, lambda found: self.window.write(found, text))

    def show_tab(self, name: str) -> None:
        """Choose the tab *name*; where it is the list's only one, there is nothing to choose.

        Raises:
            ControlMissing: there is no such tab.
        """
        if len(self.section.tabs) > 1:
            tab = self.window.page.get_by_role("tab", name=name, exact=True)
            self._use(tab, f"tab {name}", self.window.press)

    def next_page(self) -> None:
        """Go to the list's next page.

        Raises:
            ControlMissing: there is no way to it.
        """
        name = self.section.next_page
        button = self.window.page.get_by_role("button", name=name, exact=True)
        link = self.window.page.get_by_role("link", name=name, exact=True)
        self._use(button.or_(link).first, f"way {name}", self.window.press)

    def show_filters(self) -> None:
        """Open the filters.

        Raises:
            ControlMissing: there is no button for it.
        """
        name = self.section.filter_button
        if name:
            button = self.window.page.get_by_role("button", name=name, exact=True)
            self._use(button, f"button {name}", self.window.press)

    def options(self, label: str) -> tuple[str, ...]:
        """Return the options of the filter *label*, once there are more than one.

        Raises:
            ControlMissing: there is no such filter.
        """
        choice = self._filter(label)
        return self._use(
            choice,
            f"filter {label}",
            lambda found: settled(
                lambda: tuple(found.get_by_role("option").all_inner_texts()),
                lambda texts: len(texts) > 1,
                ear=self.window.ear.of_page,
                timeout_s=self.window.timeout_s,
                rest_s=self.window.rest_s,
            ),
        )

    def choose(self, label: str, option: str) -> None:
        """Choose an option of the filter *label*.

        Raises:
            ControlMissing: there is no such filter or option.
        """
        self._use(
            self._filter(label),
            f"filter {label} with an option {option}",
            lambda found: found.select_option(label=option, timeout=2000),
        )

    def clear_filters(self) -> None:
        """Take all filters back.

        Raises:
            ControlMissing: there is no button for it.
        """
        name = self.section.clear_filters
        button = self.window.page.get_by_role("button", name=name, exact=True)
        self._use(button, f"button {name}", self.window.press)

    def open_card(self, name: str) -> None:
        """Open the first card of this name.

        Raises:
            ControlMissing: there is none.
        """
        card = self.window.page.get_by_role("button", name=_card_of(self.section.card, name)).first
        whose = "the row that was chosen" if self.window.real_data else name
        self._use(card, f"card of {whose}", self.window.press)

    def open_detail(self, row_id: str) -> int:
        """Go to the page of one row by its address, and return the answer's status.

        Raises:
            CannotTell: nothing answered.
        """
        response = self.window.open(self.section.detail_path.replace("{id}", row_id))
        return response.status if response else 0

    def detail(self, name: str, texts: Sequence[str] = ()) -> Look:
        """Return what the page of one row shows once it is that of *name*, else once it rests.

        It is when *name* is a heading and all of *texts* can be read.
        """
        return settled(
            self.window.look,
            lambda look: name in look.headings and all(text in look.text for text in texts),
            ear=self.window.ear.of_page,
            timeout_s=self.window.timeout_s,
            rest_s=self.window.rest_s,
        )

    def go_back(self) -> None:
        """Close the page of one row.

        Raises:
            ControlMissing: there is no button for it.
        """
        button = self.window.page.get_by_role("button", name=self.section.back)
        link = self.window.page.get_by_role("link", name=self.section.back)
        self._use(button.or_(link).first, f"way {self.section.back}", self.window.press)

    def _count(self, text: str) -> re.Match[str] | None:
        return re.search(self.section.count, text)

    def _filter(self, label: str) -> Locator:
        return self.window.page.get_by_role("combobox", name=label, exact=True)

    def _use(self, control: Locator, what: str, use: Callable[[Locator], T]) -> T:
        """Wait for *control*, use it, and return what that gave.

        Raises:
            ControlMissing: it does not come, or cannot be used.
            CannotTell: the same, and a request that may bring it was not let through.
        """
        there = settled(
            lambda: _is_visible(control),
            bool,
            ear=self.window.ear.of_page,
            timeout_s=self.window.timeout_s,
            rest_s=self.window.rest_s,
        )
        problem = "" if there else "nothing of that name"
        if there:
            try:
                return use(control)
            except PlaywrightError as error:
                problem = error.message.splitlines()[0]
        look = self.window.look()
        shown = "; ".join(look.alerts or look.headings)
        if self.window.real_data:  # a heading may be somebody's name
            shown = f"{len(look.alerts)} alerts, {len(look.headings)} headings"
        missing = ControlMissing(
            f"there is no {what}",
            where=look.address,
            expected=f"a {what}",
            found=f"{problem}; the page shows: {shown or 'nothing'}",
            do="see the screenshot; if people find it there, correct its name in the target file",
        )
        held = self.window.ear.heard().held_back(blank=look.blank)
        refuse_if_held_back([f"{missing.what}: {missing.found}"], held, where=look.address)
        raise missing


def _card_of(pattern: str, name: str) -> re.Pattern[str]:
    """Return the pattern of a card with its name filled in."""
    return re.compile(re.sub(r"\(\?P<name>[^()]*\)", lambda _: re.escape(name), pattern))


def _is_visible(control: Locator) -> bool:
    try:
        return control.is_visible()
    except PlaywrightError:  # it changes to another page, or there are several
        return control.count() > 0
