"""A real browser for the box, and an ear for what goes wrong in its pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
)

from gonogo.probes.monitoring.driven_browser import hide_driver

SYSTEM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--disable-background-networking"]
ABORTED = "net::ERR_ABORTED"
"""The browser itself gave up a request because its page was left."""


def chromium(playwright: Playwright) -> Browser | None:
    """Return Playwright's own Chromium or the system's, started; None where there is neither."""
    if Path(playwright.chromium.executable_path).exists():
        return playwright.chromium.launch(args=ARGUMENTS)
    path = next((found for name in SYSTEM if (found := shutil.which(name))), None)
    if path is None:
        return None
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


def new_page(context: BrowserContext) -> Page:
    """Return a page that takes its browser for a person's.

    Else posthog-js warns, and keeps the page's events to itself.
    """
    page = context.new_page()
    hide_driver(page)
    return page


class Noise:
    """What a page complains about: on its console, by an exception, by a request that failed."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._expected: list[str] = []

    def listen(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.heard.append(f"exception: {error}"))
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)

    def expect(self, pattern: str) -> None:
        """Say that the test wants to hear this; hearing it is asserted at the end."""
        self._expected.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        return [e for e in self.heard if not any(re.search(p, e) for p in self._expected)]

    @property
    def missing(self) -> list[str]:
        return [p for p in self._expected if not any(re.search(p, e) for e in self.heard)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.heard.append(f"console {message.type}: {message.text}")

    def _on_failure(self, request: Request) -> None:
        if request.failure != ABORTED:
            self.heard.append(f"failed: {request.method} {request.url} {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.heard.append(f"HTTP {response.status}: {response.request.method} {response.url}")


@contextmanager
def quiet(page: Page) -> Iterator[Noise]:
    """Watch *page*; at the end nothing was heard but what was expected."""
    noise = Noise()
    noise.listen(page)
    yield noise
    page.evaluate("0")  # what the browser said until now is heard before this is answered
    found = (noise.unexpected, noise.missing)
    assert found == ([], []), f"not expected: {found[0]}; not heard: {found[1]}"


def sign_in(page: Page, *, email: str, password: str) -> None:
    """Sign in by the form; returns on the contacts page."""
    page.goto("/signin")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/contacts")
