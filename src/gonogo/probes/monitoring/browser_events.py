"""Events that start in a browser, tagged, and are looked for where they are collected."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from playwright.sync_api import ConsoleMessage

from gonogo.errors import CannotTell, WaitTimedOut
from gonogo.probes.browser.listening import Heard
from gonogo.probes.browser.visit import Window
from gonogo.probes.monitoring.driven_browser import hide_driver, marks_of
from gonogo.waiting import growing, pause, wait_until

T = TypeVar("T")

TITLE = "gonogo test event"
"""What every error of our own begins with: whoever counts errors can leave these out."""
SOURCE = "gonogo"
"""The campaign source of our page views, for the same reason."""
THROW = """(message) => { setTimeout(() => {
    const error = new Error(message);
    error.name = "GonogoTestEvent";
    throw error;
}); }"""
TAKEN_FOR_A_BOT = re.compile(r"looks like a bot")
"""What posthog-js says in the console where it keeps the page's events to itself."""


@dataclass(frozen=True, kw_only=True)
class Sent(Generic[T]):
    """What a page was made to send, and what had arrived when it was waited for."""

    where: str
    tag: str
    heard: Heard
    arrived: T
    marks: tuple[str, ...] = ()
    """By what the page could tell that a program drives the browser."""

    def __str__(self) -> str:
        """Read as a few lines."""
        lines = [
            f"{self.tag}: arrived {self.arrived or 'nothing'}",
            "the page could tell that a program drives the browser: " + ", ".join(self.marks)
            if self.marks
            else "the page was not told that a program drives the browser, as of people's",
        ]
        lines += [f"the page complained: {each}" for each in self.heard.complaints]
        return "\n".join(lines)


def throw_error(
    window: Window, page: str, *, tag: str, arrived: Callable[[str], T], within_s: float
) -> Sent[T]:
    """Let the page throw an error of ours; return what has *arrived* of it in time.

    Raises:
        CannotTell: the page cannot be opened, or it cannot be asked what arrived; or nothing
            arrived, and the page could tell that no person uses the browser.
    """
    hide_driver(window.page)
    window.open(page)
    window.rest()
    title = f"{TITLE} {tag}"
    window.page.evaluate(THROW, title)
    return _waited(window, title, lambda: arrived(title), within_s)


def view_page(
    window: Window, page: str, *, tag: str, arrived: Callable[[str], T], within_s: float
) -> Sent[T]:
    """Open the page under a campaign of ours; return what has *arrived* of it in time.

    Raises:
        CannotTell: the page cannot be opened, or it cannot be asked what arrived; or nothing
            arrived, and the page takes no notice of browsers that no person uses.
    """
    left_out: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if TAKEN_FOR_A_BOT.search(message.text):
            left_out.append(message.text)

    hide_driver(window.page)
    window.page.on("console", listen)
    mark = "&" if "?" in page else "?"
    window.open(f"{page}{mark}utm_source={SOURCE}&utm_campaign={tag}")
    window.rest()
    sent = _waited(window, tag, lambda: arrived(tag), within_s)
    if left_out and not sent.arrived:
        raise _kept_back(sent.where, left_out[0])
    return sent


def _waited(window: Window, tag: str, look: Callable[[], T], within_s: float) -> Sent[T]:
    def sleep(seconds_s: float) -> None:
        pause(seconds_s)
        window.page.evaluate("0")  # what the page complains of is heard while it is asked

    try:
        found = wait_until(
            look, bool, what=tag, timeout_s=within_s, interval_s=growing(), sleep=sleep
        )
    except WaitTimedOut:
        found = look()
    where = f"{window.page.url.partition('?')[0]} in {window.engine}"
    marks = marks_of(window.page)
    if marks and not found:
        raise _kept_back(where, f"the page sees {', '.join(marks)}")
    return Sent(where=where, tag=tag, heard=window.ear.heard(), arrived=found, marks=marks)


def _kept_back(where: str, found: str) -> CannotTell:
    return CannotTell(
        "whether people's events arrive cannot be told: this browser's may be left out on purpose",
        where=where,
        expected="a page that takes the browser for a person's",
        found=found,
        do="let the page's own list of bots (custom_blocked_useragents) leave this browser out, or"
        " name another browser in [browsers]",
    )
