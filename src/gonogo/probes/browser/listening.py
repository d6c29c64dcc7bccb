"""What a page complains about, and what it writes: heard while it is used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    Route,
    WebError,
)
from playwright.sync_api import Error as PlaywrightError

from gonogo.config_app import ExpectedNoise
from gonogo.probes.browser.page_log import PageLog, Said

LEFT = re.compile(r"ERR_ABORTED|NS_BINDING_ABORTED|[Cc]ancelled")
"""The browser gave a request up because its page was left."""
OF_A_REQUEST = re.compile(r"^Failed to load resource")
"""What Chromium's console says of a request; the request itself is heard as well."""
OF_THE_POLICY = re.compile(r"Content[ -]Security[ -]Policy")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
ENDLESS = frozenset({"websocket", "eventsource", "ping"})
"""Requests that a page keeps open, or that it does not wait for."""
BY_SCRIPT = frozenset({"fetch", "xhr", "ping"})
"""How a script asks and tells; ``ping`` is also what it sends when its page is left."""
NOTE_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) => {
    (window.gonogoViolations ??= []).push(`${event.effectiveDirective} ${event.blockedURI}`);
});"""
VIOLATIONS = "window.gonogoViolations ?? []"
NO_WORKERS = """if (self.ServiceWorkerContainer) {
    ServiceWorkerContainer.prototype.register = (script) => {
        (window.gonogoWorkers ??= []).push(String(script));
        return new Promise(() => {});
    };
}"""
"""Whoever asks for a service worker waits for it. Playwright answers with none, which a page that
goes on to use it takes for an error of its own."""
WORKERS = "window.gonogoWorkers ?? []"
WITHHELD = "service workers: what they write could not be held back"


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """One thing a page complained about: ``kind`` is console, exception, request or policy."""

    kind: str
    text: str
    """As it may be written down."""
    heard: str = field(default="", repr=False)
    """As it was heard, where that is something else."""

    def __str__(self) -> str:
        """One line."""
        return f"{self.kind}: {self.text}"

    @property
    def as_heard(self) -> str:
        """The line as it was heard: to be looked at, and not written down."""
        return f"{self.kind}: {self.heard or self.text}"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What was heard: complaints, those that were expected with the reason, and the writes."""

    complaints: tuple[Complaint, ...] = ()
    expected: tuple[str, ...] = ()
    wrote: tuple[str, ...] = ()
    """Requests of the page that may have changed something, as method and address."""
    blocked: tuple[str, ...] = ()
    """Such requests that were not let through."""
    withheld: tuple[str, ...] = ()
    """What no page was given, so that nothing it writes passes by."""
    workers: tuple[str, ...] = ()
    """Scripts of service workers that the page asked for, and waits for."""
    said: Said = field(default_factory=Said, repr=False)
    """The whole log of its window."""

    def of(self, *kinds: str) -> tuple[Complaint, ...]:
        """Return the complaints of these kinds."""
        return tuple(each for each in self.complaints if each.kind in kinds)

    def held_back(self, *, blank: bool = False) -> tuple[str, ...]:
        """Return what a page may lack through us; a service worker where it shows nothing."""
        workers = [f"the service worker {each}" for each in self.workers] if blank else []
        return (*self.blocked, *workers)


@dataclass
class Counted:
    """How many requests of some kind were sent, and which are not answered yet."""

    sent: int = 0
    asked: int = 0
    """How many of them asked for data."""
    open: set[Request] = field(default_factory=set)

    @property
    def under_way(self) -> int:
        """How many are not answered yet."""
        return len(self.open)


class Ear:
    """Listens to every page of a context, from its first request on.

    ``of_page`` are the requests that what a page shows can depend on: all but what its scripts
    write to addresses that match neither *data* nor *reads*, such as theirs who count its
    visitors. At *reads* a page asks for data, some by POST. *log* is that of the context.
    """

    def __init__(
        self,
        context: BrowserContext,
        *,
        noise: Sequence[ExpectedNoise] = (),
        data: str = "",
        reads: str = "",
        log: PageLog,
    ) -> None:
        self._context = context
        self._log = log
        self._discretion = log.discretion
        self._noise = noise
        self._complaints: list[Complaint] = []
        self._wrote: list[Request] = []
        self._blocked: list[Request] = []
        self._data = tuple(filter(None, (data, reads)))
        self._withheld: tuple[str, ...] = ()
        self._all = Counted()
        self.of_page = Counted()
        context.add_init_script(NOTE_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        context.on("requestfinished", self._on_end)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    @property
    def sent(self) -> int:
        """How many requests were sent so far."""
        return self._all.sent

    @property
    def asked(self) -> int:
        """How many of them asked for data."""
        return self._all.asked

    @property
    def under_way(self) -> int:
        """How many requests are not answered yet."""
        return self._all.under_way

    @property
    def said(self) -> Said:
        """The whole log until now."""
        return self._log.said()

    def keep_from_writing(self, pattern: str) -> None:
        """Let no request through that may change something at an address with *pattern* in it.

        No page gets a service worker: nobody could hold back what that sends.
        """
        self._withheld = (WITHHELD,)
        self._context.add_init_script(NO_WORKERS)
        self._context.route(re.compile(pattern), self._only_reading)

    def heard(self) -> Heard:
        """Return what was heard until now."""
        violations = map(self._violation, self._noted(VIOLATIONS))
        complaints = dict.fromkeys([*self._complaints, *violations])
        workers = dict.fromkeys(self._noted(WORKERS))
        expected = []
        rest = []
        for complaint in complaints:
            reason = self._reason_for(complaint)
            if reason is None:
                rest.append(complaint)
            else:
                expected.append(f"{complaint} ({reason})")
        return Heard(
            complaints=tuple(rest),
            expected=tuple(expected),
            wrote=self._written(self._wrote),
            blocked=self._written(self._blocked),
            withheld=self._withheld,
            workers=tuple(self._discretion.address(each, "script") for each in workers),
            said=self.said,
        )

    def _noted(self, expression: str) -> list[str]:
        return [text for page in self._context.pages for text in _noted_by(page, expression)]

    def _reason_for(self, complaint: Complaint) -> str | None:
        return next(
            (each.reason for each in self._noise if re.search(each.pattern, complaint.as_heard)),
            None,
        )

    def _add(self, kind: str, text: str, heard: str = "") -> None:
        self._complaints.append(Complaint(kind=kind, text=text, heard=heard))

    def _said(self, kind: str, text: str, *, place: str = "", name: str = "") -> None:
        told = text
        if self._discretion.private:
            told = self._discretion.text(text, place=place, name=name)
        self._add(kind, told, text)

    def _violation(self, noted: str) -> Complaint:
        directive, _, address = noted.partition(" ")
        forbidden = f"{directive} {self._discretion.address(address, 'fetch')}"
        policy = "the content security policy forbids"
        return Complaint(kind="policy", text=f"{policy} {forbidden}", heard=f"{policy} {noted}")

    def _written(self, requests: Sequence[Request]) -> tuple[str, ...]:
        shown = (
            f"{each.method} "
            + self._discretion.address(each.url.partition("?")[0], each.resource_type)
            for each in requests
        )
        return tuple(dict.fromkeys(shown))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "assert"} or OF_A_REQUEST.search(message.text):
            return
        # The event of the page says the same, in every engine.
        if not OF_THE_POLICY.search(message.text):
            self._said("console", message.text, place=self._log.place(message))

    def _on_error(self, error: WebError) -> None:
        self._said("exception", error.error.message, name=error.error.name or "")

    def _on_request(self, request: Request) -> None:
        by_script = request.resource_type in BY_SCRIPT
        reads = by_script and request.method in READING
        of_data = any(re.search(each, request.url) for each in self._data)
        tells_others = by_script and not reads and not of_data
        for counted in (self._all,) if tells_others else (self._all, self.of_page):
            counted.sent += 1
            counted.asked += reads
            if request.resource_type not in ENDLESS:
                counted.open.add(request)
        if request.method not in READING and request not in self._blocked:
            self._wrote.append(request)

    def _on_end(self, request: Request) -> None:
        self._all.open.discard(request)
        self.of_page.open.discard(request)

    def _on_failure(self, request: Request) -> None:
        self._on_end(request)
        if request in self._blocked or LEFT.search(request.failure or ""):
            return
        ending = f"failed: {request.failure}"
        self._add(
            "request",
            f"{self._log.shown(request)} {ending}",
            f"{request.method} {request.url} {ending}",
        )

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            request, ending = response.request, f": {response.status}"
            self._add(
                "request",
                f"{self._log.shown(request)}{ending}",
                f"{request.method} {request.url}{ending}",
            )

    def _only_reading(self, route: Route) -> None:
        if route.request.method in READING:
            route.fallback()
            return
        self._blocked.append(route.request)
        if route.request in self._wrote:
            self._wrote.remove(route.request)
        route.abort("blockedbyclient")


def _noted_by(page: Page, expression: str) -> list[str]:
    try:
        found: list[str] = page.evaluate(expression)
    except PlaywrightError:  # the page is on its way to another
        return []
    return found
