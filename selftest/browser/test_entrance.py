from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Response

from gonogo.config import load
from gonogo.errors import CannotTell
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.entrance import require_let_in
from gonogo.probes.browser.visit import Window
from gonogo.pytest_plugin.browsers import Browsers
from selftest.browser.fake_playwright import FakePlaywright
from selftest.browser.small_app import SmallApp
from selftest.browser.test_browsers import TARGET

SIGN_IN = 'document.title = "vercel.com/sso-api?url=here";'


@dataclass(kw_only=True)
class Request:
    url: str
    redirected_from: Request | None = None


@dataclass(kw_only=True)
class Answer:
    url: str
    request: Request
    status: int = 200
    gone: bool = False

    def text(self) -> str:
        if self.gone:
            raise PlaywrightError("the page is on its way to another")
        return ""


def test_a_page_behind_the_platforms_protection_is_no_visit(opened: Window, app: SmallApp) -> None:
    app.status, app.broken = 401, SIGN_IN
    with pytest.raises(CannotTell, match="deployment protection stands before") as caught:
        opened.visit("/people", private=False)
    assert caught.value.where == f"{app.address}/people"
    assert "services.vercel.bypass_env" in caught.value.do


def test_what_the_application_refuses_itself_is_a_visit(opened: Window, app: SmallApp) -> None:
    app.status = 401
    assert opened.visit("/people", private=False).status == 401


def test_being_led_to_the_platforms_own_sign_in_is_no_visit() -> None:
    first = Request(url="https://crm.test/people")
    last = Request(url="https://vercel.com/login?next=x", redirected_from=first)
    with pytest.raises(CannotTell) as caught:
        require_let_in(cast("Response", Answer(url=last.url, request=last)))
    assert caught.value.where == first.url


def test_a_refusal_that_is_gone_before_it_is_read_is_no_protection() -> None:
    request = Request(url="https://crm.test/")
    refused = Answer(url=request.url, request=request, status=403, gone=True)
    require_let_in(cast("Response", refused))
    require_let_in(None)


@pytest.mark.parametrize("passes", [{}, {"_vercel_jwt": "jwt-1"}])
def test_a_window_comes_with_the_cookie_that_passes(
    engine: Engine,
    app: SmallApp,
    tmp_path: Path,
    playwright: FakePlaywright,
    passes: dict[str, str],
) -> None:
    (tmp_path / "t.toml").write_text(TARGET.format(production="false", data=""), encoding="utf-8")
    browsers = Browsers(
        settings=load("t.toml", root=tmp_path, environ={}),
        address=app.address,
        account=None,
        playwright=playwright.real,
        launch={},
        options={},
        passes=passes,
    )
    assert "jwt-1" not in repr(browsers)
    with browsers.window(engine) as opened:
        opened.open("/")
        kept = opened.page.context.cookies()
        assert {each["name"]: each["value"] for each in kept} == passes
        assert all(each["domain"] == "127.0.0.1" for each in kept)
        assert opened.real_data, "nobody said that the data is made up"
