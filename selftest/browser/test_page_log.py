from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from playwright.sync_api import BrowserContext

from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.page_log import FIRST, LAST, LONGEST, PageLog, shown_address
from gonogo.probes.browser.visit import Window, window
from selftest.browser.small_app import APP, SmallApp
from selftest.unit.dossiers import SetClock

TALK = """console.warn("old price"); new Image().src = "/none.png?who=Ann";
fetch("http://127.0.0.1:9/").catch(() => 0); setTimeout(() => { throw new Error("late"); }, 50);"""


def line(lines: tuple[str, ...], pattern: str) -> str:
    (found,) = [each for each in lines if re.search(pattern, each)]
    return found


def test_every_request_and_every_word_is_a_line_and_the_first_sums_them_up(
    opened: Window, app: SmallApp
) -> None:
    app.broken = TALK
    lines = opened.visit("/", private=False).heard.said.lines
    assert re.match(r".*: [3-9] requests, 2 of them failed or refused; [2-9] lines", lines[0])
    assert re.search(r"^ +\d+\.\d{3}  GET +200 +document +\d+ ms  http", lines[1])
    assert line(lines, r"GET +404 +image +\d+ ms .*/none\.png\?who=Ann$")
    assert line(lines, r"GET +failed +fetch .*:9/ \(.+\)$")
    assert line(lines, r"console +warning +old price \(.+/:\d+\)$")
    assert line(lines, r"console +exception +late$")


def test_what_was_not_answered_is_open(opened: Window, app: SmallApp) -> None:
    app.broken = 'void fetch("/never");'
    opened.page.route("**/never", lambda _: None)
    opened.page.goto("/")
    assert line(opened.ear.said.lines, r"GET +open +fetch +http.*/never$")


def test_a_window_that_was_closed_still_has_its_log(engine: Engine, app: SmallApp) -> None:
    with window(
        engine.browser, app=APP, address=app.address, engine="the browser", name="one"
    ) as opened:
        opened.open("/")
    said = opened.ear.said
    assert said.window == "one"
    assert said.lines[0].startswith("the browser: ")
    assert line(said.lines, r"200 +document +\d+ ms")


def test_of_real_people_nothing_is_written_down(engine: Engine, app: SmallApp) -> None:
    app.broken = """console.error("Ann is gone"); fetch("/rows?text=Ann");
        new Image().src = "/pictures/7f3a-ann.png?who=Ann";
        setTimeout(() => { throw new Error("Ann came late"); }, 50);"""
    with window(
        engine.browser, app=APP, address=app.address, engine="it", real_data=True
    ) as opened:
        seen = opened.visit("/people/0182-7f", private=True)
    told = "\n".join(seen.heard.said.lines)
    requests = "\n".join(map(str, seen.complaints("request")))
    for text in (told, requests):
        assert "Ann" not in text
        assert "7f" not in text
    assert line(seen.heard.said.lines, r"/people/…$")
    assert line(seen.heard.said.lines, r"/rows\?…$")
    assert line(seen.heard.said.lines, r"console +error +11 characters, which are not written")
    assert line(seen.heard.said.lines, r"console +exception +13 characters, which are not")
    assert "/pictures/…?…: 404" in requests


@pytest.mark.parametrize(
    ("address", "kind", "shown"),
    [
        ("http://a.example/people/ann?q=1#x", "document", "http://a.example/people/ann?…"),
        ("http://a.example/rest/v1/rows", "fetch", "http://a.example/rest/v1/rows"),
        ("http://a.example/rows/17/p%20q", "xhr", "http://a.example/rows/…/…"),
        ("http://a.example/app-3f2.js", "script", "http://a.example/app-3f2.js"),
        ("", "script", ""),
    ],
)
def test_an_address_of_real_people_keeps_words_alone(address: str, kind: str, shown: str) -> None:
    assert shown_address(address, kind, private=True) == shown
    assert shown_address(address, kind, private=False) == address


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("data:image/png;base64,AAAA", "data:… (26 characters)"),
        ("http://[half", "an address of 12 characters that cannot be read"),
        (f"http://a.example/rows?q={'x' * LONGEST}", "http://a.example/rows?…"),
    ],
)
def test_an_address_that_says_too_much_is_not_cut_but_left_out(
    address: str, shown: str, *, private: bool
) -> None:
    assert shown_address(address, "fetch", private=private) == shown


@dataclass
class Context:
    """Takes the place of a browser's context: what it hears is given by hand."""

    handlers: dict[str, Callable[[Any], None]] = field(default_factory=dict)

    def on(self, event: str, handler: Callable[[Any], None]) -> None:
        self.handlers[event] = handler

    def say(self, text: str) -> None:
        self.handlers["console"](Message(text=text))


@dataclass(frozen=True, kw_only=True)
class Message:
    text: str
    type: str = "log"

    @property
    def location(self) -> dict[str, Any]:
        return {"url": "", "lineNumber": 0, "columnNumber": 0}


def test_the_beginning_and_the_end_of_a_long_log_are_kept() -> None:
    context, clock = Context(), SetClock()
    log = PageLog(cast("BrowserContext", context), clock=clock)
    for number in range(FIRST + LAST + 7):
        clock.advance(1)
        context.say(f"word {number}")
    lines = log.said().lines
    assert len(lines) == 1 + FIRST + 1 + LAST
    assert lines[0].startswith(
        f"a window: 0 requests, 0 of them failed or refused; {FIRST + LAST:,}"
    )
    assert lines[FIRST].endswith(f"{FIRST:.3f}  console  log        word {FIRST - 1}")
    assert lines[FIRST + 1] == "… 7 more are left out here"
    assert lines[-1].endswith(f"word {FIRST + LAST + 6}")


def test_a_word_that_is_too_long_is_told_by_its_length() -> None:
    context = Context()
    log = PageLog(cast("BrowserContext", context))
    context.say("x" * (LONGEST + 1))
    assert log.said().lines[1].endswith(f"{LONGEST + 1:,} characters, too many to be kept")


def test_an_answer_to_what_was_not_heard_is_left_out() -> None:
    context = Context()
    log = PageLog(cast("BrowserContext", context))
    answer = type("Answer", (), {"request": object(), "status": 200})()
    context.handlers["response"](answer)
    assert len(log.said().lines) == 1
