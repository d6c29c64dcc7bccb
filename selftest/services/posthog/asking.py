"""What the tests of this folder send, and what they ask."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

TOKEN = "phc_box"

KEY = "phx_box"

FLAG = "contacts-redesign"

OPTIONS = {"project_id": 42, "api_token": TOKEN, "personal_key": KEY, "settle_s": 0.0}

FLAGS = [
    {"key": FLAG, "rollout_percentage": 30},
    {"key": "off", "active": False},
    {
        "key": "staff",
        "filters": {
            "groups": [
                {
                    "properties": [
                        {"key": "email", "operator": "icontains", "value": "@logos.example"}
                    ],
                    "rollout_percentage": 100,
                }
            ],
            "payloads": {"true": '{"colour": "blue"}'},
        },
    },
]

COHORT = {"properties": [{"type": "cohort", "key": "id", "value": 3}], "rollout_percentage": 100}


def event(name: str = "probe", **properties: object) -> dict[str, Any]:
    return {"event": name, "distinct_id": "ann", "uuid": str(uuid4()), "properties": properties}


def ask(api: httpx.Client, query: str, **values: object) -> list[list[Any]]:
    asked = {"kind": "HogQLQuery", "query": query, "values": values}
    body = {"query": asked, "refresh": "force_blocking"}
    answer = api.post("/api/projects/42/query/", json=body)
    assert answer.status_code == 200, answer.text
    found: list[list[Any]] = answer.json()["results"]
    return found


def count(api: httpx.Client, name: str = "probe") -> int:
    return int(ask(api, "select count() from events where event = {name}", name=name)[0][0])


def flags(api: httpx.Client, distinct_id: str, **more: object) -> dict[str, Any]:
    asked = {"api_key": TOKEN, "distinct_id": distinct_id, **more}
    answer = api.post("/flags?v=2", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def packed(given: Any) -> list[tuple[Mapping[str, str], bytes, str]]:  # noqa: ANN401 - JSON
    """Return *given* in all the ways that SDKs send it: query, body, content type."""
    text = json.dumps(given).encode()
    form = b"data=" + base64.b64encode(text).replace(b"+", b"%2B").replace(b"=", b"%3D")
    return [
        ({}, text, "application/json"),
        ({"compression": "gzip-js"}, gzip.compress(text), "text/plain"),
        ({"compression": "gzip"}, gzip.compress(text), "application/json"),
        ({"compression": "base64"}, form, "application/x-www-form-urlencoded"),
        ({}, base64.b64encode(text), "text/plain"),
    ]
