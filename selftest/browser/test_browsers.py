from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from gonogo.config import load
from gonogo.errors import CannotTell, ToolMissing
from gonogo.pytest_plugin.browsers import Browsers
from gonogo.pytest_plugin.options import read_options
from selftest.browser.fake_playwright import FakePlaywright, install
from selftest.browser.small_app import ACCOUNT

TARGET = """
[target]
name = "small"
environment = "try"
production = {production}
data = "{data}"
[release]
version = "1"
[checklist]
path = "list.md"
[repository]
path = "."
"""


def browsers_of(
    playwright: FakePlaywright, folder: Path, *, production: str = "false", data: str = "made up"
) -> Browsers:
    target = folder / "target.toml"
    target.write_text(TARGET.format(production=production, data=data), encoding="utf-8")
    return Browsers(
        settings=load(str(target), root=folder, environ={}),
        address="http://127.0.0.1:1",
        account=ACCOUNT,
        playwright=playwright.real,
        launch={},
        options={},
    )


@pytest.fixture
def browsers(playwright: FakePlaywright, machine: Path) -> Browsers:
    return browsers_of(playwright, machine)


def test_one_browser_serves_whoever_asks_for_its_kind(browsers: Browsers, machine: Path) -> None:
    install(machine, "chromium")
    engine = browsers.engine()
    assert browsers.engine("chromium") is engine
    browsers.close()
    assert cast("Any", engine.browser).closed


def test_the_first_kind_that_can_be_had_is_taken(browsers: Browsers, machine: Path) -> None:
    install(machine, "firefox")
    assert browsers.first_of(("webkit", "firefox"), as_phone=False).kind == "firefox"


def test_a_browser_without_touch_is_no_phone(browsers: Browsers, machine: Path) -> None:
    install(machine, "firefox")
    with pytest.raises(ToolMissing) as missing:
        browsers.first_of(("firefox",), as_phone=True)
    assert "knows no touch" in missing.value.found


def test_what_cannot_be_had_is_said_for_every_kind(browsers: Browsers) -> None:
    with pytest.raises(ToolMissing) as missing:
        browsers.first_of(("webkit", "webkitgtk"), as_phone=False)
    assert "no webkit on this machine" in missing.value.found
    assert "no webkitgtk on this machine" in missing.value.found
    assert "webkit2gtk-driver" in missing.value.do


def test_a_real_target_is_not_judged_by_webkitgtk(
    playwright: FakePlaywright, machine: Path
) -> None:
    real = browsers_of(playwright, machine, production="true", data="real")
    with pytest.raises(ToolMissing) as missing:
        real.first_of(("webkit", "webkitgtk"), as_phone=False)
    assert "webkitgtk" not in missing.value.found


def test_real_data_is_not_looked_at_by_webkitgtk(playwright: FakePlaywright, machine: Path) -> None:
    real = browsers_of(playwright, machine, data="real")
    with pytest.raises(ToolMissing) as missing:
        real.first_of(("webkit", "webkitgtk"), as_phone=False)
    assert "what its pages write cannot be held back" in missing.value.found


def test_nobody_to_sign_in_as_tells_nothing(browsers: Browsers) -> None:
    assert browsers.required_account() is ACCOUNT
    with pytest.raises(CannotTell, match="whom to sign in as"):
        replace(browsers, account=None).required_account()


class TwoBrowsers:
    """A run that was given --browser twice."""

    option = type("Option", (), {"debug": False})

    def getoption(self, name: str, default: object = None) -> object:
        return {"--browser": ["chromium", "firefox"], "--again": None, "--reason": ""}.get(
            name, default
        )


def test_two_browsers_for_one_run_are_refused() -> None:
    with pytest.raises(pytest.UsageError, match="--browser was given twice"):
        read_options(cast("pytest.Config", TwoBrowsers()))
