"""The section of a target file about the browsers in which people's journey is tried."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gonogo.config_section import Section

BrowserKind = Literal["chromium", "chrome", "msedge", "firefox", "webkit", "webkitgtk"]
Kinds = Annotated[tuple[BrowserKind, ...], Field(min_length=1)]


class Journey(Section):
    """What counts as one of the browsers that people have."""

    kinds: Kinds
    """The kinds that are accepted, the best one first; on a real target WebKitGTK is none."""
    device: str = ""
    """The phone whose screen and touch are put on, as Playwright names it."""


class JourneysSection(Section):
    """What counts as which browser."""

    chrome: Journey = Journey(kinds=("chrome", "chromium"))
    firefox: Journey = Journey(kinds=("firefox",))
    safari: Journey = Journey(kinds=("webkit", "webkitgtk"))
    edge: Journey = Journey(kinds=("msedge",))
    ios: Journey = Journey(kinds=("webkit",), device="iPhone 15")
    android: Journey = Journey(kinds=("chrome", "chromium"), device="Pixel 7")
