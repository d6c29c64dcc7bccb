from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.services import ServiceAccess
from gonogo.vendors.pulse import Pulse
from gonogo.vendors.transport import Transport

PATH = "/api/profiles"
DOOR = {"change_path": "/box/{id}", "change_key": "door"}


def pulse(answer: Callable[[httpx.Request], httpx.Response], names: dict[str, str]) -> Pulse:
    access = ServiceAccess(name="pulse", url="https://pulse.test", token="key", names=names)
    return Pulse(Transport(access=access, via=httpx.MockTransport(answer)), path=PATH)


class Partner:
    """Lists *total* records, *given* of them at most; keeps what it was asked."""

    def __init__(self, total: int, given: int | None = None) -> None:
        self.total, self.given = total, total if given is None else given
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.method == "PATCH":
            door = request.headers["Authorization"] == "Bearer door"
            return httpx.Response(200 if door else 404, json={})
        if request.headers.get("Authorization") != "Bearer key":
            return httpx.Response(401, json={"error": {}})
        limit, offset = (int(request.url.params.get(each, 0)) for each in ("limit", "offset"))
        data = [{"id": f"p{n}"} for n in range(offset, min(offset + limit, self.given))]
        more = offset + limit < self.given
        pagination = {"total": self.total, "limit": limit, "offset": offset, "has_more": more}
        headers = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "many"}
        return httpx.Response(200, json={"data": data, "pagination": pagination}, headers=headers)

    def client(self, **names: str) -> Pulse:
        return pulse(self, names)


def test_all_records_are_read_page_by_page() -> None:
    partner = Partner(450)
    assert [each["id"] for each in partner.client().profiles()] == [f"p{n}" for n in range(450)]
    assert len(partner.asked) == 3


@pytest.mark.parametrize("partner", [Partner(450, given=400), Partner(0)], ids=["fewer", "none"])
def test_records_that_do_not_all_come_are_not_taken_for_all(partner: Partner) -> None:
    with pytest.raises(CannotTell, match="did not give all its records"):
        partner.client().profiles()


def test_an_answer_of_another_shape_is_not_understood() -> None:
    strange = pulse(lambda _: httpx.Response(200, json={"data": []}), {})
    with pytest.raises(CannotTell, match="not understood"):
        strange.page()


def test_a_page_that_never_ends_is_left() -> None:
    def endless(_: httpx.Request) -> httpx.Response:
        pagination = {"total": 1, "has_more": True}
        return httpx.Response(200, json={"data": [{"id": "p"}], "pagination": pagination})

    with pytest.raises(CannotTell, match="did not give all"):
        pulse(endless, {}).profiles()


def test_the_headers_of_the_limit_are_numbers_or_not_there() -> None:
    headers = Partner(1).client().limit_headers()
    assert (headers.limit, headers.remaining, headers.resets_at_s) == (600, None, None)
    assert str(headers) == "limit 600, None left, reset at None"


def test_a_key_is_tried_as_it_is_and_none_sends_no_header() -> None:
    partner = Partner(1)
    client = partner.client()
    assert [client.status_for(key) for key in ("key", "other", "")] == [200, 401, 401]
    assert "Authorization" not in partner.asked[-1].headers
    assert client.answer().status == 200


def test_a_record_is_changed_by_the_door_of_a_stand_in_alone() -> None:
    partner = Partner(1)
    assert partner.client().change("p1", {"notes": "x"}) is False
    assert partner.client(**DOOR).change("p1", {"notes": "x"}) is True
    sent: Any = json.loads(partner.asked[-1].content)
    assert (partner.asked[-1].url.path, sent) == ("/box/p1", {"notes": "x"})


def test_a_door_that_does_not_open_is_said() -> None:
    with pytest.raises(CannotTell, match="could not be changed"):
        Partner(1).client(**{**DOOR, "change_key": "wrong"}).change("p1", {})
