from __future__ import annotations

import re

import pytest

from gonogo.config_app import ExpectedNoise
from gonogo.errors import CannotTell
from gonogo.probes.browser.engines import Engine
from gonogo.probes.browser.listening import WITHHELD
from gonogo.probes.browser.visit import Visit, Window, window
from selftest.browser.small_app import APP, SmallApp


def kinds(visit: Visit) -> list[str]:
    return [each.kind for each in visit.heard.complaints]


def test_a_page_that_is_well_is_rendered_and_complains_of_nothing(opened: Window) -> None:
    seen = opened.visit("/", private=False)
    assert seen.rendered
    assert seen.look.headings == ("Know your people",)
    assert kinds(seen) == []
    assert seen.load_s > 0
    assert seen.picture.startswith(b"\xff\xd8\xff")
    assert "HTTP 200, loaded in" in str(seen)


@pytest.mark.parametrize(
    ("script", "kind", "text"),
    [
        ('console.error("no price");', "console", "no price"),
        ('console.assert(false, "odd");', "console", "odd"),
        ('setTimeout(() => { throw new Error("late"); }, 50);', "exception", "late"),
        ('Promise.reject(new Error("nobody waits"));', "exception", "nobody waits"),
        ('new Image().src = "/none.png";', "request", r"GET .*/none.png: 404"),
        ('fetch("http://127.0.0.1:9/").catch(() => 0);', "request", "failed: .*"),
    ],
)
def test_what_a_page_complains_of_is_heard(
    opened: Window, app: SmallApp, script: str, kind: str, text: str
) -> None:
    app.broken = script
    (heard,) = opened.visit("/", private=False).heard.complaints
    assert heard.kind == kind
    assert re.search(text, heard.text)


def test_what_the_policy_forbids_is_heard(opened: Window, app: SmallApp) -> None:
    app.headers["Content-Security-Policy"] = "img-src 'self' data:"
    app.broken = 'new Image().src = "http://127.0.0.1:9/x.png";'
    seen = opened.visit("/", private=False)
    assert [str(each) for each in seen.complaints("policy")] == [
        "policy: the content security policy forbids img-src http://127.0.0.1:9/x.png"
    ]
    assert seen.complaints("console") == ()


def test_words_that_are_no_error_and_requests_that_were_left_are_not_heard(
    opened: Window, app: SmallApp
) -> None:
    app.broken = """console.warn("old"); console.log("hello");
        const left = new AbortController();
        fetch("/kinds", { signal: left.signal }).catch(() => 0);
        left.abort();"""
    assert kinds(opened.visit("/", private=False)) == []


def test_expected_noise_is_no_complaint_and_is_listed_with_its_reason(
    engine: Engine, app: SmallApp
) -> None:
    noisy = APP.model_copy(
        update={"expected_noise": (ExpectedNoise(pattern="price", reason="in spring"),)}
    )
    app.broken = 'console.error("no price"); console.error("no name");'
    with window(engine.browser, app=noisy, address=app.address, engine="it") as opened:
        seen = opened.visit("/", private=False)
    assert [each.text for each in seen.heard.complaints] == ["no name"]
    assert seen.heard.expected == ("console: no price (in spring)",)
    assert "expected noise: console: no price (in spring)" in str(seen)


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("document.body.hidden = true;", "a blank page"),
        ("page.dataset.broken = '';", "the application's own error page"),
    ],
)
def test_a_blank_page_and_the_error_page_are_not_rendered(
    opened: Window, app: SmallApp, script: str, shown: str
) -> None:
    app.broken = script
    seen = opened.visit("/", private=False)
    assert seen.status == 200
    assert not seen.rendered
    assert shown in str(seen)


def test_a_page_of_pictures_is_not_blank(opened: Window, app: SmallApp) -> None:
    app.broken = "document.body.innerHTML = '<canvas></canvas>'; throw 0;"
    assert not opened.visit("/", private=False).look.blank


def test_a_page_that_is_refused_is_not_rendered(opened: Window, app: SmallApp) -> None:
    app.status = 404
    seen = opened.visit("/people", private=False)
    assert seen.status == 404
    assert not seen.rendered


def test_what_a_page_writes_to_data_is_held_back_and_the_rest_is_listed(
    opened: Window, app: SmallApp
) -> None:
    app.broken = """fetch("/rows?a=1", { method: "POST" }).catch(() => 0);
        navigator.sendBeacon("/telemetry", "x"); void fetch("/rows");"""
    heard = opened.visit("/", private=False).heard
    assert heard.complaints == ()
    assert opened.ear.sent > opened.ear.of_page.sent, "what it tells others is its own matter"
    assert opened.ear.of_page.asked == 1
    assert heard.blocked == (f"POST {app.address}/rows",)
    assert heard.wrote == (f"POST {app.address}/telemetry",)
    assert app.written == ["/telemetry"]


def test_a_page_that_waits_for_a_service_worker_is_not_blank_by_itself(
    opened: Window, app: SmallApp
) -> None:
    app.broken = """document.body.innerHTML = "";
        navigator.serviceWorker.register("/worker.js").then(() => document.write("Know"));"""
    seen = opened.visit("/", private=False)
    assert not seen.rendered
    assert seen.held_back == ("the service worker /worker.js",)
    assert "not given to the page: /worker.js" in str(seen)


def test_a_page_that_is_drawn_without_its_service_worker_lacks_nothing(
    opened: Window, app: SmallApp
) -> None:
    app.broken = 'navigator.serviceWorker.register("/worker.js");'
    seen = opened.visit("/", private=False)
    assert (seen.rendered, seen.held_back) == (True, ())


def test_a_window_whose_subject_is_writing_lets_it_through(engine: Engine, app: SmallApp) -> None:
    app.broken = 'void fetch("/rows", { method: "POST" });'
    with window(
        engine.browser, app=APP, address=app.address, engine="it", may_write=True
    ) as opened:
        heard = opened.visit("/", private=False).heard
    assert (heard.blocked, app.written) == ((), ["/rows"])


def test_an_address_where_nothing_answers_tells_nothing(opened: Window) -> None:
    with pytest.raises(CannotTell, match="could not be opened"):
        opened.visit("http://127.0.0.1:9/", private=False)


def test_a_page_that_cannot_be_asked_shows_nothing(engine: Engine, app: SmallApp) -> None:
    with window(engine.browser, app=APP, address=app.address, engine="it") as opened:
        opened.page.close()
        assert opened.look().blank
        with pytest.raises(CannotTell, match="no screenshot"):
            opened.picture(private=False)


@pytest.mark.parametrize(("masked", "is_taken"), [((), 0), (("h1",), 1)])
def test_a_private_page_of_real_data_is_shown_only_masked(
    engine: Engine, app: SmallApp, masked: tuple[str, ...], is_taken: int
) -> None:
    real = APP.model_copy(update={"masked": masked})
    with window(
        engine.browser, app=real, address=app.address, engine="it", real_data=True
    ) as opened:
        assert bool(opened.visit("/", private=True).picture) == is_taken
        assert opened.picture(private=False)


WORKER = """navigator.serviceWorker.register("/worker.js").then((given) => {
    given.onupdatefound = () => 0;
}).catch((error) => console.error("no worker", error));"""


def test_where_writes_are_held_back_no_page_gets_a_service_worker(
    opened: Window, app: SmallApp
) -> None:
    app.broken = WORKER
    seen = opened.visit("/", private=False)
    assert seen.heard.complaints == (), "a page takes being held back for its own error"
    assert (seen.heard.withheld, seen.heard.workers) == ((WITHHELD,), ("/worker.js",))
    assert f"not given to the page: {WITHHELD}" in str(seen)
    asked = opened.page.evaluate("navigator.serviceWorker.getRegistrations()")
    assert asked == []


def test_where_a_page_may_write_it_gets_its_service_worker(engine: Engine, app: SmallApp) -> None:
    app.broken = WORKER
    with window(
        engine.browser, app=APP, address=app.address, engine="it", may_write=True
    ) as opened:
        heard = opened.visit("/", private=False).heard
    assert heard.withheld == ()
    assert [each.kind for each in heard.complaints], "the small application has none to give"
