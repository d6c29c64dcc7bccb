"""A trace of all that a window does, in the format of Playwright's own viewer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import BrowserContext
from playwright.sync_api import Error as PlaywrightError


@contextmanager
def traced(context: BrowserContext, path: Path | None) -> Iterator[None]:
    """Write what happens in *context* meanwhile to *path*; nowhere where that is None.

    The pages are kept as they were before and after each step; pictures and our own sources are
    left out, which would cost time. Where the browser cannot be traced there is no file: that
    changes nothing for who uses it.
    """
    if path is None:
        yield
        return
    is_on = False
    with suppress(PlaywrightError):
        context.tracing.start(snapshots=True, screenshots=False, sources=False)
        is_on = True
    try:
        yield
    finally:
        if is_on:
            with suppress(PlaywrightError):
                context.tracing.stop(path=path)
