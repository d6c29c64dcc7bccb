"""Playwright without a browser: it keeps what it was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright

CHROME = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36"
AGENTS = {
    "chromium": CHROME,
    "edge": f"{CHROME} Edg/156.0",
    "firefox": "Mozilla/5.0 Gecko/20100101 Firefox/153.0",
    "webkit": "Mozilla/5.0 AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26 Safari/605.1.15",
}


@dataclass(frozen=True)
class FakePage:
    agent: str

    def evaluate(self, _: str) -> str:
        return self.agent

    def close(self) -> None: ...


@dataclass(eq=False)
class FakeBrowser:
    agent: str
    version: str = "156.0"
    closed: bool = False

    def new_page(self) -> FakePage:
        return FakePage(self.agent)

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeDriver:
    """What Playwright is for one engine; ``fails`` is what is said in place of starting."""

    agent: str
    executable_path: str = "/not/there"
    fails: str = ""
    given: dict[str, Any] = field(default_factory=dict)

    def launch(self, **options: Any) -> FakeBrowser:  # noqa: ANN401 - Playwright's own
        return self._started(options)

    def connect(self, address: str, **options: Any) -> FakeBrowser:  # noqa: ANN401 - the same
        return self._started({"address": address, **options})

    def connect_over_cdp(self, address: str) -> FakeBrowser:
        return self._started({"cdp": address})

    def _started(self, options: Mapping[str, Any]) -> FakeBrowser:
        self.given.update(options)
        if self.fails:
            raise PlaywrightError(self.fails)
        return FakeBrowser(self.agent)


@dataclass
class FakePlaywright:
    chromium: FakeDriver = field(default_factory=lambda: FakeDriver(AGENTS["chromium"]))
    firefox: FakeDriver = field(default_factory=lambda: FakeDriver(AGENTS["firefox"]))
    webkit: FakeDriver = field(default_factory=lambda: FakeDriver(AGENTS["webkit"]))

    @property
    def real(self) -> Playwright:
        return cast("Playwright", self)


def install(machine: Path, name: str) -> str:
    program = machine / name
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)
