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

    def __str__(self) -> str:
        """One line."""
        return f"{self.kind}: {self.text}"


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
    """What the page was not given, so that nothing it writes passes by."""
    said: Said = field(default_factory=Said, repr=False)
    """The whole log of its window."""

    def of(self, *kinds: str) -> tuple[Complaint, ...]:
        """Return the complaints of these kinds."""
        return tuple(each for each in self.complaints if each.kind in kinds)


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
        self._noise = noise
        self._complaints: list[Complaint] = []
        self._wrote: list[str] = []
        self._blocked: list[str] = []
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
        complaints = dict.fromkeys([*self._complaints, *map(_violation, self._noted(VIOLATIONS))])
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
            wrote=tuple(dict.fromkeys(self._wrote)),
            blocked=tuple(dict.fromkeys(self._blocked)),
            withheld=(*self._withheld, *dict.fromkeys(self._noted(WORKERS))),
            said=self.said,
        )

    def _noted(self, expression: str) -> list[str]:
        return [text for page in self._context.pages for text in _noted_by(page, expression)]

    def _reason_for(self, complaint: Complaint) -> str | None:
        return next(
            (each.reason for each in self._noise if re.search(each.pattern, str(complaint))), None
        )

    def _add(self, kind: str, text: str) -> None:
        self._complaints.append(Complaint(kind=kind, text=text))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "assert"} or OF_A_REQUEST.search(message.text):
            return
        # The event of the page says the same, in every engine.
        if not OF_THE_POLICY.search(message.text):
            self._add("console", message.text)

    def _on_error(self, error: WebError) -> None:
        self._add("exception", str(error.error.message))

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
        if request.method not in READING and _written(request) not in self._blocked:
            self._wrote.append(_written(request))

    def _on_end(self, request: Request) -> None:
        self._all.open.discard(request)
        self.of_page.open.discard(request)

    def _on_failure(self, request: Request) -> None:
        self._on_end(request)
        if _written(request) in self._blocked or LEFT.search(request.failure or ""):
            return
        self._add("request", f"{self._log.shown(request)} failed: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._add("request", f"{self._log.shown(response.request)}: {response.status}")

    def _only_reading(self, route: Route) -> None:
        if route.request.method in READING:
            route.fallback()
            return
        written = _written(route.request)
        self._blocked.append(written)
        if written in self._wrote:
            self._wrote.remove(written)
        route.abort("blockedbyclient")


def _written(request: Request) -> str:
    return f"{request.method} {request.url.partition('?')[0]}"


def _violation(text: str) -> Complaint:
    return Complaint(kind="policy", text=f"the content security policy forbids {text}")


def _noted_by(page: Page, expression: str) -> list[str]:
    try:
        found: list[str] = page.evaluate(expression)
    except PlaywrightError:  # the page is on its way to another
        return []
    return found
