from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import BrowserContext, Playwright
from playwright.sync_api import Error as PlaywrightError

from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.tracing import traced
from gonogo.probes.browser.visit import window
from selftest.browser.small_app import APP, SmallApp
from selftest.browser.test_browsers import browsers_of


def test_a_window_writes_its_trace_when_it_is_closed(
    engine: Engine, app: SmallApp, tmp_path: Path
) -> None:
    trace = tmp_path / "new" / "one.zip"
    with window(engine.browser, app=APP, address=app.address, engine="it", trace=trace) as opened:
        opened.open("/")
        assert not trace.exists()
    with zipfile.ZipFile(trace) as archive:
        assert {"trace.trace", "trace.network"} <= set(archive.namelist())
        assert b"Know your people" in archive.read("trace.trace")
        assert not [name for name in archive.namelist() if name.endswith((".jpeg", ".py"))]


def test_a_window_that_was_left_by_an_error_writes_it_too(
    engine: Engine, app: SmallApp, tmp_path: Path
) -> None:
    trace = tmp_path / "one.zip"
    with (
        pytest.raises(RuntimeError),
        window(engine.browser, app=APP, address=app.address, engine="it", trace=trace),
    ):
        raise RuntimeError
    assert zipfile.is_zipfile(trace)


def test_a_window_of_a_check_leaves_log_and_trace_and_no_other_does(
    driver: Playwright, engine: Engine, app: SmallApp, tmp_path: Path
) -> None:
    given = browsers_of(cast("Any", type("Real", (), {"real": driver})), tmp_path)
    browsers = replace(given, address=app.address, traces=tmp_path / "traces")
    with browsers.window(engine) as opened:
        opened.open("/")
    with browsers.window(engine, of_a_check=False) as opened:
        opened.open("/")
    [said] = browsers.said
    assert " 1 requests, 0 of them failed" in said.lines[0]
    assert [path.name for path in (tmp_path / "traces").iterdir()] == [f"{said.window}.zip"]


class Untraced:
    """A context that cannot be traced, or not to its end."""

    def __init__(self, *fails: str) -> None:
        self.fails = fails
        self.asked: list[str] = []

    @property
    def tracing(self) -> Untraced:
        return self

    def start(self, **_: Any) -> None:  # noqa: ANN401 - Playwright's own
        self._ask("start")

    def stop(self, *, path: Path) -> None:
        assert path.name == "one.zip"
        self._ask("stop")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.fails:
            raise PlaywrightError("no")


@pytest.mark.parametrize(
    ("fails", "asked"),
    [((), ["start", "stop"]), (("start",), ["start"]), (("stop",), ["start", "stop"])],
)
def test_a_browser_that_cannot_be_traced_is_used_all_the_same(
    fails: tuple[str, ...], asked: list[str], tmp_path: Path
) -> None:
    context = Untraced(*fails)
    used = False
    with traced(cast("BrowserContext", context), tmp_path / "one.zip"):
        used = True
    assert used
    assert context.asked == asked


def test_without_a_place_no_trace_is_made() -> None:
    context = Untraced()
    with traced(cast("BrowserContext", context), None):
        pass
    assert context.asked == []
