"""Events that start in a browser, tagged, and are looked for where they are collected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gonogo.errors import WaitTimedOut
from gonogo.probes.browser.listening import Heard
from gonogo.probes.browser.visit import Window
from gonogo.waiting import pause, wait_until

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
INTERVAL_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Sent(Generic[T]):
    """What a page was made to send, and what had arrived when it was waited for."""

    where: str
    tag: str
    heard: Heard
    arrived: T

    def __str__(self) -> str:
        """Read as a few lines."""
        lines = [f"{self.tag}: arrived {self.arrived or 'nothing'}"]
        lines += [f"the page complained: {each}" for each in self.heard.complaints]
        return "\n".join(lines)


def throw_error(
    window: Window, page: str, *, tag: str, arrived: Callable[[str], T], within_s: float
) -> Sent[T]:
    """Let the page throw an error of ours; return what has *arrived* of it in time.

    Raises:
        CannotTell: the page cannot be opened, or it cannot be asked what arrived.
    """
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
        CannotTell: the page cannot be opened, or it cannot be asked what arrived.
    """
    mark = "&" if "?" in page else "?"
    window.open(f"{page}{mark}utm_source={SOURCE}&utm_campaign={tag}")
    window.rest()
    return _waited(window, tag, lambda: arrived(tag), within_s)


def _waited(window: Window, tag: str, look: Callable[[], T], within_s: float) -> Sent[T]:
    def sleep(seconds_s: float) -> None:
        pause(seconds_s)
        window.page.evaluate("0")  # what the page complains of is heard while it is asked

    try:
        found = wait_until(
            look, bool, what=tag, timeout_s=within_s, interval_s=INTERVAL_S, sleep=sleep
        )
    except WaitTimedOut:
        found = look()
    return Sent(
        where=f"{window.page.url.partition('?')[0]} in {window.engine}",
        tag=tag,
        heard=window.ear.heard(),
        arrived=found,
    )
