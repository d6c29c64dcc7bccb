"""Which browser: by configuration, else Playwright's own, else one that this machine has."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Browser, BrowserType, Playwright
from playwright.sync_api import Error as PlaywrightError

from gonogo.config_app import EngineSection
from gonogo.errors import CannotTell, ToolMissing
from gonogo.probes.browser.kinds import ANY_OF, KINDS
from gonogo.probes.browser.webkitgtk import WEBKITGTK, start_webkitgtk

QUIET = ("--disable-background-networking",)
"""Chromium asks its maker for updates unless told not to."""
BIDI_CHANNEL = "moz-firefox"
BIDI_PREFERENCES = {"fission.autostart": False, "fission.bfcacheInParent": False}
"""Without these, going back hangs in a Firefox that is driven over WebDriver BiDi."""
VERSION_WITHIN_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A browser that runs: its kind, its version and where it came from."""

    kind: str
    version: str
    source: str
    browser: Browser = field(repr=False, compare=False)

    def __str__(self) -> str:
        """Name it as the evidence does."""
        return f"{self.name} {self.version} ({self.source})"

    @property
    def name(self) -> str:
        """The kind, and of Firefox whether it is the release with long support."""
        return f"{self.kind}-esr" if self.version.endswith("esr") else self.kind

    @property
    def types_keys(self) -> bool:
        """Whether texts must be typed: filled in over WebDriver BiDi, React does not hear them."""
        return BIDI_CHANNEL in self.source

    @property
    def can_be_a_phone(self) -> bool:
        """Whether it can act as a phone: over WebDriver, touch is silently ignored."""
        return BIDI_CHANNEL not in self.source and self.kind != WEBKITGTK


def start_engine(
    playwright: Playwright,
    kind: str,
    *,
    section: EngineSection | None = None,
    launch: Mapping[str, Any] | None = None,
    expose_loopback: bool = False,
) -> Engine:
    """Start or reach a browser of *kind*.

    *launch* are Playwright's launch options; with *expose_loopback* a remote browser reaches
    the addresses of this machine.

    Raises:
        ToolMissing: there is none, with how to get it.
        CannotTell: it did not start, or is another kind than asked for.
    """
    if kind not in KINDS:
        raise ToolMissing(
            f"a browser of the kind {kind} cannot be driven from here",
            expected=f"one of {', '.join(KINDS)}",
            do="accept another kind in [journeys]",
        )
    section = section or EngineSection()
    if kind == WEBKITGTK:
        gtk, version = start_webkitgtk(section)
        # Playwright knows it not; whoever opens its windows does.
        browser = cast("Browser", gtk)
        return Engine(kind=kind, version=version, source=gtk.source, browser=browser)
    options = dict(launch or {})
    if section.address:
        return _remote(playwright, kind, section, options, expose_loopback=expose_loopback)
    path, channel = _place(
        playwright,
        kind,
        section,
        options.pop("channel", ""),
        headless=options.get("headless", True),
    )
    arguments = [*(QUIET if KINDS[kind].driver == "chromium" else ()), *section.arguments]
    if KINDS[kind].driver == "firefox" and path:
        channel = BIDI_CHANNEL
        options["firefox_user_prefs"] = BIDI_PREFERENCES
    if path:
        options["executable_path"] = path
    if channel:
        options["channel"] = channel
    try:
        browser = _driver(playwright, kind).launch(args=arguments, **options)
    except PlaywrightError as error:
        raise _not_started(kind, path or f"channel {channel}", error, is_named=bool(path)) from None
    over_bidi = f" over {BIDI_CHANNEL}" if channel == BIDI_CHANNEL else ""
    source = (path + over_bidi) or (f"channel {channel}" if channel else "Playwright's own")
    version = _own_version(path) if over_bidi else ""
    return _checked(
        Engine(kind=kind, version=version or browser.version, source=source, browser=browser)
    )


def start_any(
    playwright: Playwright,
    sections: Mapping[str, EngineSection],
    *,
    launch: Mapping[str, Any] | None = None,
    expose_loopback: bool = False,
) -> Engine:
    """Start the first browser that can be had, those of the configuration before all others.

    Raises:
        ToolMissing: there is none at all.
    """
    configured = [kind for kind in ANY_OF if kind in sections]
    reasons = []
    for kind in [*configured, *(kind for kind in ANY_OF if kind not in sections)]:
        try:
            return start_engine(
                playwright,
                kind,
                section=sections.get(kind),
                launch=launch,
                expose_loopback=expose_loopback,
            )
        except ToolMissing as error:
            reasons.append(f"{kind}: {error.found}")
    raise ToolMissing(
        "there is no browser on this machine",
        expected=f"one of {', '.join(ANY_OF)}",
        found="; ".join(reasons),
        do=f"{KINDS['chromium'].get}; or name one in [browsers.chromium]",
    )


def _driver(playwright: Playwright, kind: str) -> BrowserType:
    driver: BrowserType = getattr(playwright, KINDS[kind].driver)
    return driver


def _place(
    playwright: Playwright, kind: str, section: EngineSection, channel: str, *, headless: bool
) -> tuple[str, str]:
    """Return the executable and the channel; both empty for Playwright's own."""
    if section.path:
        found = shutil.which(section.path)
        if found is None:
            raise _missing(kind, f"browsers.{kind}.path names {section.path}, which is not there")
        return found, ""
    # --browser-channel names one browser; others that a run starts are not meant.
    known = section.channel or (channel if channel.partition("-")[0] == kind else "")
    if known:
        return "", known
    if not KINDS[kind].channel and Path(_driver(playwright, kind).executable_path).exists():
        return "", ""
    light = KINDS[kind].without_window if headless else ()
    for name in (*light, *KINDS[kind].programs):
        found = shutil.which(name)
        if found:
            return found, ""
    if KINDS[kind].channel:
        return "", KINDS[kind].channel
    raise _missing(kind, "neither Playwright's own nor one on PATH")


def _remote(
    playwright: Playwright,
    kind: str,
    section: EngineSection,
    options: Mapping[str, Any],
    *,
    expose_loopback: bool,
) -> Engine:
    driver = _driver(playwright, kind)
    try:
        if section.address.startswith("http"):
            browser = driver.connect_over_cdp(section.address)
        else:
            browser = driver.connect(
                section.address,
                slow_mo=options.get("slow_mo"),
                expose_network="<loopback>" if expose_loopback else None,
            )
    except PlaywrightError as error:
        raise CannotTell(
            "the browser server cannot be reached",
            where=section.address,
            expected=f"a {kind} that answers",
            found=_first_lines(error),
            do=f"start it, or correct browsers.{kind}.address; its Playwright must be of the same "
            "minor version",
        ) from None
    source = f"server at {section.address}"
    return _checked(Engine(kind=kind, version=browser.version, source=source, browser=browser))


def _own_version(path: str) -> str:
    """Return what the program says: a Firefox with long support tells it nowhere else."""
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, check=False, timeout=VERSION_WITHIN_S
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d[\w.]*", said)
    return found[0] if found else ""


def _checked(engine: Engine) -> Engine:
    """Return *engine* when it is what it is called; a Chromium must not pass as Edge."""
    if engine.source == "Playwright's own":
        return engine
    page = engine.browser.new_page()
    agent = str(page.evaluate("navigator.userAgent"))
    page.close()
    if re.search(KINDS[engine.kind].agent, agent):
        return engine
    engine.browser.close()
    raise CannotTell(
        f"the browser is no {engine.kind}",
        where=engine.source,
        expected=f"a user agent with {KINDS[engine.kind].agent}",
        found=agent,
        do=f"correct [browsers.{engine.kind}]",
    )


def _not_started(kind: str, place: str, error: PlaywrightError, *, is_named: bool) -> Exception:
    if not is_named and re.search(r"is not found at|Executable doesn't exist", str(error)):
        first = error.message.strip().splitlines()[0]
        return _missing(kind, first.removeprefix("BrowserType.launch: "))
    return CannotTell(
        f"{kind} did not start",
        where=place,
        expected="a browser that can be driven",
        found=_first_lines(error),
        do="start it by hand with the same arguments and read what it says",
    )


def _missing(kind: str, found: str) -> ToolMissing:
    return ToolMissing(
        f"there is no {kind} on this machine",
        expected=f"a {kind}",
        found=found,
        do=f"{KINDS[kind].get}; or name one in [browsers.{kind}]",
    )


def _first_lines(error: PlaywrightError) -> str:
    return "\n".join(error.message.strip().splitlines()[:4])
