"""Signing in and out as a person does it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Error as PlaywrightError

from gonogo.errors import CannotTell
from gonogo.probes.browser.visit import Window


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whom the checks sign in as; neither part shows in its repr."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def sign_in(window: Window, account: Account) -> None:
    """Sign in by the application's form; returns when the page shows that somebody is signed in.

    Raises:
        CannotTell: the form is not there, or refused.
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
        raise CannotTell(
            "nobody could be signed in",
            where=look.address,
            expected=f"a form with {form.user_label}, {form.password_label} and {form.button}, "
            f"and then a button {form.sign_out}",
            found="; ".join(look.alerts or look.headings) or error.message.splitlines()[0],
            do="try it by hand; see [app.sign_in] in the target file and the account it names",
        ) from None


def sign_out(window: Window) -> None:
    """End the session of this window.

    Raises:
        CannotTell: there is no way out, or it does not lead out.
    """
    form, page = window.app.sign_in, window.page
    button = page.get_by_role("button", name=form.sign_out, exact=True)
    try:
        button.click()
        button.wait_for(state="detached")
    except PlaywrightError as error:
        raise CannotTell(
            "the session of the checks was not ended",
            where=page.url,
            expected=f"a button {form.sign_out} that signs out",
            found=error.message.splitlines()[0],
            do="end it in the application's own list of sessions",
        ) from None


def leave_nobody_signed_in(window: Window) -> None:
    """Sign out where somebody is still signed in, whatever stopped the way before that.

    A session that is left on a real target may stay good for weeks. What cannot be ended is what
    the checks have said already: the application does not answer, or has no way out.
    """
    button = window.page.get_by_role("button", name=window.app.sign_in.sign_out, exact=True)
    with suppress(CannotTell, PlaywrightError):
        if not button.count():
            window.open(window.app.home_path)
            window.rest(drawn=True)
        if button.count():
            sign_out(window)


def session_of(window: Window) -> dict[str, Any]:
    """Return what the browser keeps of who signed in, for another window."""
    state: dict[str, Any] = dict(window.page.context.storage_state())
    return state
