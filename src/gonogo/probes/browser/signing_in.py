"""Signing in and out as a person does it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route

from gonogo.errors import CannotTell
from gonogo.probes.browser.visit import Window

SIGNING_OUT = re.compile(r"/auth/v1/logout(?:\?|$)")
"""Where Supabase ends sessions: with the scope ``global``, its default, all those of the account,
also of other processes of the run and of a person; with ``local`` the one that asks.
Source: supabase.com/docs/guides/auth/signout."""
NARROWED = r"""() => {
    const asked = window.fetch, wide = /(\/auth\/v1\/logout)(\?scope=(global|others))?$/;
    window.fetch = (input, init) =>
        asked(typeof input === "string" ? input.replace(wide, "$1?scope=local") : input, init);
}"""
"""The same in the page itself: whoever asks by ``fetch`` ends only the session that asks, unless
it took hold of ``fetch`` before."""
ASKED_TO_END = """() => performance.getEntriesByType("resource").map((each) => each.name)
    .filter((each) => /\\/auth\\/v1\\/logout(\\?|$)/.test(each))"""
"""The addresses at which sessions were really ended, however the page asked there."""
REFUSED = re.compile(r"/auth/v1/logout\S*(?: failed|: (?!40[134]$)\d)")
"""How a page complains of it; 401, 403 and 404 say that the session is none any more."""
ONLY_THIS = "the application asked to end every session of the account; only this one was ended"
EVERY = "signing out ended other sessions of the account, too: over WebDriver nobody can keep it"
NOT_KNOWN = "it is not known which sessions of the account signing out has ended"


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whom the checks sign in as; neither part shows in its repr."""

    user: str = field(repr=False)
    password: str = field(repr=False)


class SignInRefused(CannotTell):
    """The application's form for signing in is not there, or let nobody in."""


def sign_in(window: Window, account: Account) -> None:
    """Sign in by the application's form; returns when the page shows that somebody is signed in.

    Raises:
        SignInRefused: the form is not there, or refused.
        CannotTell: its page cannot be opened.
    """
    form, page = window.app.sign_in, window.page
    window.open(form.path)
    try:
        page.get_by_label(form.user_label, exact=True).fill(account.user)
        page.get_by_label(form.password_label, exact=True).fill(account.password)
        page.get_by_role("button", name=form.button, exact=True).click()
        page.get_by_role("button", name=form.sign_out, exact=True).wait_for()
    except PlaywrightError as error:
        look = window.look()
        raise SignInRefused(
            "nobody could be signed in",
            where=look.address,
            expected=f"a form with {form.user_label}, {form.password_label} and {form.button}, "
            f"and then a button {form.sign_out}",
            found="; ".join(look.alerts or look.headings) or error.message.splitlines()[0],
            do="try it by hand; see [app.sign_in] in the target file and the account it names",
        ) from None


def sign_out(window: Window) -> tuple[str, ...]:
    """End the session of this window, and no other where that can be; returns what to note of it.

    Raises:
        CannotTell: there is no way out, or it does not lead out.
    """
    form, page = window.app.sign_in, window.page
    narrowed: list[str] = []

    def only_this(route: Route) -> None:
        parts = urlsplit(route.request.url)
        query = dict(parse_qsl(parts.query))
        if query.get("scope") == "local":
            route.fallback()
            return
        narrowed.append(ONLY_THIS)
        asked = parts._replace(query=urlencode({**query, "scope": "local"}))
        route.continue_(url=asked.geturl())

    driven = isinstance(page, Page)
    if driven:
        page.context.route(SIGNING_OUT, only_this)
    else:  # over WebDriver nothing can be changed on its way
        page.evaluate(NARROWED)
    button = page.get_by_role("button", name=form.sign_out, exact=True)
    before = len(_refusals(window))
    try:
        button.click()
        button.wait_for(state="detached")
    except PlaywrightError as error:
        raise _not_ended(window, error.message.splitlines()[0]) from None
    # The page may forget a session that the server keeps.
    refused = _refusals(window)[before:]
    if refused:
        raise _not_ended(window, refused[-1])
    return tuple(dict.fromkeys(narrowed)) if driven else _ended_over_webdriver(window)


def _ended_over_webdriver(window: Window) -> tuple[str, ...]:
    asked = window.page.evaluate(ASKED_TO_END)
    if not asked:  # by another way, or on a page that was left since
        return (NOT_KNOWN,)
    scopes = {dict(parse_qsl(urlsplit(each).query)).get("scope") for each in asked}
    return () if scopes == {"local"} else (EVERY,)


def _not_ended(window: Window, found: str) -> CannotTell:
    return CannotTell(
        "the session of the checks was not ended",
        where=window.page.url,
        expected=f"a button {window.app.sign_in.sign_out} that signs out",
        found=found,
        do="end it in the application's own list of sessions",
    )


def _refusals(window: Window) -> list[str]:
    complaints = window.ear.heard().of("request")
    return [each.text for each in complaints if REFUSED.search(each.as_heard)]


def leave_nobody_signed_in(window: Window) -> str:
    """Sign out where somebody is still signed in, whatever stopped the way before that.

    Returns why somebody may be left signed in; empty where nobody is.
    """

    def end() -> None:
        button = window.page.get_by_role("button", name=window.app.sign_in.sign_out, exact=True)
        if not button.count():
            window.open(window.app.home_path)
            window.rest(drawn=True)
        if button.count():
            sign_out(window)

    return why_left(end)


def why_left(end: Callable[[], object]) -> str:
    """Return why *end* may have left somebody signed in, and what to do; empty where it did not.

    A session that is left on a real target may stay good for weeks.
    """
    try:
        end()
    except CannotTell as error:
        return f"{error.what}: {error.found} ({error.where}); {error.do}"
    except PlaywrightError as error:
        said = error.message.strip().splitlines()[0]
        return f"it could not be seen whether a session of the checks was left: {said}"
    return ""


def session_of(window: Window) -> dict[str, Any]:
    """Return what the browser keeps of who signed in, for another window."""
    state: dict[str, Any] = dict(window.page.context.storage_state())
    return state
