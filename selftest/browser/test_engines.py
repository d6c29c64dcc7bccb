from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from gonogo.config_app import EngineSection
from gonogo.errors import CannotTell, ToolMissing
from gonogo.probes.browser.engines import Engine, start_any, start_engine
from selftest.browser.fake_playwright import AGENTS, FakePlaywright, install


def test_playwrights_own_is_used_where_nothing_else_is_said(
    playwright: FakePlaywright, machine: Path
) -> None:
    install(machine, "chromium")
    playwright.chromium.executable_path = str(machine)
    engine = start_engine(playwright.real, "chromium", launch={"headless": False})
    assert str(engine) == "chromium 156.0 (Playwright's own)"
    assert playwright.chromium.given == {
        "args": ["--disable-background-networking"],
        "headless": False,
    }


def test_a_browser_of_the_system_is_the_next_best(
    playwright: FakePlaywright, machine: Path
) -> None:
    path = install(machine, "chromium")
    engine = start_engine(playwright.real, "chromium")
    assert engine.source == playwright.chromium.given["executable_path"] == path
    assert engine.can_be_a_phone
    assert not engine.types_keys


def test_without_a_window_the_light_one_is_taken(playwright: FakePlaywright, machine: Path) -> None:
    whole, light = install(machine, "chromium"), install(machine, "chromium-headless-shell")
    assert start_engine(playwright.real, "chromium").source == light
    headed = {"headless": False}
    assert start_engine(playwright.real, "chromium", launch=headed).source == whole


def test_the_configuration_wins(playwright: FakePlaywright, machine: Path) -> None:
    path = install(machine, "mine")
    section = EngineSection(path="mine", arguments=("--no-sandbox",))
    start_engine(playwright.real, "chromium", section=section)
    assert playwright.chromium.given["executable_path"] == path
    assert "--no-sandbox" in playwright.chromium.given["args"]
    channel = EngineSection(channel="chromium-tip-of-tree")
    assert "tip-of-tree" in start_engine(playwright.real, "chromium", section=channel).source


def test_firefox_of_the_system_is_driven_over_bidi(
    playwright: FakePlaywright, machine: Path
) -> None:
    install(machine, "firefox-esr")
    engine = start_engine(playwright.real, "firefox")
    assert playwright.firefox.given["channel"] == "moz-firefox"
    assert playwright.firefox.given["args"] == []
    assert "fission.autostart" in playwright.firefox.given["firefox_user_prefs"]
    assert not engine.can_be_a_phone
    assert engine.types_keys


def test_a_firefox_with_long_support_is_called_so(
    playwright: FakePlaywright, machine: Path
) -> None:
    program = Path(install(machine, "firefox"))
    assert str(start_engine(playwright.real, "firefox")).startswith("firefox 156.0 (")
    program.write_text("#!/bin/sh\necho Mozilla Firefox 153.7.0esr\n", encoding="utf-8")
    engine = start_engine(playwright.real, "firefox")
    assert engine.kind == "firefox"
    assert str(engine) == f"firefox-esr 153.7.0esr ({program} over moz-firefox)"


def test_a_version_that_is_not_told_is_that_of_the_driver(
    playwright: FakePlaywright, machine: Path
) -> None:
    program = Path(install(machine, "firefox"))
    program.write_text("#!/nowhere/sh\n", encoding="utf-8")
    assert start_engine(playwright.real, "firefox").version == "156.0"


def test_webkitgtk_is_started_by_selenium_and_is_no_phone(
    playwright: FakePlaywright, machine: Path
) -> None:
    with pytest.raises(ToolMissing, match="no webkitgtk on this machine") as missing:
        start_engine(playwright.real, "webkitgtk")
    assert "no WebKitWebDriver" in missing.value.found
    browser = FakePlaywright().webkit.launch()
    engine = Engine(kind="webkitgtk", version="2.50.6", source="it", browser=cast("Any", browser))
    assert str(engine) == "webkitgtk 2.50.6 (it)"
    assert not engine.can_be_a_phone


def test_edge_is_looked_for_by_its_channel(playwright: FakePlaywright, machine: Path) -> None:
    playwright.chromium.agent = AGENTS["edge"]
    assert start_engine(playwright.real, "msedge").source == "channel msedge"
    playwright.chromium.fails = (
        "BrowserType.launch: Chromium distribution 'msedge' is not found at /opt\nRun \"that\""
    )
    with pytest.raises(ToolMissing) as missing:
        start_engine(playwright.real, "msedge")
    assert missing.value.found == "Chromium distribution 'msedge' is not found at /opt"
    assert "playwright install msedge" in missing.value.do


@pytest.mark.parametrize(
    ("kind", "name"), [("msedge", "chromium"), ("chrome", "edge"), ("webkit", "chromium")]
)
def test_a_browser_that_is_called_another_is_refused(
    playwright: FakePlaywright, machine: Path, kind: str, name: str
) -> None:
    install(machine, "liar")
    for driver in (playwright.chromium, playwright.webkit):
        driver.agent = AGENTS[name]
    with pytest.raises(CannotTell, match=f"no {kind}"):
        start_engine(playwright.real, kind, section=EngineSection(path="liar"))


def test_a_browser_that_does_not_start_is_no_missing_one(
    playwright: FakePlaywright, machine: Path
) -> None:
    install(machine, "chromium")
    playwright.chromium.fails = "crashed\nwith a log\nthird\nfourth\nfifth"
    with pytest.raises(CannotTell) as crashed:
        start_engine(playwright.real, "chromium")
    assert crashed.value.found.endswith("fourth")


def test_a_path_that_is_not_there_and_a_kind_nobody_drives_are_missing_tools(
    playwright: FakePlaywright, machine: Path
) -> None:
    with pytest.raises(ToolMissing, match="no firefox on this machine") as missing:
        start_engine(playwright.real, "firefox", section=EngineSection(path="firefox-99"))
    assert "browsers.firefox.path names firefox-99" in missing.value.found
    with pytest.raises(ToolMissing, match="netscape cannot be driven"):
        start_engine(playwright.real, "netscape")


@pytest.mark.parametrize(("exposed", "network"), [(1, "<loopback>"), (0, None)])
def test_a_browser_server_is_reached_by_its_address(
    playwright: FakePlaywright, exposed: int, network: str | None
) -> None:
    section = EngineSection(address="ws://127.0.0.1:9/pool")
    engine = start_engine(
        playwright.real, "chromium", section=section, expose_loopback=bool(exposed)
    )
    assert engine.source == "server at ws://127.0.0.1:9/pool"
    assert playwright.chromium.given["expose_network"] == network


def test_a_debugging_port_is_reached_by_its_address(playwright: FakePlaywright) -> None:
    start_engine(playwright.real, "chromium", section=EngineSection(address="http://127.0.0.1:9"))
    assert playwright.chromium.given == {"cdp": "http://127.0.0.1:9"}


def test_a_server_that_does_not_answer_tells_nothing(playwright: FakePlaywright) -> None:
    playwright.chromium.fails = "connect ECONNREFUSED"
    with pytest.raises(CannotTell, match="browser server cannot be reached"):
        start_engine(playwright.real, "chromium", section=EngineSection(address="ws://x"))


def test_any_browser_is_first_one_that_is_configured(
    playwright: FakePlaywright, machine: Path
) -> None:
    install(machine, "chromium")
    install(machine, "fox")
    assert start_any(playwright.real, {}).kind == "chromium"
    assert start_any(playwright.real, {"firefox": EngineSection(path="fox")}).kind == "firefox"


def test_a_machine_without_a_browser_says_how_to_get_one(
    playwright: FakePlaywright, machine: Path
) -> None:
    playwright.chromium.fails = "Chromium distribution 'chrome' is not found at /opt"
    with pytest.raises(ToolMissing) as missing:
        start_any(playwright.real, {})
    assert "webkit: neither Playwright's own nor one on PATH" in missing.value.found
    assert "playwright install chromium" in missing.value.do
