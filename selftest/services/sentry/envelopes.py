"""What the tests of this folder send, and what they ask."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from selftest.specification import Specification

TOKEN = "sntrys_box"

KEY = "0123456789abcdef0123456789abcdef"

OPTIONS = {
    "org": "logos-vision",
    "project": "logos-vision-crm",
    "project_id": 4501,
    "auth_token": TOKEN,
    "settle_s": 0.0,
    "keys": [{"public": KEY}, {"public": "e" * 32, "active": False, "name": "Old"}],
}

ORG = "/api/0/organizations/logos-vision"

PROJECT = "/api/0/projects/logos-vision/logos-vision-crm"

RELEASE = "logos-vision-crm@2.0.0"


def envelope(*items: tuple[str, dict[str, Any]], **header: str) -> bytes:
    lines = [json.dumps(header).encode()]
    for kind, payload in items:
        body = json.dumps(payload).encode()
        lines += [json.dumps({"type": kind, "length": len(body)}).encode(), body]
    return b"\n".join(lines)


def send(api: httpx.Client, body: bytes, *, key: str = KEY, **headers: str) -> httpx.Response:
    auth = f"Sentry sentry_version=7, sentry_client=selftest/1, sentry_key={key}"
    url = f"/api/{OPTIONS['project_id']}/envelope/"
    return api.post(url, content=body, headers={"X-Sentry-Auth": auth, **headers})


def error(**more: object) -> dict[str, Any]:
    raised = {"type": "ValueError", "value": "no such contact", "mechanism": {"handled": False}}
    return {
        "event_id": uuid4().hex,
        "timestamp": datetime.now(UTC).timestamp(),
        "level": "error",
        "platform": "python",
        "release": RELEASE,
        "environment": "production",
        "exception": {"values": [raised]},
        **more,
    }


def transaction(duration_s: float, **more: object) -> dict[str, Any]:
    end = datetime.now(UTC).timestamp()
    trace = {"op": "pageload", "status": more.pop("status", "ok"), "trace_id": uuid4().hex}
    return {
        "event_id": uuid4().hex,
        "transaction": "/contacts",
        "start_timestamp": end - duration_s,
        "timestamp": end,
        "release": RELEASE,
        "environment": "production",
        "contexts": {"trace": trace},
        "spans": [{"op": "db", "start_timestamp": end - 0.1, "timestamp": end}],
        **more,
    }


def figures(
    api: httpx.Client, spec: Specification, dataset: str, **query: str | list[str]
) -> list[dict[str, Any]]:
    answer = api.get(f"{ORG}/events/", params={"dataset": dataset, "statsPeriod": "1h", **query})
    spec.check(answer)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows
