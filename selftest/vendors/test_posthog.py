from __future__ import annotations

import json

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.services import ServiceAccess
from gonogo.vendors.posthog import PostHog
from gonogo.vendors.transport import Transport


def posthog(response: httpx.Response, asked: list[httpx.Request] | None = None) -> PostHog:
    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return response

    names = {"project": "7301"}
    access = ServiceAccess(name="posthog", url="https://posthog.test", token="phx", names=names)
    return PostHog(Transport(access=access, via=httpx.MockTransport(answer)))


def test_page_views_are_counted_by_path_and_never_from_the_cache() -> None:
    asked: list[httpx.Request] = []
    found = posthog(httpx.Response(200, json={"results": [["/terms", 2]]}), asked)
    assert found.tagged_page_views("tag") == {"/terms": 2}
    body = json.loads(asked[0].content)
    assert asked[0].url.path == "/api/projects/7301/query/"
    assert body["refresh"] == "force_blocking"
    assert body["query"]["values"] == {"tag": "tag"}


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (httpx.Response(403, json={"detail": "no"}), "HTTP 403"),
        (httpx.Response(200, json={}), "not understood"),
        (httpx.Response(200, json={"results": [["/terms"]]}), "not understood"),
    ],
)
def test_what_is_no_answer_is_no_count(response: httpx.Response, message: str) -> None:
    with pytest.raises(CannotTell, match=message):
        posthog(response).tagged_page_views("tag")
