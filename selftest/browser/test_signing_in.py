from __future__ import annotations

import pytest
from playwright.sync_api import Error as PlaywrightError

from gonogo.errors import CannotTell
from gonogo.probes.browser.expected_rows import ExpectedRows
from gonogo.probes.browser.journey import Journey
from gonogo.probes.browser.list_comparison import ListComparison
from gonogo.probes.browser.list_page import ListPage
from gonogo.probes.browser.signing_in import (
    ONLY_THIS,
    leave_nobody_signed_in,
    sign_in,
    sign_out,
    why_left,
)
from gonogo.probes.browser.visit import Window
from selftest.browser.small_app import ACCOUNT, LIST, SmallApp, small_app

LOGOUT = "/auth/v1/logout"


def signs_out_at(address: str) -> str:
    """Return a script that ends the session at *address* too, as Supabase's client does."""
    return f"""addEventListener("click", async (event) => {{
        if (event.target.textContent !== "Sign out") return;
        event.stopImmediatePropagation();
        const headers = {{ Authorization: "Bearer x" }};
        await fetch("{address}", {{ method: "POST", headers }}).catch(() => 0);
        localStorage.removeItem("session");
        go("/");
    }}, true);"""


@pytest.mark.parametrize("asked", ["", "?scope=global", "?scope=others&x=1"])
def test_only_the_session_of_the_window_is_ended(opened: Window, app: SmallApp, asked: str) -> None:
    app.broken = signs_out_at(f"{LOGOUT}{asked}")
    sign_in(opened, ACCOUNT)
    assert sign_out(opened) == (ONLY_THIS,)
    (written,) = (path for path in app.written if path.startswith(LOGOUT))
    assert "scope=local" in written
    assert ("x=1" in written) == ("x=1" in asked)


def test_an_authentication_server_of_another_address_is_asked_for_no_more(
    opened: Window, app: SmallApp
) -> None:
    with small_app() as server:
        app.broken = signs_out_at(f"{server.address}{LOGOUT}?scope=global")
        sign_in(opened, ACCOUNT)
        assert sign_out(opened) == (ONLY_THIS,)
        assert server.written == [f"{LOGOUT}?scope=local"]


def test_an_application_that_ends_only_its_own_is_left_alone(opened: Window, app: SmallApp) -> None:
    app.broken = signs_out_at(f"{LOGOUT}?scope=local")
    sign_in(opened, ACCOUNT)
    assert sign_out(opened) == ()
    assert app.written[-1] == f"{LOGOUT}?scope=local"


def test_the_journey_notes_what_was_kept_from_the_application(
    opened: Window, app: SmallApp, rows: ExpectedRows
) -> None:
    app.broken = signs_out_at(LOGOUT)
    lists = ListComparison(page=ListPage(window=opened, section=LIST), rows=rows)
    journey = Journey(lists=lists, account=ACCOUNT).go()
    assert journey.equal, str(journey)
    assert ONLY_THIS in journey.notes


@pytest.mark.parametrize(("status", "is_left"), [(500, True), (429, True), (403, False)])
def test_a_session_that_the_server_keeps_is_not_ended(
    opened: Window, app: SmallApp, status: int, *, is_left: bool
) -> None:
    app.broken = signs_out_at(f"{LOGOUT}?scope=local")
    app.status_of[f"{LOGOUT}?scope=local"] = status
    sign_in(opened, ACCOUNT)
    left = leave_nobody_signed_in(opened)
    assert bool(left) == is_left
    if is_left:
        assert f"{LOGOUT}?scope=local: {status}" in left
        assert "list of sessions" in left


def test_who_cannot_be_signed_out_is_said(opened: Window, app: SmallApp) -> None:
    sign_in(opened, ACCOUNT)
    app.broken = 'addEventListener("click", (event) => event.stopImmediatePropagation(), true);'
    opened.open("/people")
    opened.page.set_default_timeout(500)
    assert leave_nobody_signed_in(opened).startswith("the session of the checks was not ended: ")


def test_nothing_is_said_where_nobody_was_left() -> None:
    assert why_left(lambda: None) == ""


def test_a_browser_that_died_is_said() -> None:
    def end() -> None:
        raise PlaywrightError("Target closed\nlog")

    assert why_left(end) == (
        "it could not be seen whether a session of the checks was left: Target closed"
    )


def test_what_an_application_that_is_gone_left_is_said() -> None:
    def end() -> None:
        raise CannotTell("the page could not be opened", where="/", found="refused", do="look")

    assert why_left(end) == "the page could not be opened: refused (/); look"
