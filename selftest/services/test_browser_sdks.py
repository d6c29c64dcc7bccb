"""Sentry's and PostHog's own SDKs in a real browser reach the stand-ins, unmodified."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from gonogo.probes.monitoring.browser_events import TAKEN_FOR_A_BOT
from gonogo.probes.monitoring.driven_browser import hide_driver
from gonogo.waiting import pause, wait_until
from selftest.services.conftest import Starting
from selftest.services.npm import installed
from staging.services.company import Company, Order
from staging.services.posthog.flags import share

PACKAGES = {"@sentry/browser": "10.78.0", "posthog-js": "1.449.2", "esbuild": "0.28.2"}
ENTRY = """
import * as Sentry from "@sentry/browser";
import posthog from "posthog-js";
Object.assign(window, { Sentry, posthog });
"""
PAGE = """<!doctype html><link rel="icon" href="data:,"><title>CRM</title>
<script src="/bundle.js"></script>"""
PATIENCE_S = 20.0
TOKEN, KEY, PUBLIC, FLAG = "phc_box", "phx_box", "0123456789abcdef0123456789abcdef", "redesign"
SENTRY = {
    "org": "logos-vision",
    "project": "crm",
    "project_id": 4501,
    "public_key": PUBLIC,
    "auth_token": "sntrys_box",
}
POSTHOG = {
    "project_id": 42,
    "api_token": TOKEN,
    "personal_key": KEY,
    "flags": [{"key": FLAG, "rollout_percentage": 50}],
}
START_SENTRY = """dsn => Sentry.init({
    dsn, release: "crm@2.0.0", environment: "staging", tracesSampleRate: 1,
    integrations: [Sentry.browserTracingIntegration()],
})"""
START_POSTHOG = """([token, host, id]) => new Promise(done => {
    posthog.init(token, {
        api_host: host, bootstrap: { distinctID: id }, person_profiles: "always",
    });
    posthog.onFeatureFlags(() => done(posthog.isFeatureEnabled("redesign")));
})"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def modules() -> Path:
    return installed(PACKAGES)


@pytest.fixture(scope="module")
def site(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with both SDKs, on a host of its own."""
    served = tmp_path_factory.mktemp("site")
    (served / "index.html").write_text(PAGE)
    entry = modules / "entry.js"
    entry.write_text(ENTRY)
    esbuild = modules / "node_modules" / ".bin" / "esbuild"
    options = [
        "--bundle",
        "--format=iife",
        f"--outfile={served / 'bundle.js'}",
        "--log-level=error",
    ]
    subprocess.run([esbuild, entry, *options], check=True, timeout=60)
    handler = functools.partial(Quiet, directory=str(served))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: the SDKs for browsers are not proven")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--disable-background-networking"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def box(company: Starting, modules: Path) -> Company:
    options = {**POSTHOG, "assets": str(modules / "node_modules" / "posthog-js" / "dist")}
    return company(
        Order(name="sentry", service="staging.services.sentry:Sentry", options=SENTRY),
        Order(name="posthog", service="staging.services.posthog:PostHog", options=options),
    )


@pytest.fixture
def noise() -> list[str]:
    return []


@pytest.fixture
def marked(browser: Browser, noise: list[str]) -> Iterator[Page]:
    """A page that can tell that a program drives the browser."""
    context = browser.new_context()
    made = context.new_page()
    made.on("console", lambda message: noise.append(message.text))
    made.on("requestfailed", lambda request: noise.append(request.url))
    yield made
    context.close()


@pytest.fixture
def page(marked: Page, site: str) -> Page:
    hide_driver(marked)
    marked.goto(site)
    return marked


def ask_sentry(box: Company, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
    url = f"{box.addresses['sentry']}/api/0/organizations/logos-vision/{path}/"
    headers = {"Authorization": f"Bearer {SENTRY['auth_token']}"}
    return httpx.get(url, params=query, headers=headers).raise_for_status().json()


def ask_posthog(box: Company, query: str, **values: str) -> list[list[Any]]:
    url = f"{box.addresses['posthog']}/api/projects/42/query/"
    asked = {"kind": "HogQLQuery", "query": query, "values": values}
    body = {"query": asked, "refresh": "force_blocking"}
    headers = {"Authorization": f"Bearer {KEY}"}
    found: list[list[Any]] = httpx.post(url, json=body, headers=headers).json()["results"]
    return found


def test_the_sentry_sdk_sends_an_error_a_transaction_and_a_session(
    box: Company, page: Page, noise: list[str]
) -> None:
    page.evaluate(START_SENTRY, box.state("sentry")["dsn"])
    page.evaluate("setTimeout(() => { throw new TypeError('from the browser') })")
    issues = wait_until(
        lambda: ask_sentry(box, "issues", query="is:unresolved environment:staging"),
        bool, what="the issue", timeout_s=PATIENCE_S,
    )  # fmt: skip
    assert [each["title"] for each in issues] == ["TypeError: from the browser"]
    assert issues[0]["isUnhandled"] is True
    query = {"dataset": "spans", "query": "is_transaction:true span.op:pageload release:crm@2.0.0"}
    wait_until(
        lambda: ask_sentry(box, "events", field="count()", **query)["data"][0]["count()"],
        lambda count: count == 1, what="the transaction", timeout_s=PATIENCE_S,
    )  # fmt: skip
    wait_until(
        lambda: box.state("sentry")["sessions"], lambda count: count == 1,
        what="the session", timeout_s=PATIENCE_S,
    )  # fmt: skip
    group = ask_sentry(box, "sessions", field="crash_free_rate(session)")["groups"][0]
    assert group["totals"] == {"crash_free_rate(session)": 0.0}
    assert [line for line in noise if "from the browser" not in line] == []


def test_the_posthog_sdk_sends_pageviews_and_events_and_gets_its_flags(
    box: Company, page: Page, noise: list[str]
) -> None:
    host = box.addresses["posthog"]
    names = [f"user-{number}" for number in range(20)]
    insider = next(each for each in names if share(FLAG, each) <= 0.5)
    assert page.evaluate(START_POSTHOG, [TOKEN, host, insider]) is True
    page.evaluate("posthog.capture('contact_viewed', { place: 'Łódź' })")
    query = """select event, count() from events
        where distinct_id = {who} and event in ('$pageview', 'contact_viewed')
        group by event order by event"""
    wait_until(
        lambda: ask_posthog(box, query, who=insider),
        lambda rows: rows == [["$pageview", 1], ["contact_viewed", 1]],
        what="both events once", timeout_s=PATIENCE_S,
    )  # fmt: skip
    place = "select properties.place, properties.$lib from events where event = 'contact_viewed'"
    assert ask_posthog(box, place) == [["Łódź", "web"]]
    assert noise == []
    asked = [each for each in box.requests("posthog") if each["method"] != "OPTIONS"]
    assert {each["status"] for each in asked} == {200}, json.dumps(asked, indent=1)


def test_the_posthog_sdk_keeps_the_events_of_a_browser_that_it_sees_driven(
    box: Company, marked: Page, site: str, noise: list[str]
) -> None:
    marked.goto(site)
    marked.evaluate(START_POSTHOG, [TOKEN, box.addresses["posthog"], "robot"])
    marked.evaluate("posthog.capture('contact_viewed')")
    assert any(TAKEN_FOR_A_BOT.search(each) for each in noise)
    marked.goto("about:blank")  # what it had kept for later is sent when it is left
    query = "select count() from events where distinct_id = {who}"
    pause(1.0)
    assert ask_posthog(box, query, who="robot") == [[0]]


def test_an_outsider_of_the_rollout_gets_the_flag_off(box: Company, page: Page) -> None:
    outsider = next(each for each in map(str, range(50)) if share(FLAG, each) > 0.5)
    started = page.evaluate(START_POSTHOG, [TOKEN, box.addresses["posthog"], outsider])
    assert started is False


def test_source_maps_are_uploaded_by_sentrys_own_command_line(box: Company, tmp_path: Path) -> None:
    cli = installed({"@sentry/cli": "2.58.6"}) / "node_modules" / "@sentry"
    programs = sorted(cli.glob("cli-*/bin/sentry-cli"))
    if not programs:
        pytest.skip("no sentry-cli for this machine: its upload is not proven")
    (tmp_path / "app.js").write_text("console.log(1);\n//# sourceMappingURL=app.js.map\n")
    (tmp_path / "app.js.map").write_text(
        '{"version":3,"sources":["app.ts"],"sourcesContent":["console.log(1)"],'
        '"names":[],"mappings":"AAAA"}'
    )
    environment = {
        "HOME": str(tmp_path),
        "SENTRY_URL": box.addresses["sentry"],
        "SENTRY_AUTH_TOKEN": str(SENTRY["auth_token"]),
        "SENTRY_ORG": "logos-vision",
        "SENTRY_PROJECT": "crm",
    }
    for command in (
        ["releases", "new", "crm@3.0.0"],
        ["sourcemaps", "inject", "."],
        ["sourcemaps", "upload", "--release", "crm@3.0.0", "--wait-for", "20", "."],
        ["releases", "finalize", "crm@3.0.0"],
        ["deploys", "new", "--release", "crm@3.0.0", "--env", "production"],
    ):
        done = subprocess.run(
            [programs[0], *command], cwd=tmp_path, env=environment, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    url = f"{box.addresses['sentry']}/api/0/projects/logos-vision/crm/files/artifact-bundles/"
    headers = {"Authorization": f"Bearer {SENTRY['auth_token']}"}
    bundles = httpx.get(url, params={"query": "crm@3.0.0"}, headers=headers).json()
    assert [each["fileCount"] for each in bundles] == [2]
    files = httpx.get(f"{url}{bundles[0]['bundleId']}/files/", headers=headers).json()["files"]
    assert {each["fileType"] for each in files} == {2, 3}
    assert len({each["debugId"] for each in files}) == 1
    release = ask_sentry(box, "releases/crm%403.0.0")
    assert (release["deployCount"], bool(release["dateReleased"])) == (1, True)
