from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from gonogo.config_app import AppSection
from gonogo.errors import CannotTell, ToolMissing
from gonogo.probes.browser.engines import Engine, start_engine
from gonogo.probes.browser.visit import Window, window
from gonogo.probes.monitoring.browser_events import Sent, throw_error, view_page
from gonogo.probes.monitoring.driven_browser import hide_driver, marks_of
from selftest.pulse.partner_app import PartnerApp, partner_app

TOLD = """() => [navigator.webdriver, navigator.userAgent,
    (navigator.userAgentData?.brands ?? []).map((each) => each.brand)]"""
DROPPED = "console.warn('[PostHog.js] the user agent looks like a bot (first: $pageview)');"
MARKED_AGAIN = "Object.defineProperty(navigator, 'webdriver', { get: () => true });"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def engine(playwright: Playwright, request: pytest.FixtureRequest) -> Iterator[Engine]:
    try:
        started = start_engine(playwright, request.param)
    except ToolMissing as error:
        pytest.skip(f"not tried in {request.param}: {error.found}")
    yield started
    started.browser.close()


@pytest.fixture
def app() -> Iterator[PartnerApp]:
    with partner_app() as served:
        yield served


@pytest.fixture
def opened(engine: Engine, app: PartnerApp) -> Iterator[Window]:
    section = AppSection(page_timeout_s=5.0)
    with window(engine.browser, app=section, address=app.address, engine=str(engine)) as found:
        yield found


def view(opened: Window, *, arrives: bool) -> Sent[dict[str, int]]:
    arrived = {"/terms": 1} if arrives else {}
    return view_page(opened, "/terms", tag="t", arrived=lambda _: arrived, within_s=0.1)


def test_a_driven_browser_is_marked_and_can_be_opened_unmarked(opened: Window) -> None:
    opened.open("/")
    assert "navigator.webdriver" in marks_of(opened.page)
    hide_driver(opened.page)
    opened.open("/terms")
    assert marks_of(opened.page) == ()
    webdriver, agent, brands = opened.page.evaluate(TOLD)
    assert webdriver is False
    assert "Headless" not in f"{agent} {brands}"
    assert "Mozilla/5.0" in agent
    assert ("Chromium" in brands) is ("Chrome/" in agent)


def test_the_observation_says_how_the_page_was_opened(opened: Window) -> None:
    sent = view(opened, arrives=True)
    assert sent.marks == ()
    assert "the page was not told that a program drives the browser" in str(sent)


def test_nothing_where_nothing_is_in_the_way_did_not_arrive(opened: Window) -> None:
    assert view(opened, arrives=False).arrived == {}


def test_a_page_that_leaves_bots_out_and_says_so_proves_nothing(
    opened: Window, app: PartnerApp
) -> None:
    app.script = DROPPED
    with pytest.raises(CannotTell, match="left out on purpose") as caught:
        view(opened, arrives=False)
    assert "looks like a bot" in caught.value.found
    assert view(opened, arrives=True).arrived == {"/terms": 1}


def test_a_page_that_sees_the_mark_all_the_same_proves_nothing(
    opened: Window, app: PartnerApp
) -> None:
    app.script = MARKED_AGAIN
    with pytest.raises(CannotTell, match="left out on purpose") as caught:
        throw_error(opened, "/", tag="a", arrived=lambda _: (), within_s=0.1)
    assert caught.value.found == "the page sees navigator.webdriver"
    sent = view(opened, arrives=True)
    assert "a program drives the browser: navigator.webdriver" in str(sent)
