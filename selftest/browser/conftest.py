from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Playwright, sync_playwright

from gonogo.errors import ToolMissing
from gonogo.probes.browser.engines import Engine, start_any
from gonogo.probes.browser.expected_rows import ExpectedRows
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ListPage
from gonogo.probes.browser.visit import Window, window
from gonogo.probes.database.connection import Reader
from selftest.browser.fake_playwright import FakePlaywright
from selftest.browser.small_app import APP, LIST, Database, SmallApp, small_app


@pytest.fixture(scope="package")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def engine(driver: Playwright) -> Iterator[Engine]:
    try:
        started = start_any(driver, {})
    except ToolMissing as error:
        pytest.skip(f"the probes are not tried in a browser: {error.found}")
    yield started
    started.browser.close()


@pytest.fixture(scope="package")
def served() -> Iterator[SmallApp]:
    with small_app() as app:
        yield app


@pytest.fixture
def app(served: SmallApp) -> SmallApp:
    served.reset()
    return served


@pytest.fixture
def opened(engine: Engine, app: SmallApp) -> Iterator[Window]:
    with window(
        engine.browser, app=APP, address=app.address, engine=str(engine), rest_s=0.4
    ) as found:
        yield found


@pytest.fixture
def people(opened: Window) -> ListPage:
    """The list of somebody who is signed in."""
    opened.page.context.add_init_script('localStorage.setItem("session", "1")')
    page = ListPage(window=opened, section=LIST)
    page.open()
    return page


@pytest.fixture
def rows() -> ExpectedRows:
    return ExpectedRows(database=cast("Reader", Database()), section=LIST)


@pytest.fixture
def lists(people: ListPage, rows: ExpectedRows) -> ListComparison:
    return ListComparison(page=people, rows=rows)


@pytest.fixture
def playwright() -> FakePlaywright:
    return FakePlaywright()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path
