from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from gonogo.errors import CannotTell, ServiceRefused
from gonogo.services import ServiceAccess
from gonogo.vendors.transport import Transport

ACCESS = ServiceAccess(name="pulse", url="https://pulse.example.test", token="hunter22")
Handler = Callable[[httpx.Request], httpx.Response]


def transport(handler: Handler, waited: list[float] | None = None) -> Transport:
    sleep = (waited if waited is not None else []).append
    return Transport(access=ACCESS, via=httpx.MockTransport(handler), sleep=sleep)


def test_a_question_carries_the_key_and_the_query() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer hunter22"
        assert request.headers["User-Agent"].startswith("gonogo/")
        return httpx.Response(200, json={"asked": str(request.url)})

    said = transport(handler).get("/api/x", limit=1)
    assert said == {"asked": "https://pulse.example.test/api/x?limit=1"}


def test_other_headers_take_the_place_of_the_key() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert "Authorization" not in request.headers
        return httpx.Response(401, json={"error": "no key"}, headers={"X-Limit": "7"})

    answer = transport(handler).ask("GET", "/api/x", headers={})
    assert (answer.status, answer.body["error"], answer.headers["x-limit"]) == (401, "no key", "7")
    assert answer.duration_s >= 0


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (httpx.Response(403, json={"error": "forbidden"}), "HTTP 403: {'error': 'forbidden'}"),
        (httpx.Response(502, text="<html>bad gateway</html>"), "HTTP 502: <html>"),
        (httpx.Response(200, text="<!doctype html>" + "x" * 500), "text/plain; charset=utf-8: <!"),
    ],
)
def test_what_is_no_answer_cannot_be_told(response: httpx.Response, found: str) -> None:
    with pytest.raises(CannotTell, match="pulse could not be asked") as caught:
        transport(lambda _request: response).get("/api/x")
    assert caught.value.where == "https://pulse.example.test/api/x"
    assert caught.value.found.startswith(found)
    assert len(caught.value.found) < 400


def test_an_answer_without_a_body_is_nothing() -> None:
    assert transport(lambda _request: httpx.Response(204)).get("/api/x") is None


def test_a_refused_connection_cannot_be_told() -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    with pytest.raises(CannotTell) as caught:
        transport(refused).get("/api/x")
    assert caught.value.found == "ConnectError: Connection refused"


def test_a_limit_is_waited_for_and_asked_three_times_at_most() -> None:
    waited: list[float] = []
    answers = iter(
        [httpx.Response(429, headers={"Retry-After": "2"}), httpx.Response(200, json={"ok": True})]
    )
    assert transport(lambda _request: next(answers), waited).get("/api/x") == {"ok": True}
    assert waited == [2.0]
    waited.clear()
    with pytest.raises(CannotTell, match="could not be asked") as caught:
        transport(lambda _request: httpx.Response(429, json={}), waited).get("/api/x")
    assert caught.value.found.startswith("HTTP 429")
    assert waited == [1.0, 1.0]


@pytest.mark.parametrize("named", ["3600", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_wait_that_is_too_long_ends_the_question(named: str) -> None:
    waited: list[float] = []
    with pytest.raises(CannotTell) as caught:
        transport(lambda _request: httpx.Response(429, headers={"Retry-After": named}), waited).get(
            "/api/x"
        )
    assert caught.value.found == f"HTTP 429: asks to wait {named} s"
    assert "ask again later" in caught.value.do
    assert waited == []


def test_who_is_in_a_hurry_waits_for_no_limit_that_is_longer() -> None:
    waited: list[float] = []

    def limited(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, json={}, headers={"Retry-After": "20"})

    hurried = replace(transport(limited, waited), longest_wait_s=2.0)
    with pytest.raises(CannotTell) as caught:
        hurried.get("/api/x")
    assert caught.value.found == "HTTP 429: asks to wait 20 s"
    assert waited == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "Invalid token"}, "Invalid token"),
        ({"error": {"code": "forbidden", "message": "Not\nauthorized"}}, "Not authorized"),
        ({"error": "no", "message": ""}, "no"),
        ({"error": {"code": 7}}, ""),
        (["no"], ""),
    ],
)
def test_a_refusal_has_its_status_and_the_services_own_word(body: object, said: str) -> None:
    with pytest.raises(ServiceRefused) as caught:
        transport(lambda _request: httpx.Response(403, json=body)).get("/api/x")
    assert (caught.value.status, caught.value.said) == (403, said)


@pytest.mark.parametrize(
    ("url", "token"), [("https://[::1", "k"), ("https://host:port", "k"), ("https://h", "ö")]
)
def test_an_address_or_a_key_that_none_can_have_cannot_be_told(url: str, token: str) -> None:
    access = ServiceAccess(name="pulse", url=url, token=token)
    with pytest.raises(CannotTell, match="could not be asked") as caught:
        Transport(access=access).get("/api/x")
    assert "the address is right" in caught.value.do
