"""What a page asks the partner for, and what it writes on its console meanwhile."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response
from playwright.sync_api import Error as PlaywrightError

from gonogo.vendors.pulse import Profile

SAID = frozenset({"log", "info", "debug"})


@dataclass(frozen=True, kw_only=True)
class PartnerRequest:
    """One question of a page to the partner; ``status`` is 0 while no answer came."""

    address: str
    status: int = 0
    profiles: tuple[Profile, ...] = field(default=(), repr=False)

    @property
    def questions(self) -> dict[str, str]:
        """The questions of the address."""
        return {name: found[-1] for name, found in parse_qs(urlsplit(self.address).query).items()}

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.address}: HTTP {self.status}, {len(self.profiles)} records"


class PartnerEar:
    """Listens to one page: its questions to addresses that match *pattern*, and its console."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.pattern = re.compile(pattern)
        """How the addresses of its questions read."""
        self._page = page
        self._sent: list[Request] = []
        self._answered: dict[Request, Response] = {}
        self._lines: list[str] = []
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("console", self._on_console)

    @property
    def sent(self) -> int:
        """How many questions were asked until now."""
        self.catch_up()
        return len(self._sent)

    @property
    def lines(self) -> tuple[str, ...]:
        """What the page wrote on its console, without warnings and errors."""
        self.catch_up()
        return tuple(self._lines)

    def catch_up(self) -> None:
        """Hear what the browser has to tell until now: it tells while it is asked something."""
        try:
            self._page.evaluate("0")
        except PlaywrightError:  # the page is on its way to another
            return

    def requests(self) -> tuple[PartnerRequest, ...]:
        """Return the questions with their answers."""
        self.catch_up()
        return tuple(self._told(each) for each in self._sent)

    def _told(self, request: Request) -> PartnerRequest:
        response = self._answered.get(request)
        if response is None:
            return PartnerRequest(address=request.url)
        return PartnerRequest(
            address=request.url, status=response.status, profiles=_profiles(response)
        )

    def _on_request(self, request: Request) -> None:
        if self.pattern.search(request.url):
            self._sent.append(request)

    def _on_response(self, response: Response) -> None:
        if response.request in self._sent:
            self._answered[response.request] = response

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in SAID:
            self._lines.append(message.text)


def _profiles(response: Response) -> tuple[Profile, ...]:
    try:
        body: Any = response.json()
    except (ValueError, PlaywrightError):  # no JSON, or no body to be had any more
        return ()
    data = body.get("data") if isinstance(body, dict) else None
    return tuple(each for each in data if isinstance(each, dict)) if isinstance(data, list) else ()


def matching(lines: Sequence[str], pattern: str) -> tuple[str, ...]:
    """Return the lines that match *pattern*; none where it is empty."""
    return tuple(line for line in lines if pattern and re.search(pattern, line))
