"""The log of a window: what its pages asked for, how that was answered, and what they said."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

from gonogo.clock import Clock, SystemClock

FIRST, LAST = 400, 1200
"""How many events are kept, from the beginning and from the end."""
LONGEST = 10_000
"""Characters of one text. A longer one is not cut: nobody would know half of a secret for one."""
OF_THE_PROGRAM = frozenset({"script", "stylesheet", "font"})
"""Files whose names the application's makers gave, and nobody's data."""
PLAIN = re.compile(r"[A-Za-z_.~-]*|v[0-9]+")
"""A part of a path that is a word, and no key of a record."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """The lines of a log; ``window`` is the name of its window, empty where none is kept."""

    window: str = ""
    lines: tuple[str, ...] = field(default=(), repr=False)


@dataclass(kw_only=True)
class _Asked:
    """One request; what it came to is known later."""

    at_s: float
    request: Request
    status: int = 0

    def line(self, *, private: bool) -> str:
        """Return it as one line: when, method, status, type, duration, address."""
        request = self.request
        took_ms = request.timing["responseEnd"]
        failure = request.failure
        status = "failed" if failure else str(self.status or "open")
        took = f"{took_ms:.0f} ms" if took_ms >= 0 else ""
        address = shown_address(request.url, request.resource_type, private=private)
        ending = f" ({failure})" if failure else ""
        kind = request.resource_type
        return (
            f"{self.at_s:8.3f}  {request.method:<7}  {status:<9}  {kind:<10}  {took:>9}  "
            f"{address}{ending}"
        )

    @property
    def went_wrong(self) -> bool:
        """Whether it failed or was refused."""
        return bool(self.request.failure) or self.status >= 400


@dataclass(frozen=True, kw_only=True)
class _Word:
    """Something on the console, or an exception that nobody caught."""

    at_s: float
    kind: str
    text: str
    place: str = ""

    def line(self, *, private: bool) -> str:
        """Return it as it was said; what may be about somebody only by its length."""
        text = self.text
        if private:
            text = f"{len(text):,} characters, which are not written down"
        elif len(text) > LONGEST:
            text = f"{len(text):,} characters, too many to be kept"
        ending = f" ({self.place})" if self.place else ""
        return f"{self.at_s:8.3f}  console  {self.kind:<9}  {text}{ending}"


class PageLog:
    """Keeps the log of a context from its first request on: no headers, and no bodies.

    *window* names the window, *browser* says who it belongs to. Where it is *private*, neither
    what was said nor what addresses carry of anybody is written down. Times are when an event was
    heard here, in seconds since the window was opened; durations are the browser's own.
    """

    def __init__(
        self,
        context: BrowserContext,
        *,
        window: str = "",
        browser: str = "",
        private: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._window, self._browser, self._private = window, browser, private
        self._clock = clock or SystemClock()
        self._began_s = self._clock.monotonic_s()
        self._first: list[_Asked | _Word] = []
        self._last: deque[_Asked | _Word] = deque(maxlen=LAST)
        self._heard = 0
        self._open: dict[Request, _Asked] = {}
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("requestfinished", self._on_end)
        context.on("requestfailed", self._on_end)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    def said(self) -> Said:
        """Return what was kept until now; the first line sums it up."""
        return Said(window=self._window, lines=tuple(self._lines()))

    def shown(self, request: Request) -> str:
        """Return method and address of *request* as they may be written down."""
        address = shown_address(request.url, request.resource_type, private=self._private)
        return f"{request.method} {address}"

    def _lines(self) -> Iterator[str]:
        kept = [*self._first, *self._last]
        asked = [each for each in kept if isinstance(each, _Asked)]
        wrong = sum(each.went_wrong for each in asked)
        left_out = self._heard - len(kept)
        yield (
            f"{self._browser or 'a window'}: {len(asked):,} requests, {wrong:,} of them failed or "
            f"refused; {len(kept) - len(asked):,} lines on the console; in seconds since the "
            "window was opened"
        )
        for number, each in enumerate(kept):
            if left_out and number == FIRST:
                yield f"… {left_out:,} more are left out here"
            yield each.line(private=self._private)

    def _keep(self, event: _Asked | _Word) -> None:
        self._heard += 1
        (self._first if len(self._first) < FIRST else self._last).append(event)

    def _at_s(self) -> float:
        return self._clock.monotonic_s() - self._began_s

    def _on_request(self, request: Request) -> None:
        self._open[request] = _Asked(at_s=self._at_s(), request=request)
        self._keep(self._open[request])

    def _on_response(self, response: Response) -> None:
        if response.request in self._open:
            self._open[response.request].status = response.status

    def _on_end(self, request: Request) -> None:
        self._open.pop(request, None)

    def _on_console(self, message: ConsoleMessage) -> None:
        place = message.location
        # It may be the page's own address as well as a script's.
        address = shown_address(place["url"], "document", private=self._private)
        where = f"{address}:{place['lineNumber'] + 1}" if address else ""
        self._keep(_Word(at_s=self._at_s(), kind=message.type, text=message.text, place=where))

    def _on_error(self, error: WebError) -> None:
        self._keep(_Word(at_s=self._at_s(), kind="exception", text=error.error.message))


def shown_address(address: str, kind: str, *, private: bool) -> str:
    """Return *address* of a resource of this *kind* as it may be written down.

    What is *private* loses its query, its fragment, and every part of its path that is no plain
    word, such as a record's key.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"an address of {len(address):,} characters that cannot be read"
    if parts.scheme in {"data", "blob"}:
        return f"{parts.scheme}:… ({len(address):,} characters)"
    if not private and len(address) <= LONGEST:
        return address
    place = f"{parts.scheme}://{parts.netloc}" if parts.scheme else ""
    path = parts.path
    if kind not in OF_THE_PROGRAM:
        path = "/".join(each if PLAIN.fullmatch(each) else "…" for each in path.split("/"))
    rest = "?…" if parts.query else ""
    return f"{place}{path}{rest}"
