"""The engines that few machines have: tried where they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright

from gonogo.config_app import EngineSection
from gonogo.errors import ToolMissing
from gonogo.probes.browser.engines import Engine, start_engine
from gonogo.probes.browser.expected_rows import ExpectedRows
from gonogo.probes.browser.journey import Journey
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ListPage
from gonogo.probes.browser.visit import Window, window
from gonogo.probes.browser.webdriver_page import FIND, ROLES
from gonogo.probes.browser.webkitgtk import WebKitGtk, start_webkitgtk, webkitgtk_window
from selftest.browser.small_app import ACCOUNT, APP, LIST, SmallApp


def gone_through(opened: Window, rows: ExpectedRows) -> None:
    lists = ListComparison(page=ListPage(window=opened, section=LIST), rows=rows)
    journey = Journey(lists=lists, account=ACCOUNT).go()
    assert journey.equal, str(journey)
    assert journey.checked == 10


@pytest.fixture(scope="module")
def firefox(driver: Playwright) -> Iterator[Engine]:
    try:
        started = start_engine(driver, "firefox")
    except ToolMissing as error:
        pytest.skip(f"{error.what}: {error.found}")
    yield started
    started.browser.close()


@pytest.fixture(scope="module")
def webkitgtk() -> Iterator[tuple[WebKitGtk, str]]:
    try:
        started, version = start_webkitgtk(EngineSection())
    except ToolMissing as error:
        pytest.skip(f"{error.what}: {error.found}")
    yield started, version
    started.close()


def test_the_journey_goes_through_all_steps_in_firefox(
    firefox: Engine, app: SmallApp, rows: ExpectedRows
) -> None:
    with window(
        firefox.browser,
        app=APP,
        address=app.address,
        engine=str(firefox),
        types_keys=firefox.types_keys,
    ) as opened:
        gone_through(opened, rows)


def test_the_journey_goes_through_all_steps_in_webkitgtk(
    webkitgtk: tuple[WebKitGtk, str], app: SmallApp, rows: ExpectedRows
) -> None:
    browser, version = webkitgtk
    assert version.startswith("2.")
    for _ in range(2):  # each window is another browser: nobody is signed in
        with webkitgtk_window(browser, app=APP, address=app.address, engine="it") as opened:
            gone_through(opened, rows)
            assert opened.picture(private=True).startswith(b"\x89PNG")


def test_controls_have_the_names_and_roles_that_webkitgtk_itself_gives_them(
    webkitgtk: tuple[WebKitGtk, str], app: SmallApp
) -> None:
    app.broken = 'localStorage.setItem("session", "1");'
    browser, _ = webkitgtk
    with webkitgtk_window(browser, app=APP, address=app.address, engine="it") as opened:
        page = ListPage(window=opened, section=LIST)
        page.open()
        assert page.until(lambda seen: seen.total == 4).names
        page.show_filters()
        driver = opened.page.driver  # type: ignore[attr-defined] # it is a page over WebDriver
        # A choice is a button there, whose name has its value in it.
        roles = {role: ROLES[role] for role in ROLES if role != "combobox"}
        found = 0
        for role, selector in roles.items():
            for element, name in driver.execute_script(FIND, selector):
                assert (element.aria_role, element.accessible_name) == (role, name)
                found += 1
        assert found > 8
