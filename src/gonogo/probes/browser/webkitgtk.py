"""WebKitGTK through Selenium: for Safari where nothing better can be had, on no real target."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

import httpx
from playwright.sync_api import Page

from gonogo.config_app import AppSection, EngineSection
from gonogo.errors import CannotTell, ToolMissing, WaitTimedOut
from gonogo.probes.browser.listening import Ear
from gonogo.probes.browser.virtual_display import kept, virtual_display
from gonogo.probes.browser.visit import Window
from gonogo.probes.browser.webdriver_ear import WebDriverEar
from gonogo.probes.browser.webdriver_page import WebDriverPage
from gonogo.waiting import wait_until

WEBKITGTK = "webkitgtk"
PROGRAM = "WebKitWebDriver"
DISPLAY = "Xvfb"
GET = (
    "the system's packages webkit2gtk-driver and xvfb, and Selenium: pip install '.[webkitgtk]' in"
    " the folder of gonogo; or playwright install webkit"
)
STARTS_WITHIN_S = 20.0
ANSWERS_WITHIN_S = 60
"""More than a page may take."""
LOOPBACK = "127.0.0.1,localhost,::1"
SIZE = (1280, 800)
"""Of the window, in pixels: a desktop's."""
DEAF = "through Selenium, which hears neither its console nor its requests"


@dataclass(frozen=True, kw_only=True)
class Selenium:
    """What is used of Selenium, which few people need."""

    session: Callable[..., Any]
    """Its ``WebDriver``."""
    options: Callable[[], Any]
    connection: Callable[..., Any]
    config: Callable[..., Any]
    proxy: Callable[[dict[str, str]], Any]
    refused: tuple[type[Exception], ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class WebKitGtk:
    """WebKitGTK's driver as it runs; ``session`` starts a browser with nothing in it."""

    address: str
    source: str
    arguments: tuple[str, ...]
    selenium: Selenium = field(repr=False)
    stack: ExitStack = field(repr=False)

    @contextmanager
    def session(self) -> Iterator[Any]:
        """Give a browser of its own, which is closed at the end.

        Raises:
            CannotTell: none starts.
        """
        options = self.selenium.options()
        # With any of its own given, the driver leaves out the one that lets it in.
        for each in ("--automation", *self.arguments):
            options.add_argument(each)
        try:
            driver = self.selenium.session(command_executor=self._connection(), options=options)
        except self.selenium.refused as error:
            raise _not_started(self.source, str(error)) from None
        try:
            yield driver
        finally:
            driver.quit()

    def _connection(self) -> object:
        """Return how it is reached: whatever the environment says, by no proxy."""
        direct = self.selenium.proxy({"proxyType": "direct"})
        config = self.selenium.config(
            remote_server_addr=self.address, proxy=direct, timeout=ANSWERS_WITHIN_S
        )
        return self.selenium.connection(client_config=config)

    def close(self) -> None:
        """End the driver and its display."""
        self.stack.close()


def start_webkitgtk(
    section: EngineSection,
    *,
    load: Callable[[str], Any] = importlib.import_module,
    environment: Mapping[str, str] | None = None,
    within_s: float = STARTS_WITHIN_S,
) -> tuple[WebKitGtk, str]:
    """Start WebKitGTK's driver, and return it with the version of the browser that it starts.

    *load* imports a module by its name; the driver must answer *within_s* seconds. Without Xvfb the
    display of this process is used.

    Raises:
        ToolMissing: the driver, a display or Selenium is not there, with how to get it.
        CannotTell: it did not start, or is another browser.
    """
    environment = os.environ if environment is None else environment
    program = shutil.which(section.path or PROGRAM)
    display = shutil.which(DISPLAY)
    lacking = [
        *(() if program else (section.path or PROGRAM,)),
        *(() if display or environment.get("DISPLAY") else (f"{DISPLAY}, nor a display",)),
    ]
    if section.address or section.channel:
        raise CannotTell(
            "WebKitGTK is started on this machine alone",
            where=f"[browsers.{WEBKITGTK}]",
            expected="neither an address nor a channel",
            found=section.address or section.channel,
            do="take it away",
        )
    try:
        selenium = _selenium(load)
    except ImportError:
        lacking.append("Selenium")
    if program is None or lacking:
        raise ToolMissing(
            f"there is no {WEBKITGTK} on this machine",
            expected=f"{PROGRAM}, {DISPLAY} and Selenium",
            found=f"no {', no '.join(lacking)}",
            do=GET,
        )
    with ExitStack() as stack:
        seen = stack.enter_context(virtual_display(display)) if display else {}
        near = _without_proxy(environment)
        address = stack.enter_context(_served(program, {**near, **seen}, within_s))
        started = WebKitGtk(
            address=address,
            source=f"{program} {DEAF}",
            arguments=section.arguments,
            selenium=selenium,
            stack=stack,
        )
        with started.session() as driver:
            agent = str(driver.execute_script("return navigator.userAgent"))
            version = str(driver.capabilities.get("browserVersion", ""))
        if "AppleWebKit/" not in agent or "Chrome/" in agent:
            raise CannotTell(
                f"the browser is no {WEBKITGTK}",
                where=program,
                expected="a user agent with AppleWebKit/ and without Chrome/",
                found=agent,
                do=f"correct [browsers.{WEBKITGTK}]",
            )
        return replace(started, stack=stack.pop_all()), version


@contextmanager
def webkitgtk_window(  # noqa: PLR0913 - what a window needs to know
    browser: WebKitGtk,
    *,
    app: AppSection,
    address: str,
    engine: str,
    real_data: bool = False,
    passes: Mapping[str, str] | None = None,
) -> Iterator[Window]:
    """Give a window in a browser of its own, for the journey and what it uses of a window.

    Since nothing is known of requests under way, a page has all its time before it is taken at
    its word. What it writes cannot be held back. *passes* are cookies of *address*.
    """
    with browser.session() as driver:
        driver.set_page_load_timeout(app.page_timeout_s)
        driver.set_window_size(*SIZE)
        if passes:
            driver.get(address)  # cookies are taken only of where one is
            for name, value in passes.items():
                driver.add_cookie({"name": name, "value": value, "path": "/"})
        page = WebDriverPage(
            driver=driver,
            refused=browser.selenium.refused,
            address=address,
            timeout_s=app.page_timeout_s,
        )
        data = tuple(filter(None, (app.data_addresses, app.data.requests)))
        yield Window(
            # As much of both as a journey asks for; a selftest holds it to that.
            page=cast("Page", page),
            ear=cast("Ear", WebDriverEar(page=page, data=data)),
            app=app,
            engine=engine,
            real_data=real_data,
            rest_s=app.page_timeout_s,
        )


def _without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """Return *environment* with no proxy for this machine: the driver asks it for its browser."""
    names = ("no_proxy", "NO_PROXY")
    before = next((environment[name] for name in names if environment.get(name)), "")
    spared = f"{before},{LOOPBACK}".removeprefix(",")
    return {**environment, **dict.fromkeys(names, spared)}


@contextmanager
def _served(program: str, environment: Mapping[str, str], within_s: float) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with kept([program, f"--port={port}"], environment=environment) as process:
        try:
            wait_until(
                lambda: process.poll() is not None or _answers(address),
                bool,
                what="an answer",
                timeout_s=within_s,
            )
        except WaitTimedOut:
            raise _not_started(program, "no answer") from None
        if process.poll() is not None:
            raise _not_started(program, f"exit status {process.returncode}")
        yield address


def _answers(address: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{address}/status", trust_env=False).is_success
    return False


def _not_started(place: str, found: str) -> CannotTell:
    return CannotTell(
        f"{WEBKITGTK} did not start",
        where=place,
        expected="a browser that can be driven",
        found="\n".join(found.removeprefix("Message: ").strip().splitlines()[:4]),
        do="start it by hand and read what it says",
    )


def _selenium(load: Callable[[str], Any]) -> Selenium:
    """Return what is used of Selenium.

    Raises:
        ImportError: it is not installed.
    """
    return Selenium(
        session=load("selenium.webdriver.remote.webdriver").WebDriver,
        connection=load("selenium.webdriver.remote.remote_connection").RemoteConnection,
        options=load("selenium.webdriver.webkitgtk.options").Options,
        config=load("selenium.webdriver.remote.client_config").ClientConfig,
        proxy=load("selenium.webdriver.common.proxy").Proxy,
        refused=(
            load("selenium.common.exceptions").WebDriverException,
            load("urllib3.exceptions").HTTPError,
        ),
    )
