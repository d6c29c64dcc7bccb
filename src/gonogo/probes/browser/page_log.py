"""The log of a window: what its pages asked for, how that was answered, and what they said."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

from gonogo.clock import Clock, SystemClock
from gonogo.probes.browser.discretion import Discretion

FIRST, LAST = 400, 1200
"""How many events are kept, from the beginning and from the end."""


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

    def line(self, discretion: Discretion) -> str:
        """Return it as one line: when, method, status, type, duration, address."""
        request = self.request
        took_ms = request.timing["responseEnd"]
        failure = request.failure
        status = "failed" if failure else str(self.status or "open")
        took = f"{took_ms:.0f} ms" if took_ms >= 0 else ""
        address = discretion.address(request.url, request.resource_type)
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
    name: str = ""

    def line(self, discretion: Discretion) -> str:
        """Return it as one line: when, kind, what was said, where."""
        told = discretion.text(self.text, place=self.place, name=self.name)
        return f"{self.at_s:8.3f}  console  {self.kind:<9}  {told}"


class PageLog:
    """Keeps the log of a context from its first request on: no headers, and no bodies.

    *window* names the window, *browser* says who it belongs to; *discretion*, what of addresses and
    words may be written down. Times are when an event was
    heard here, in seconds since the window was opened; durations are the browser's own.
    """

    def __init__(
        self,
        context: BrowserContext,
        *,
        window: str = "",
        browser: str = "",
        discretion: Discretion | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._window, self._browser = window, browser
        self.discretion = discretion or Discretion()
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
        address = self.discretion.address(request.url, request.resource_type)
        return f"{request.method} {address}"

    def place(self, message: ConsoleMessage) -> str:
        """Return where *message* was said, as it may be written down; empty where nobody knows."""
        at = message.location
        # It may be the page's own address as well as a script's.
        address = self.discretion.address(at["url"], "document")
        return f"{address}:{at['lineNumber'] + 1}" if address else ""

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
            yield each.line(self.discretion)

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
        place = self.place(message)
        self._keep(_Word(at_s=self._at_s(), kind=message.type, text=message.text, place=place))

    def _on_error(self, error: WebError) -> None:
        said = error.error
        name = said.name or ""
        self._keep(_Word(at_s=self._at_s(), kind="exception", text=said.message, name=name))
