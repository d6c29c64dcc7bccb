"""Whether a browser was let in to the application, or stands before the platform's protection."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Request, Response

from gonogo.probes.deployment.deployment_protection import REFUSED, in_the_way, is_protection


def require_let_in(response: Response | None) -> None:
    """Pass where *response*, that of a page which was opened, is the application's own.

    Raises:
        CannotTell: the platform's protection answered in its place.
    """
    if response is None:
        return
    said = ""
    if response.status in REFUSED:
        with suppress(PlaywrightError):  # its page leads on by itself: it may be gone already
            said = response.text()
    asked = _first(response.request).url
    if is_protection(asked=asked, address=response.url, status=response.status, said=said):
        raise in_the_way(asked)


def require_page_let_in(*, asked: str, address: str, status: int, page: str) -> None:
    """Pass where what a browser shows at *address* is the application's, asked for at *asked*.

    For a browser that gives no answer to look at: *page* is what stands there, and a *status* of
    0 says that it does not tell.

    Raises:
        CannotTell: the platform's protection stands there.
    """
    refused = status or next(iter(REFUSED))
    if is_protection(asked=asked, address=address, status=refused, said=page):
        raise in_the_way(asked)


def _first(request: Request) -> Request:
    """Return the request that others led on from."""
    while request.redirected_from is not None:
        request = request.redirected_from
    return request
