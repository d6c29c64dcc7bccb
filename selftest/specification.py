"""A vendor's own OpenAPI document, asked whether a stand-in's answer is one of the vendor's."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

FOLDER = Path(__file__).parents[2] / "shared" / "specs"
HOST = "http://vendor.invalid"


class Specification:
    """One document; paths are as the vendor's servers answer them."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._openapi = OpenAPI.from_dict(cast("Any", document))

    def check(self, answer: httpx.Response) -> None:
        """Do nothing when *answer* fits; raises openapi-core's error, which names what does not."""
        path = answer.request.url.raw_path.partition(b"?")[0].decode()
        request = MockRequest(HOST, answer.request.method, path)
        kind = answer.headers.get("content-type", "application/json")
        response = MockResponse(answer.content, answer.status_code, content_type=kind)
        self._openapi.validate_response(cast("Any", request), cast("Any", response))


def specification(name: str) -> Specification:
    """Return ``../shared/specs/<name>.json`` beside the project; skip the test where it is not."""
    if not FOLDER.is_dir():
        pytest.skip("no ../shared/specs beside the project: answers are not checked against them")
    return _read(FOLDER / f"{name}.json")


@cache
def _read(path: Path) -> Specification:
    text = path.read_text("utf-8")
    document = json.loads(text)
    if "swagger" in document:
        document = _as_openapi(json.loads(text.replace("#/definitions/", "#/components/schemas/")))
    elif document.get("servers"):
        document["servers"] = [{"url": HOST}]
    return Specification(document)


def _as_openapi(old: dict[str, Any]) -> dict[str, Any]:
    """Return a Swagger 2.0 document's answers as OpenAPI 3.1, which allows lists of types."""
    paths: dict[str, Any] = {}
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            paths.setdefault(path, {})[method] = {
                "responses": _answers(operation["responses"]),
                "parameters": [
                    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                    for name in re.findall(r"{(\w+)}", path)
                ],
            }
    return {
        "openapi": "3.1.0",
        "info": {"title": old["info"]["title"], "version": old["info"]["version"]},
        "servers": [{"url": HOST + old.get("basePath", "")}],
        "paths": paths,
        "components": {"schemas": old.get("definitions", {})},
    }


def _answers(old: dict[str, Any]) -> dict[str, Any]:
    """Return the answers by status; Slack calls its errors ``default`` and sends them with 200."""
    schemas = {status: answer.get("schema", {}) for status, answer in old.items()}
    if "200" in schemas and "default" in schemas:
        schemas["200"] = {"anyOf": [schemas["200"], schemas["default"]]}
    return {
        status: {
            "description": old[status].get("description", status),
            "content": {"application/json": {"schema": schema}},
        }
        for status, schema in schemas.items()
    }
