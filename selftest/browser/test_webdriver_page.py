from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, cast

import pytest
from playwright.sync_api import Error as PlaywrightError

from gonogo.errors import CannotTell
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.expected_rows import ExpectedRows
from gonogo.probes.browser.journey import Journey
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ListPage
from gonogo.probes.browser.signing_in import (
    EVERY,
    NOT_KNOWN,
    leave_nobody_signed_in,
    sign_in,
    sign_out,
)
from gonogo.probes.browser.visit import Window
from gonogo.probes.browser.webdriver_page import WebDriverPage
from gonogo.probes.browser.webkitgtk import Selenium, WebKitGtk, webkitgtk_window
from selftest.browser.driven_by_playwright import FakeDriver, RefusedError
from selftest.browser.small_app import ACCOUNT, APP, LIST, SmallApp

SHORT = APP.model_copy(update={"page_timeout_s": 1.5})
LOGGED_OUT = """window.fetch = ((asked) => (url, init) => {
    (window.sent ??= []).push(String(url));
    return asked(url, init);
})(window.fetch);"""


@pytest.fixture
def remote(engine: Engine) -> Iterator[FakeDriver]:
    page = engine.browser.new_page()
    yield FakeDriver(page)
    page.close()


@pytest.fixture
def browser(remote: FakeDriver) -> WebKitGtk:
    given: dict[str, Any] = {}

    def connect(**options: Any) -> FakeDriver:  # noqa: ANN401 - Selenium's
        remote.asked.update(options)
        return remote

    class Options:
        def add_argument(self, argument: str) -> None:
            given.setdefault("arguments", []).append(argument)

    return WebKitGtk(
        address="http://127.0.0.1:1",
        source="a driver",
        arguments=(),
        selenium=Selenium(
            session=connect,
            options=Options,
            connection=dict,
            config=dict,
            proxy=dict,
            refused=(RefusedError,),
        ),
        stack=ExitStack(),
    )


@contextmanager
def opened_by(browser: WebKitGtk, app: SmallApp, **given: Any) -> Iterator[Window]:  # noqa: ANN401
    options = {"app": SHORT, "address": app.address, "engine": "webkitgtk 2.50.6", **given}
    with webkitgtk_window(browser, **options) as opened:
        yield opened


@pytest.fixture
def over(browser: WebKitGtk, app: SmallApp) -> Iterator[Window]:
    with opened_by(browser, app) as opened:
        yield opened


def page_of(window: Window) -> WebDriverPage:
    return cast("WebDriverPage", window.page)


def test_the_journey_is_the_same_over_webdriver(
    over: Window, rows: ExpectedRows, remote: FakeDriver
) -> None:
    lists = ListComparison(page=ListPage(window=over, section=LIST), rows=rows)
    journey = Journey(lists=lists, account=ACCOUNT).go()
    assert journey.equal, str(journey)
    assert journey.checked == 10
    assert remote.asked["size"] == (1280, 800)
    assert remote.asked["load_s"] == 1.5


def test_the_journey_ends_where_it_fails_over_webdriver(
    over: Window, rows: ExpectedRows, app: SmallApp
) -> None:
    app.broken = """document.addEventListener("click", (event) => {
        if (event.target.matches("#more")) event.stopImmediatePropagation();
    }, true);"""
    lists = ListComparison(page=ListPage(window=over, section=LIST), rows=rows)
    journey = Journey(lists=lists, account=ACCOUNT).go()
    (found,) = journey.differences
    assert found.expected == "a filter Kind with an option friend"
    out = over.page.get_by_role("button", name=APP.sign_in.sign_out, exact=True)
    assert out.count() == 1
    assert leave_nobody_signed_in(over) == ""
    assert out.count() == 0


def test_a_browser_is_closed_with_its_window(
    browser: WebKitGtk, app: SmallApp, remote: FakeDriver
) -> None:
    with opened_by(browser, app):
        assert "quit" not in remote.asked
    assert remote.asked["quit"]


def test_signing_out_ends_no_other_session(over: Window, app: SmallApp) -> None:
    app.broken = (
        LOGGED_OUT
        + """document.addEventListener("click", (event) => {
        if (event.target.textContent !== "Sign out") return;
        void fetch("/auth/v1/logout?scope=global", { method: "POST" });
        void fetch("/auth/v1/logout", { method: "POST" });
        void fetch("/auth/v1/logout?scope=local", { method: "POST" });
    }, true);"""
    )
    sign_in(over, ACCOUNT)
    over.page.evaluate("window.sent = []")
    assert leave_nobody_signed_in(over) == ""
    sent = over.page.evaluate("window.sent")
    assert sent == ["/auth/v1/logout?scope=local"] * 3


SIGNS_OUT = """const early = window.fetch; document.addEventListener("click", (event) => {
    if (event.target.textContent === "Sign out") %s;
}, true);"""


@pytest.mark.parametrize(
    ("asks", "noted"),
    [
        ('void fetch("/auth/v1/logout", { method: "POST" })', ()),
        ('void early("/auth/v1/logout?scope=local", { method: "POST" })', ()),
        ('void early("/auth/v1/logout?scope=global", { method: "POST" })', (EVERY,)),
        ('void early("/auth/v1/logout", { method: "POST" })', (EVERY,)),
        ("void 0", (NOT_KNOWN,)),
    ],
)
def test_which_sessions_were_ended_is_told_as_it_was(
    over: Window, app: SmallApp, asks: str, noted: tuple[str, ...]
) -> None:
    app.broken = SIGNS_OUT % asks
    sign_in(over, ACCOUNT)
    assert sign_out(over) == noted


@pytest.mark.parametrize("knows_status", [True, False])
def test_the_platforms_protection_is_no_page_of_the_application(
    over: Window, app: SmallApp, remote: FakeDriver, *, knows_status: bool
) -> None:
    app.status, app.broken = 401, 'document.title = "vercel.com/sso-api?url=here";'
    if not knows_status:
        remote.page.add_init_script("performance.getEntriesByType = () => [];")
    with pytest.raises(CannotTell, match="deployment protection stands before"):
        over.open("/people")


def test_where_nothing_answers_the_page_could_not_be_opened(over: Window) -> None:
    with pytest.raises(CannotTell, match="could not be opened") as missing:
        over.open("http://127.0.0.1:9/")
    assert missing.value.found == "nothing answered"


def test_cookies_that_let_in_are_set_where_the_application_is(
    browser: WebKitGtk, app: SmallApp, remote: FakeDriver
) -> None:
    with opened_by(browser, app, passes={"pass": "1"}) as opened:
        assert remote.cookies == [
            {"name": "pass", "value": "1", "path": "/", "at": f"{app.address}/"}
        ]
        assert opened.open("/") is None


def shown(window: Window, html: str) -> None:
    window.page.evaluate("(html) => { document.body.innerHTML = html; }", html)


@pytest.mark.parametrize(
    ("html", "role", "name"),
    [
        ("<button>Go <b>on</b><i aria-hidden=true>!</i></button>", "button", "Go on"),
        ("<button aria-label='Go on'>→</button>", "button", "Go on"),
        ("<button><img alt='Go on'></button>", "button", "Go on"),
        ("<button title='Go on'></button>", "button", "Go on"),
        ("<div role=button>Go on</div>", "button", "Go on"),
        ("<input type=submit value='Go on'>", "button", "Go on"),
        ("<b id=a>Go</b><b id=b>on</b><i role=tab aria-labelledby='a none b'></i>", "tab", "Go on"),
        ("<a href=/x>Go on</a>", "link", "Go on"),
        ("<label>Go on <select><option>x</select></label>", "combobox", "Go on"),
        ("<label for=it>Go on</label><input id=it type=email>", "textbox", "Go on"),
        ("<input placeholder='Go on'>", "textbox", "Go on"),
        ("<input type=search aria-label='Go on'>", "searchbox", "Go on"),
    ],
)
def test_a_control_is_found_by_its_role_and_name(
    over: Window,
    html: str,
    role: Any,  # noqa: ANN401 - a literal of Playwright's
    name: str,
) -> None:
    shown(over, html)
    assert over.page.get_by_role(role, name=name, exact=True).count() == 1
    assert over.page.get_by_role(role, name="go ON").count() == 1
    assert over.page.get_by_role(role, name=re.compile(r"^Go\s")).count() == 1
    assert over.page.get_by_role(role, name="Go", exact=True).count() == 0


@pytest.mark.parametrize(
    "html",
    [
        "<button hidden>Go on</button>",
        "<button style='visibility: hidden'>Go on</button>",
        "<p aria-hidden=true><button>Go on</button></p>",
        "<button role=tab>Go on</button>",
        "<a>Go on</a>",
    ],
)
def test_what_nobody_sees_and_what_is_something_else_is_not_found(over: Window, html: str) -> None:
    shown(over, html)
    assert over.page.get_by_role("button", name="Go on").count() == 0
    assert not over.page.get_by_role("link", name="Go on").is_visible()


def test_one_of_two_roles_is_used(over: Window) -> None:
    shown(over, "<a href='#link'>Back</a><button onclick='location.hash = 1'>Back</button>")
    button, link = (over.page.get_by_role(role, name="Back") for role in ("button", "link"))
    assert button.or_(link).count() == 2
    button.or_(link).first.click()
    assert over.page.url.endswith("#link")
    with pytest.raises(PlaywrightError, match="2 controls of that name"):
        button.or_(link).click()


def test_a_text_is_typed_in_the_place_of_another(over: Window) -> None:
    shown(over, "<label>Name <input value=old></label>")
    box = over.page.get_by_label("Name", exact=True)
    box.fill("Ann O'Neill, 李")
    assert over.page.evaluate("document.querySelector('input').value") == "Ann O'Neill, 李"
    box.fill("")
    assert over.page.evaluate("() => document.querySelector('input').value") == ""


def test_what_comes_late_is_waited_for_and_what_never_comes_is_refused(over: Window) -> None:
    over.page.evaluate("""setTimeout(() => {
        document.body.innerHTML = "<button onclick='this.remove()'>Late</button>";
    }, 200) && 0""")
    late = over.page.get_by_role("button", name="Late")
    late.wait_for()
    late.click()
    late.wait_for(state="detached")
    with pytest.raises(PlaywrightError, match="no controls of that name"):
        late.click()
    with pytest.raises(PlaywrightError, match="waited in vain for it to be visible"):
        late.wait_for()


def test_an_option_that_is_not_there_is_refused_soon(over: Window) -> None:
    shown(over, "<select aria-label=Kind><option>a<option>b</select>")
    kind = over.page.get_by_role("combobox", name="Kind", exact=True)
    kind.select_option(label="b", timeout=300)
    assert over.page.evaluate("document.querySelector('select').value") == "b"
    with pytest.raises(PlaywrightError, match="there is no option c"):
        kind.select_option(label="c", timeout=300)


def test_a_refusal_is_tried_again_and_told_in_the_drivers_words(
    over: Window, remote: FakeDriver
) -> None:
    remote.refusing = ["Message: stale element"]
    with pytest.raises(PlaywrightError, match=r"^stale element$"):
        over.page.evaluate("0")
    shown(over, "<button onclick='this.remove()'>Once</button>")
    remote.refusing = ["", ""]
    over.page.get_by_role("button", name="Once").click()
    assert over.page.get_by_role("button", name="Once").count() == 0


def test_a_picture_is_a_png_without_what_is_masked(over: Window) -> None:
    over.open("/")
    whole = over.picture(private=False)
    assert whole.startswith(b"\x89PNG")
    masked = replace(over, real_data=True, app=SHORT.model_copy(update={"masked": ("h1",)}))
    assert masked.picture(private=True) != whole
    assert over.picture(private=False) == whole


def test_answers_are_counted_afterwards_over_pages(
    over: Window, app: SmallApp, remote: FakeDriver
) -> None:
    ear = over.ear
    assert (ear.sent, ear.of_page.asked, ear.under_way) == (0, 0, 0)
    over.open("/")
    over.page.evaluate("() => void (window.done = Promise.all([fetch('/rows'), fetch('/kinds')]))")
    over.rest()
    sent = ear.sent
    assert (sent, ear.asked) == (2, 1)
    over.open("/signin")
    over.page.evaluate("() => void fetch('/rows?again')")
    over.rest()
    assert (ear.sent, ear.asked) == (3, 2)
    remote.refusing = ["gone"]
    assert ear.asked == 2
    assert ear.heard().complaints == ()
