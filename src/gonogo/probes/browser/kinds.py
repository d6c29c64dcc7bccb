"""The kinds of browsers that can be driven: how each is found, how it names itself, who has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gonogo.probes.browser.webkitgtk import GET, WEBKITGTK

ANY_OF = ("chromium", "chrome", "msedge", "firefox", "webkit")
"""In which order a browser is looked for where no kind is asked for; no one that tells nothing of
its console."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of browser: who drives it, how it names itself, where a machine has it."""

    driver: str
    channel: str = ""
    programs: tuple[str, ...] = ()
    without_window: tuple[str, ...] = ()
    """Programs that draw no window and need half the time; taken where none is asked for."""
    agent: str = ""
    """What its user agent must match."""
    get: str


KINDS: Mapping[str, Kind] = {
    "chromium": Kind(
        driver="chromium",
        programs=("chromium", "chromium-browser"),
        without_window=("chromium-headless-shell",),
        agent=r"Chrome/",
        get="playwright install chromium, or the system's package chromium",
    ),
    "chrome": Kind(
        driver="chromium",
        channel="chrome",
        programs=("google-chrome", "google-chrome-stable"),
        agent=r"Chrome/(?!.*Edg/)",
        get="playwright install chrome",
    ),
    "msedge": Kind(
        driver="chromium",
        channel="msedge",
        programs=("microsoft-edge", "microsoft-edge-stable", "msedge"),
        agent=r"Edg/",
        get="playwright install msedge",
    ),
    "firefox": Kind(
        driver="firefox",
        programs=("firefox-esr", "firefox"),
        agent=r"Firefox/",
        get="playwright install firefox, or the system's package firefox-esr",
    ),
    "webkit": Kind(
        driver="webkit",
        agent=r"AppleWebKit/(?!.*Chrome/)",
        get="playwright install webkit",
    ),
    WEBKITGTK: Kind(driver="", get=GET),
}
