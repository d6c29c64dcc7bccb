from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from gonogo.config_app import AppSection
from gonogo.errors import ToolMissing
from gonogo.probes.browser.engines import Engine, start_any
from gonogo.probes.browser.visit import Window, window
from selftest.pulse.partner_app import PartnerApp, partner_app

APP = AppSection(page_timeout_s=5.0)


@pytest.fixture(scope="package")
def engine() -> Iterator[Engine]:
    with sync_playwright() as playwright:
        try:
            started = start_any(playwright, {})
        except ToolMissing as error:
            pytest.skip(f"the probes are not tried in a browser: {error.found}")
        yield started
        started.browser.close()


@pytest.fixture
def app() -> Iterator[PartnerApp]:
    with partner_app() as served:
        yield served


@pytest.fixture
def opened(engine: Engine, app: PartnerApp) -> Iterator[Window]:
    with window(engine.browser, app=APP, address=app.address, engine=str(engine)) as found:
        yield found
