"""Sentry's stand-in takes what Sentry's SDKs and the product's build send."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest
import sentry_sdk

from gonogo.waiting import wait_until
from selftest.services.sentry.envelopes import (
    KEY,
    ORG,
    PROJECT,
    RELEASE,
    TOKEN,
    envelope,
    error,
    figures,
    send,
    transaction,
)
from selftest.specification import Specification
from staging.services.company import Company
from staging.services.switches import Break


def test_an_event_is_read_back_by_its_id(api: httpx.Client, spec: Specification) -> None:
    event = error(tags={"probe": "7"}, user={"id": "u1"}, message="", dist=None)
    sent = send(api, envelope(("event", event), event_id=event["event_id"]))
    assert (sent.status_code, sent.json()) == (200, {"id": event["event_id"]})
    assert sent.headers["access-control-allow-origin"] == "*"
    found = api.get(f"{PROJECT}/events/{event['event_id']}/")
    spec.check(found)
    assert found.json()["title"] == "ValueError: no such contact"
    assert {"key": "probe", "value": "7"} in found.json()["tags"]
    listed = api.get(f"{PROJECT}/events/")
    spec.check(listed)
    assert [each["eventID"] for each in listed.json()] == [event["event_id"]]


def test_an_event_is_404_until_it_has_settled(sentry: Company) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=sentry.addresses["slow"], headers=headers) as api:
        event = error()
        send(api, envelope(("event", event)))
        path = f"{PROJECT}/events/{event['event_id']}/"
        assert api.get(path).status_code == 404
        wait_until(
            lambda: api.get(path).status_code, lambda s: s == 200, what="event", timeout_s=10
        )


def test_an_envelope_may_be_compressed_and_hold_many_items(api: httpx.Client) -> None:
    body = envelope(
        ("event", error()),
        ("client_report", {"discarded_events": []}),
        ("attachment", {"x": 1}),
        ("transaction", transaction(0.2)),
        dsn=f"http://{KEY}@127.0.0.1/4501",
    )
    packed = gzip.compress(body)
    url = f"/api/4501/envelope/?sentry_key={KEY}"
    answer = api.post(url, content=packed, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 200
    by_dsn = api.post("/api/4501/envelope/", content=body, headers={"Authorization": ""})
    assert by_dsn.status_code == 200


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [("4501", "", 401), ("4501", "f" * 32, 403), ("4501", "e" * 32, 403), ("4502", KEY, 404)],
)
def test_a_dsn_that_is_not_ours_is_refused(
    api: httpx.Client, sentry: Company, path: str, key: str, status: int
) -> None:
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={key}", "Authorization": ""}
    url = f"/api/{path}/envelope/"
    answer = api.post(url, content=envelope(("event", error())), headers=headers)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert sentry.state("sentry")["events"] == []


@pytest.mark.parametrize(
    "body",
    [b"", b"not json\n", b'{}\n{"type":"event","length":900}\n{}', b'{}\n{"type":"event"}\n[1]'],
)
def test_what_is_no_envelope_is_400(api: httpx.Client, body: bytes) -> None:
    assert send(api, body).status_code == 400
    assert send(api, b"\x00", **{"Content-Encoding": "gzip"}).status_code == 400


def test_a_browser_may_ask_first(api: httpx.Client) -> None:
    answer = api.options("/api/4501/envelope/", headers={"Origin": "http://crm.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-sentry-auth" in answer.headers["access-control-allow-headers"]


def test_a_release_is_made_by_an_event_and_has_deploys(
    api: httpx.Client, spec: Specification
) -> None:
    send(api, envelope(("event", error())))
    path = f"{ORG}/releases/{RELEASE.replace('@', '%40')}/"
    release = api.get(path)
    spec.check(release)
    assert release.json()["newGroups"] == 1
    given = {"environment": "production", "name": "blue", "url": "http://crm.example/"}
    assert api.post(f"{path}deploys/", json=given).status_code == 201
    deploys = api.get(f"{path}deploys/")
    spec.check(deploys)
    assert [each["environment"] for each in deploys.json()] == ["production"]
    again = api.get(path)
    spec.check(again)
    assert again.json()["lastDeploy"]["name"] == "blue"


def test_a_release_can_be_announced_and_given_files(api: httpx.Client, spec: Specification) -> None:
    given = {"version": RELEASE, "projects": ["logos-vision-crm"]}
    assert [api.post(f"{ORG}/releases/", json=given).status_code for _ in range(2)] == [201, 208]
    url = f"{PROJECT}/releases/{RELEASE}/files/"
    sent = [
        api.post(
            url, data={"name": "~/assets/a.js.map"}, files={"file": ("a.js.map", b"{\r\n}\x00")}
        )
        for _ in range(2)
    ]
    assert [each.status_code for each in sent] == [201, 409]
    listed = api.get(url)
    spec.check(listed)
    assert [(each["name"], each["size"]) for each in listed.json()] == [("~/assets/a.js.map", 5)]
    bad = api.post(f"{ORG}/releases/", json={"version": "a/b", "projects": ["logos-vision-crm"]})
    assert bad.status_code == 400


def test_the_python_sdk_reaches_it(sentry: Company, api: httpx.Client, spec: Specification) -> None:
    dsn = sentry.state("sentry")["dsn"]
    options: dict[str, Any] = {"release": RELEASE, "environment": "production"}
    client = sentry_sdk.Client(dsn, traces_sample_rate=1.0, default_integrations=False, **options)
    scope = sentry_sdk.Scope()
    scope.set_client(client)
    with (
        sentry_sdk.scope.use_isolation_scope(sentry_sdk.Scope()),
        sentry_sdk.scope.use_scope(scope),
    ):
        with sentry_sdk.start_transaction(name="/contacts", op="http.server") as work:
            work.set_status("ok")
        try:
            raise ValueError("from the SDK")  # noqa: TRY301 - an error to send
        except ValueError as raised:
            event_id = sentry_sdk.capture_exception(raised)
        sentry_sdk.capture_message("fatal from the SDK", level="fatal")
        scope.start_session(session_mode="application")
        scope.end_session()
        client.flush(timeout=10)
    client.close(timeout=5)
    assert sentry.state("sentry")["sessions"] == 1
    event = api.get(f"{PROJECT}/events/{event_id}/")
    spec.check(event)
    assert event.json()["title"] == "ValueError: from the SDK"
    assert event.json()["sdk"]["name"] == "sentry.python"
    issues = api.get(f"{ORG}/issues/", params={"query": "is:unresolved level:fatal"})
    spec.check(issues)
    assert [each["title"] for each in issues.json()] == ["fatal from the SDK"]
    query = f"is_transaction:true release:{RELEASE}"
    assert figures(api, spec, "spans", field="count()", query=query) == [{"count()": 1}]


@pytest.mark.parametrize(("kind", "events"), [(Break.NEVER, 0), (Break.TWICE, 2), (Break.STALE, 0)])
def test_never_twice_and_stale(
    sentry: Company, api: httpx.Client, spec: Specification, kind: Break, events: int
) -> None:
    sentry.turn_on("sentry", kind)
    assert send(api, envelope(("event", error()))).status_code == 200
    assert figures(api, spec, "errors", field="count()") == [{"count()": events}]


@pytest.mark.parametrize("kind", ["event", "transaction", "session", "sessions", "span"])
@pytest.mark.parametrize("odd", [5, "x", [], [1], [["a"]], {}, {"values": [None]}, {"trace": 1}])
def test_parts_of_the_wrong_shape_count_as_missing(
    api: httpx.Client, spec: Specification, kind: str, odd: object
) -> None:
    names = (
        "tags", "user", "exception", "message", "timestamp", "release", "fingerprint", "contexts",
        "spans", "measurements", "sdk", "request", "level", "attrs", "aggregates", "errors", "data",
        "environment", "extra", "modules",
    )  # fmt: skip
    assert send(api, envelope((kind, dict.fromkeys(names, odd)))).status_code == 200
    for path in (f"{PROJECT}/events/", f"{ORG}/issues/", f"{PROJECT}/environments/"):
        answer = api.get(path)
        spec.check(answer)
        assert answer.status_code == 200
