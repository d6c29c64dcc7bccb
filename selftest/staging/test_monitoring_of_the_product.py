"""What happens in the page arrives at Sentry and PostHog, read back by their own interfaces."""

from __future__ import annotations

import json
import re
from hashlib import sha1
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Request

from gonogo.waiting import wait_until
from selftest.staging.browsing import Noise
from selftest.staging.whole_box import WholeBox

pytestmark = pytest.mark.xdist_group("box")

PATIENCE_S = 30.0
RELEASE = "logos-vision-crm@1.0.0"
THROW = "setTimeout(() => { throw new TypeError('thrown by a selftest') })"


def is_event(request: Request) -> bool:
    body = request.post_data_buffer or b""
    return "/envelope/" in request.url and b'"type":"event"' in body


def test_an_error_in_the_page_reaches_sentry(visitor: Page, box: WholeBox, noise: Noise) -> None:
    noise.expect("exception: thrown by a selftest")
    visitor.goto("/privacy")
    with visitor.expect_request(is_event) as sent:
        visitor.evaluate(THROW)
    header = (sent.value.post_data_buffer or b"").split(b"\n", 1)[0]
    event_id = json.loads(header)["event_id"]
    wait_until(
        lambda: box.sentry(f"events/{event_id}").status_code, lambda status: status == 200,
        what="the event", timeout_s=PATIENCE_S,
    )  # fmt: skip
    event = box.sentry(f"events/{event_id}").json()
    assert event["title"] == "TypeError: thrown by a selftest"
    assert event["release"]["version"] == RELEASE
    commit = httpx.get(f"{box.product}/health", trust_env=False).json()["commit"]
    assert {"key": "commit", "value": commit} in [
        {"key": tag["key"], "value": tag["value"]} for tag in event["tags"]
    ]


def test_pageviews_reach_posthog_once_each(visitor: Page, box: WholeBox, noise: Noise) -> None:
    visitor.goto("/terms")
    visitor.get_by_role("link", name="Privacy").click()
    visitor.wait_for_url("**/privacy")
    who = visitor.evaluate("localStorage.getItem('lv-visitor-id')")
    query = """select properties.$pathname, count() from events
        where event = '$pageview' and distinct_id = {who}
        group by properties.$pathname order by properties.$pathname"""
    wait_until(
        lambda: box.posthog(query, who=who), lambda rows: rows == [["/privacy", 1], ["/terms", 1]],
        what="both pageviews, once each", timeout_s=PATIENCE_S,
    )  # fmt: skip


def test_the_source_maps_of_the_release_are_in_sentry_and_not_published(box: WholeBox) -> None:
    answer = box.sentry(f"releases/{RELEASE}/files", per_page="100")
    files = {each["name"]: each for each in answer.raise_for_status().json()}
    with httpx.Client(base_url=box.product, trust_env=False) as product:
        scripts = re.findall(r'src="(/assets/[^"]+)"', product.get("/").text)
        assert scripts
        for script in scripts:
            known = files[f"~{script}"]
            assert known["sha1"] == sha1(product.get(script).content).hexdigest()
            assert known["headers"]["Sourcemap"] == f"{Path(script).name}.map"
            assert files[f"~{script}.map"]["size"] > 0
            assert product.get(f"{script}.map").status_code == 404


def test_every_script_of_the_build_has_its_map_in_sentry(box: WholeBox) -> None:
    answer = box.sentry(f"releases/{RELEASE}/files", per_page="100")
    names = {each["name"] for each in answer.raise_for_status().json()}
    state = box.company.state("vercel")
    (folder,) = {each["folder"] for each in state["deployments"] if each["id"] == state["live"]}
    scripts = {path.name for path in Path(folder, "dist/assets").glob("*.js")}
    assert len(scripts) > 1
    assert {f"~/assets/{script}.map" for script in scripts} <= names
