"""PostHog's stand-in takes what PostHog's SDKs send, and answers queries over it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import posthog
import pytest

from selftest.services.posthog.asking import (
    FLAG,
    KEY,
    TOKEN,
    ask,
    count,
    event,
    flags,
    packed,
)
from selftest.specification import Specification
from staging.services.company import Company
from staging.services.posthog.flags import share
from staging.services.switches import Break


@pytest.mark.parametrize("path", ["/i/v0/e/", "/e/", "/capture/", "/batch/"])
def test_events_arrive_in_every_packing(api: httpx.Client, spec: Specification, path: str) -> None:
    single = {**event(), "api_key": TOKEN}
    given = {"api_key": TOKEN, "batch": [event()]} if path == "/batch/" else single
    for query, body, kind in packed(given):
        headers = {"Content-Type": kind, "Origin": "http://crm.example"}
        answer = api.post(path, params=dict(query), content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == "http://crm.example"
        if path in {"/i/v0/e/", "/batch/"}:
            spec.check(answer)
    assert count(api) == 5


def test_a_list_of_events_and_a_beacon_are_taken(api: httpx.Client) -> None:
    listed = [event(token=TOKEN), event(token=TOKEN)]
    assert api.post("/e/", json=listed).status_code == 200
    assert api.post("/e/?beacon=1", json=listed).status_code == 204
    assert count(api) == 4


def test_an_event_of_a_stranger_is_accepted_and_never_arrives(
    api: httpx.Client, spec: Specification
) -> None:
    answer = api.post("/i/v0/e/", json={**event(), "api_key": "phc_somebodyelse"})
    spec.check(answer)
    assert (answer.status_code, count(api)) == (200, 0)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (event(), 401),
        ({**event(), "api_key": KEY}, 401),
        ({"api_key": TOKEN, "distinct_id": "x"}, 400),
        ({"api_key": TOKEN, "event": "x"}, 400),
        ([], 400),
        ("text", 400),
    ],
)
def test_what_is_no_event_is_refused(
    api: httpx.Client, spec: Specification, given: object, status: int
) -> None:
    answer = api.post("/i/v0/e/", json=given)
    spec.check(answer)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("query", "body"),
    [("compression=lz64", b"{}"), ("", b""), ("", b"\x1f\x8bbroken"), ("", b"{half"), ("", b"%%%")],
)
def test_what_cannot_be_read_is_400(
    api: httpx.Client, spec: Specification, query: str, body: bytes
) -> None:
    answer = api.post(f"/i/v0/e/?{query}", content=body)
    spec.check(answer)
    assert answer.status_code == 400


def test_a_query_is_cached_unless_that_is_forbidden(api: httpx.Client, spec: Specification) -> None:
    body = {"query": {"kind": "HogQLQuery", "query": "select count() from events"}}
    url = "/api/projects/42/query/"
    first = api.post(url, json=body)
    api.post("/e/", json={**event(), "api_key": TOKEN})
    second = api.post(url, json=body)
    third = api.post(url, json={**body, "refresh": "force_blocking"})
    for answer in (first, second, third):
        spec.check(answer)
    assert [each.json()["results"] for each in (first, second, third)] == [[[0]], [[0]], [[1]]]
    assert [each.json()["is_cached"] for each in (first, second, third)] == [False, True, False]


@pytest.mark.parametrize(
    "body",
    [
        {"query": {"kind": "HogQLQuery", "query": "selec"}},
        {"query": {"kind": "HogQLQuery", "query": "select nope(1)"}},
        {"query": {"kind": "TrendsQuery"}},
        {"query": {"kind": "HogQLQuery", "query": "select 1"}, "refresh": "async"},
        {},
    ],
)
def test_a_query_it_does_not_understand_is_400(
    api: httpx.Client, spec: Specification, body: dict[str, Any]
) -> None:
    answer = api.post("/api/projects/42/query/", json=body)
    spec.check(answer)
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_too_many_queries_are_429(box: Company, spec: Specification) -> None:
    box.reset("broken")
    url = f"{box.addresses['broken']}/api/projects/42/query/"
    body = {"query": {"kind": "HogQLQuery", "query": "select 1"}}
    headers = {"Authorization": f"Bearer {KEY}"}
    answers = [httpx.post(url, json=body, headers=headers) for _ in range(3)]
    spec.check(answers[-1])
    assert [each.status_code for each in answers] == [200, 200, 429]


def test_percentiles_of_web_vitals_by_page(api: httpx.Client) -> None:
    for value in range(1, 21):
        api.post("/e/", json={**event("$web_vitals", LCP=value * 100), "api_key": TOKEN})
    query = "select count(), quantile(0.75)(properties.LCP) from events where event = '$web_vitals'"
    assert ask(api, query) == [[20, 1525.0]]


def test_the_browsers_configuration_is_told_for_the_own_token_alone(api: httpx.Client) -> None:
    config = api.get(f"/array/{TOKEN}/config").json()
    assert config["supportedCompression"] == ["gzip", "gzip-js"]
    script = api.get(f"/array/{TOKEN}/config.js")
    assert script.headers["content-type"].startswith("application/javascript")
    assert json.dumps(TOKEN) in script.text
    assert api.get("/array/phc_other/config.js").status_code == 404
    for path in ("/static/surveys.js", "/static/1.2.3/surveys.js", "/static/..%2Fx.js"):
        assert api.get(path).status_code == 404
    asked = {"Origin": "http://crm.example", "Access-Control-Request-Headers": "content-type"}
    preflight = api.options("/e/", headers=asked)
    assert preflight.headers["access-control-allow-headers"] == "content-type"


def test_the_python_sdk_reaches_it(box: Company, api: httpx.Client) -> None:
    client = posthog.Posthog(
        TOKEN, host=box.addresses["posthog"], gzip=True, disable_geoip=False, flush_interval=0.05
    )
    try:
        people = [f"user-{number}" for number in range(12)]
        on = [each for each in people if client.evaluate_flags(each).is_enabled(FLAG)]
        assert on == [each for each in people if share(FLAG, each) <= 0.3]
        mail = {"email": "ann@logos.example"}
        assert client.evaluate_flags("ann", person_properties=mail).is_enabled("staff")
        sent = client.capture("sdk_event", distinct_id="ann", properties={"release": "2.0.0"})
        client.flush()
    finally:
        client.shutdown()
    query = "select uuid, properties.$lib, properties.release from events where event = 'sdk_event'"
    assert ask(api, query) == [[sent, "posthog-python", "2.0.0"]]


def test_the_python_sdk_evaluates_by_itself_what_the_server_does(
    box: Company, api: httpx.Client
) -> None:
    client = posthog.Posthog(TOKEN, host=box.addresses["posthog"], secret_key=KEY)
    asked = len(box.requests("posthog"))
    try:
        names = [f"user-{number}" for number in range(40)]
        own = [
            client.evaluate_flags(name, only_evaluate_locally=True).is_enabled(FLAG)
            for name in names
        ]
    finally:
        client.shutdown()
    paths = {each["path"] for each in box.requests("posthog")[asked:]}
    assert paths <= {"/flags/definitions", "/batch/"}
    assert any(own)
    assert own == [flags(api, name)["flags"][FLAG]["enabled"] for name in names]


@pytest.mark.parametrize(("kind", "found"), [(Break.NEVER, 0), (Break.TWICE, 2), (Break.STALE, 0)])
def test_never_twice_and_stale(box: Company, api: httpx.Client, kind: Break, found: int) -> None:
    box.turn_on("posthog", kind)
    assert api.post("/e/", json={**event(), "api_key": TOKEN}).status_code == 200
    assert count(api) == found


@pytest.mark.parametrize("odd", [5, "x", [], [1], {"a": 1}, None])
def test_parts_of_the_wrong_shape_count_as_missing(api: httpx.Client, odd: object) -> None:
    names = ("properties", "timestamp", "$set", "uuid", "person_properties")
    body = {"api_key": TOKEN, "event": "odd", "distinct_id": "x"} | dict.fromkeys(names, odd)
    assert api.post("/e/", json=body).status_code == 200
    assert api.post("/flags?v=2", json=body).status_code == 200
    assert api.post("/e/", json={**body, "distinct_id": odd or {}}).status_code in {200, 400}
    assert count(api, "odd") >= 1
