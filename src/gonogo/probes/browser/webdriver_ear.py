"""What can be known of the requests of a page that is driven over WebDriver: little, afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Error as PlaywrightError

from gonogo.probes.browser.listening import Heard
from gonogo.probes.browser.page_log import Said
from gonogo.probes.browser.webdriver_page import WebDriverPage

ANSWERED = """([began, known]) => {
    performance.setResourceTimingBufferSize(10000);
    const all = performance.getEntriesByType("resource");
    const since = performance.timeOrigin === began ? known : 0;
    return [performance.timeOrigin, all.length, all.slice(since)
        .map((each) => [each.initiatorType, each.name])];
}"""
"""What was answered since the last look; another page begins anew."""
BY_SCRIPT = frozenset({"fetch", "xmlhttprequest"})


@dataclass(kw_only=True)
class WebDriverEar:
    """Counts the requests that were answered; those at addresses of *data* ask for data.

    Neither the console nor what the page sends can be heard, so there are no complaints.
    """

    page: WebDriverPage
    data: tuple[str, ...]
    """Regular expressions."""
    _sent: int = 0
    _asked: int = 0
    _began: float = 0.0
    _known: int = 0

    @property
    def of_page(self) -> WebDriverEar:
        """The same: why a page asks is not told."""
        return self

    @property
    def sent(self) -> int:
        """How many requests were answered so far."""
        self._look()
        return self._sent

    @property
    def asked(self) -> int:
        """How many of them asked for data."""
        self._look()
        return self._asked

    @property
    def under_way(self) -> int:
        """None that is known of."""
        return 0

    @property
    def said(self) -> Said:
        """No log."""
        return Said()

    def heard(self) -> Heard:
        """Return nothing, which is all that can be heard."""
        return Heard()

    def _look(self) -> None:
        try:
            found = self.page.evaluate(ANSWERED, [self._began, self._known])
        except PlaywrightError:  # it changes to another page
            return
        self._began, self._known, answered = found
        self._sent += len(answered)
        self._asked += sum(
            kind in BY_SCRIPT and any(re.search(each, address) for each in self.data)
            for kind, address in answered
        )
