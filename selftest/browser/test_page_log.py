from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from playwright.sync_api import BrowserContext

from gonogo.config_app import ExpectedNoise
from gonogo.probes.browser.discretion import LONGEST, Discretion
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.page_log import FIRST, LAST, PageLog
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
    app.broken = """console.error("Ann is gone"); fetch("/rows/Ann?text=Ann");
        fetch("/Ann/7f", { method: "POST" }); fetch("/rows/Ann", { method: "POST" }).catch(() => 0);
        new Image().src = "/pictures/7f3a-ann.png?who=Ann";
        setTimeout(() => { throw new TypeError("Ann came late"); }, 50);"""
    noise = (ExpectedNoise(pattern="Ann is gone", reason="she left"),)
    known = APP.model_copy(update={"expected_noise": noise})
    with window(
        engine.browser,
        app=known,
        address=app.address,
        engine="it",
        real_data=True,
        discretion=Discretion(private=True, words=frozenset({"people", "rows"})),
    ) as opened:
        seen = opened.visit("/people/0182-7f", private=True)
    heard = seen.heard
    told = "\n".join([*heard.said.lines, *map(str, heard.complaints), *heard.wrote, *heard.blocked])
    assert "Ann" not in told
    assert "7f" not in told
    assert line(heard.said.lines, r"/people/…$")
    assert line(heard.said.lines, r"/rows/…\?…$")
    assert line(heard.said.lines, r"console +error +11 characters, which are not written")
    assert line(heard.said.lines, r"console +exception +TypeError, 13 characters, which are not")
    assert heard.blocked == (f"POST {app.address}/rows/…",)
    assert heard.wrote == (f"POST {app.address}/…/…",)
    assert f"request: GET {app.address}/…/…?…: 404" in map(str, heard.complaints)
    assert [each for each in heard.expected if "which are not written down" in each]


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
