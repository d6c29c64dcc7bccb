"""A WebDriver over a page of Playwright: the adapter is tried without Selenium and its browser."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ElementHandle, JSHandle, Page
from playwright.sync_api import Error as PlaywrightError

KEYS = {"\ue009a": "Control+a", "\ue017": "Delete"}
RUN = "(given) => { const run = new Function(%s); return run(...given); }"


class RefusedError(Exception):
    """What this driver raises."""


@dataclass
class FakeElement:
    handle: ElementHandle

    def click(self) -> None:
        if self.handle.evaluate("(each) => each.tagName") == "OPTION":
            self.handle.evaluate("""(each) => {
                each.selected = true;
                each.parentElement.dispatchEvent(new Event("change", { bubbles: true }));
            }""")
        else:
            self.handle.click(timeout=500)

    def send_keys(self, *keys: str) -> None:
        self.handle.focus()
        for key in keys:
            if key in KEYS:
                self.handle.press(KEYS[key])
            else:
                self.handle.type(key)


@dataclass
class FakeDriver:
    page: Page
    refusing: list[str] = field(default_factory=list)
    """What it raises next, one at a time."""
    is_nowhere: bool = False
    cookies: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[str, object] = field(default_factory=dict)
    capabilities: dict[str, str] = field(default_factory=lambda: {"browserVersion": "2.50.6"})

    @property
    def current_url(self) -> str:
        return "about:blank" if self.is_nowhere else self.page.url

    def get(self, url: str) -> None:
        try:
            self.page.goto(url)
        except PlaywrightError:  # a browser over WebDriver says nothing of it
            self.is_nowhere = True

    def execute_script(self, script: str, *arguments: Any) -> Any:  # noqa: ANN401 - as Selenium's
        if self.refusing:
            raise RefusedError(self.refusing.pop(0))
        try:
            found = self.page.evaluate_handle(RUN % json.dumps(script), _unwrapped(arguments))
            return _wrapped(found)
        except PlaywrightError as error:
            raise RefusedError(f"Message: {error.message}") from error

    def get_screenshot_as_png(self) -> bytes:
        return self.page.screenshot(type="png")

    def set_page_load_timeout(self, seconds: float) -> None:
        self.asked["load_s"] = seconds

    def set_window_size(self, width: int, height: int) -> None:
        self.asked["size"] = (width, height)

    def add_cookie(self, cookie: dict[str, Any]) -> None:
        self.cookies.append({**cookie, "at": self.page.url})

    def quit(self) -> None:
        self.asked["quit"] = True


def _unwrapped(value: Any) -> Any:  # noqa: ANN401 - as Selenium's
    if isinstance(value, FakeElement):
        return value.handle
    if isinstance(value, list | tuple):
        return [_unwrapped(each) for each in value]
    return value


def _wrapped(handle: JSHandle) -> Any:  # noqa: ANN401 - as Selenium's
    """Return what *handle* holds, with its elements as Selenium gives them."""
    element = handle.as_element()
    if element:
        return FakeElement(element)
    if handle.evaluate("(each) => Array.isArray(each)"):
        count: int = handle.evaluate("(each) => each.length")
        return [_wrapped(handle.evaluate_handle("(all, n) => all[n]", n)) for n in range(count)]
    return handle.json_value()
