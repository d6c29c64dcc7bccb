"""One visit: an address is opened in a fresh window, and all that can be seen of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response
from playwright.sync_api import Error as PlaywrightError

from gonogo.config_app import AppSection
from gonogo.errors import CannotTell
from gonogo.probes.browser.discretion import Discretion
from gonogo.probes.browser.entrance import require_let_in
from gonogo.probes.browser.listening import Complaint, Ear, Heard
from gonogo.probes.browser.look import LOOK, Look
from gonogo.probes.browser.page_log import PageLog
from gonogo.probes.browser.settling import REST_S, settled
from gonogo.probes.browser.tracing import traced

FINISH_S = 3.0
"""How long requests that are under way are waited for before a page is left."""
FINISHED_S = 0.1
"""How long nothing must have been asked before a page is left."""
QUALITY = 60
"""Of the screenshots, as JPEG: text stays readable, a page takes some 60 KB."""
PICTURE = "image/jpeg"
TEXT_CHARACTERS = 300
NOWHERE = "about:blank"
"""Where a page is that was not opened yet."""
LOADED_S = 0.6
"""How long a page that was opened must be quiet."""
LEAVE = "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }))"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What one visit saw and heard; ``picture`` is a JPEG, empty where none may be taken."""

    asked: str
    engine: str
    status: int
    look: Look
    heard: Heard
    picture: bytes = field(default=b"", repr=False)
    hidden: bool = False
    """Whether what it shows is nobody's business but the application's users'."""

    @property
    def where(self) -> str:
        """The address that was asked for, and the browser that asked."""
        return f"{self.asked} in {self.engine}"

    @property
    def load_s(self) -> float:
        """How long it took until everything the page names was loaded, in seconds."""
        return self.look.loaded_ms / 1000

    @property
    def rendered(self) -> bool:
        """Whether the page was served, shows something, and that is no error page."""
        return self.status < 400 and not self.look.blank and not self.look.broken

    def complaints(self, *kinds: str) -> tuple[Complaint, ...]:
        """Return what was heard of these kinds: console, exception, request, policy."""
        return self.heard.of(*kinds)

    @property
    def held_back(self) -> tuple[str, ...]:
        """What this check did not let the page have, as far as that may make it as it is."""
        return self.heard.held_back(blank=not self.rendered)

    def __str__(self) -> str:
        """Say what was seen, for the evidence."""
        look = self.look
        shown = look.text[:TEXT_CHARACTERS].replace("\n", " ") or "a blank page"
        if self.hidden and look.text:
            shown = f"{len(look.text):,} characters, which are not written down"
        lines = [
            f"{look.address}: HTTP {self.status}, loaded in {self.load_s:.2f} s, {self.engine}",
            f"shows: {shown}",
        ]
        if look.broken:
            lines.append("it is the application's own error page")
        lines += _listed("complaint", self.heard.complaints)
        lines += _listed("expected noise", self.heard.expected)
        lines += _listed("sent by the page itself", self.heard.wrote)
        lines += _listed("not let through", self.heard.blocked)
        lines += _listed("not given to the page", (*self.heard.withheld, *self.heard.workers))
        return "\n".join(lines)


def _listed(label: str, texts: tuple[object, ...]) -> list[str]:
    return [f"{label}: {text}" for text in texts]


@dataclass(frozen=True, kw_only=True)
class Window:
    """A page of a context of its own, with an ear for it."""

    page: Page
    ear: Ear
    app: AppSection
    engine: str
    real_data: bool = False
    """Whether what it shows may be of real people."""
    touch: bool = False
    """Whether it is used by a finger."""
    types_keys: bool = False
    """Whether a text is typed key by key."""

    rest_s: float = REST_S
    """How long the list must not change before it is taken at its word."""

    def write(self, control: Locator, text: str) -> None:
        """Put *text* in the place of what stands in *control*."""
        if not self.types_keys:
            control.fill(text)
            return
        control.press("ControlOrMeta+a")
        control.press("Delete")
        control.press_sequentially(text)

    def press(self, control: Locator) -> None:
        """Press *control* as this window is used: by a finger, else by a mouse."""
        if self.touch:
            control.tap()
        else:
            control.click()

    @property
    def timeout_s(self) -> float:
        """How long a page may take, in seconds."""
        return self.app.page_timeout_s

    def open(self, address: str) -> Response | None:
        """Go to *address*, absolute or seen from the application.

        Raises:
            CannotTell: nothing answered, or only the platform's protection did.
        """
        if self.page.url != NOWHERE:
            self.finish()
        try:
            response = self.page.goto(address)
        except PlaywrightError as error:
            raise CannotTell(
                "the page could not be opened",
                where=address,
                expected="an answer",
                found=error.message.strip().splitlines()[0],
                do="see that the application is up, and reachable from here",
            ) from None
        require_let_in(response)
        return response

    def finish(self) -> None:
        """Let the requests come to their end that are under way.

        A page that is left meanwhile takes them for failed, and reports our leaving as its error;
        one answer often leads to the next question.
        """
        with suppress(PlaywrightError):  # it is closed already, or died
            settled(
                lambda: self.page.evaluate("0"),
                lambda _: False,
                ear=self.ear,
                timeout_s=FINISH_S,
                rest_s=FINISHED_S,
            )

    def look(self) -> Look:
        """Return what the page shows now; nothing while it changes to another."""
        try:
            seen: dict[str, Any] = self.page.evaluate(LOOK, self.app.error_boundary)
        except PlaywrightError:
            return Look(address=self.page.url)
        headings, alerts = tuple(seen.pop("headings")), tuple(seen.pop("alerts"))
        return Look(address=self.page.url, headings=headings, alerts=alerts, **seen)

    def rest(self, *, drawn: bool = False) -> Look:
        """Wait until the page has come to rest, and return what it shows.

        Where it is enough that all is *drawn*, what its scripts tell others is not waited for.
        """
        ear = self.ear.of_page if drawn else self.ear
        return settled(
            self.look, lambda _: False, ear=ear, timeout_s=self.timeout_s, rest_s=LOADED_S
        )

    def picture(self, *, private: bool) -> bytes:
        """Return a screenshot; where the data is real a *private* page needs masked regions.

        Raises:
            CannotTell: the browser made none.
        """
        if private and self.real_data and not self.app.masked:
            return b""
        masks = [self.page.locator(each) for each in self.app.masked] if self.real_data else []
        try:
            return self.page.screenshot(type="jpeg", quality=QUALITY, scale="css", mask=masks)
        except PlaywrightError as error:
            raise CannotTell(
                "no screenshot could be made", where=self.page.url, found=error.message
            ) from None

    def visit(self, address: str, *, private: bool) -> Visit:
        """Open *address*, wait until it rests, and return all that was seen and heard."""
        response = self.open(address)
        return self.seen(address, private=private, status=response.status if response else 0)

    def seen(self, asked: str, *, private: bool, status: int = 200) -> Visit:
        """Wait until the page rests, and return all that was seen and heard in this window.

        *asked* is how it was reached; *private*, whether it shows what only people who signed in
        may see; *status* that of the answer.
        """
        look, picture = self.rest(), self.picture(private=private)
        self.send_what_is_left()
        return Visit(
            asked=asked,
            engine=self.engine,
            status=status,
            look=look,
            heard=self.ear.heard(),
            picture=picture,
            hidden=private and self.real_data,
        )

    def send_what_is_left(self) -> None:
        """Let the page send what it keeps for later, as it does when it is left.

        Who counts visitors collects for seconds before anything is sent, or refused.
        """
        with suppress(PlaywrightError):  # it is on its way to another page, or died
            self.page.evaluate(LEAVE)
        self.finish()


@contextmanager
def window(  # noqa: PLR0913 - what a window needs to know
    browser: Browser,
    *,
    app: AppSection,
    address: str,
    engine: str,
    real_data: bool = False,
    types_keys: bool = False,
    rest_s: float = REST_S,
    may_write: bool = False,
    options: dict[str, Any] | None = None,
    discretion: Discretion | None = None,
    name: str = "",
    trace: Path | None = None,
) -> Iterator[Window]:
    """Give a page in a context of its own, which is closed at the end.

    *address* is the application's; *options* are the context's. *name* is that of the log, and
    *discretion* what of it may be written down: by default as little as can be where the data is
    real. A *trace* is written there when the window is closed. Unless it *may_write*, what the
    page would write to the addresses of data is not let through.
    """
    given: dict[str, Any] = {"base_url": address, **(options or {})}
    keeps = bool(app.data_addresses) and not may_write
    if keeps:  # what a service worker sends passes by every route
        given["service_workers"] = "block"
    context: BrowserContext = browser.new_context(**given)
    context.set_default_timeout(app.page_timeout_s * 1000)
    try:
        with traced(context, trace):
            writes, reads = app.data_addresses, app.data.requests
            shown = discretion or Discretion(private=real_data)
            log = PageLog(context, window=name, browser=engine, discretion=shown)
            ear = Ear(context, noise=app.expected_noise, data=writes, reads=reads, log=log)
            if keeps:
                ear.keep_from_writing(app.data_addresses)
            page = context.new_page()
            touch = bool(given.get("has_touch"))
            opened = Window(
                page=page,
                ear=ear,
                app=app,
                engine=engine,
                real_data=real_data,
                touch=touch,
                types_keys=types_keys,
                rest_s=rest_s,
            )
            yield opened
            opened.finish()
    finally:
        context.close()
