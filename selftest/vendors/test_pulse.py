from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.services import ServiceAccess
from gonogo.vendors.pulse import LimitHeaders, Pulse
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


def test_where_nobody_is_listed_nothing_is_begun() -> None:
    Partner(1).client().refuse_nobody()
    with pytest.raises(CannotTell, match="gives no record"):
        Partner(3, given=0).client().refuse_nobody()


@dataclass
class Time:
    """A clock that goes on by what is slept."""

    at: datetime = datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


class Limited(Partner):
    """Lets *limit* requests through in each minute by *time*, as many as others left of it."""

    def __init__(self, total: int, *, limit: int, time: Time, used: int = 0) -> None:
        super().__init__(total)
        self.limit, self.time, self.used = limit, time, used
        self.minute = time.at.minute
        self.hidden: tuple[str, ...] = ()
        self.refused = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.time.at.minute != self.minute:
            self.minute, self.used = self.time.at.minute, 0
        self.used += 1
        if self.used > self.limit:
            self.refused += 1
            return httpx.Response(429, headers={"Retry-After": "1"})
        answer = super().__call__(request)
        began = self.time.at.replace(second=0, microsecond=0)
        answer.headers["X-RateLimit-Limit"] = str(self.limit)
        answer.headers["X-RateLimit-Remaining"] = str(self.limit - self.used)
        answer.headers["X-RateLimit-Reset"] = str(int(began.timestamp()) + 60)
        for each in self.hidden:
            del answer.headers[each]
        return answer

    def paced(self) -> Pulse:
        access = ServiceAccess(name="pulse", url="https://pulse.test", token="key")
        via = httpx.MockTransport(self)
        asked = Transport(access=access, via=via, sleep=self.time.sleep, clock=self.time)
        return Pulse(asked, path=PATH)


def test_a_list_that_the_limit_has_room_for_is_read_at_full_speed() -> None:
    partner = Limited(1200, limit=600, time=Time(), used=500)
    assert len(partner.paced().profiles()) == 1200
    assert partner.time.slept == []


@pytest.mark.parametrize("hidden", [(), ("X-RateLimit-Limit",)], ids=["told", "limit not told"])
def test_a_long_list_takes_half_of_each_window_and_is_never_refused(
    hidden: tuple[str, ...],
) -> None:
    partner = Limited(200 * 50, limit=20, time=Time())
    partner.hidden = hidden
    assert len(partner.paced().profiles()) == 10_000
    assert partner.refused == 0
    assert partner.time.slept[:2] == [40.0, 60.0]
    assert len(partner.time.slept) <= 5
    assert partner.limit - partner.used >= 8


def test_a_limit_that_is_nearly_used_up_by_others_is_waited_for_before_it_refuses() -> None:
    partner = Limited(1200, limit=600, time=Time(), used=598)
    assert len(partner.paced().profiles()) == 1200
    assert (partner.refused, partner.time.slept) == (0, [40.0])


def test_where_no_limit_is_told_none_is_waited_for() -> None:
    partner = Limited(1200, limit=600, time=Time(), used=590)
    partner.hidden = ("X-RateLimit-Remaining",)
    assert len(partner.paced().profiles()) == 1200
    assert partner.time.slept == []


def test_a_limit_that_opens_too_late_is_not_waited_for() -> None:
    time = Time()
    limit = LimitHeaders(limit=5000, remaining=3, resets_at_s=86_400)

    class Daily(Limited):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            answer = super().__call__(request)
            answer.headers["X-RateLimit-Remaining"] = "3"
            answer.headers["X-RateLimit-Reset"] = "86400"
            return answer

    with pytest.raises(CannotTell, match="leaves too little") as caught:
        Daily(1200, limit=5000, time=time).paced().profiles()
    assert caught.value.found == str(limit)
    assert time.slept == []


@pytest.mark.parametrize(
    ("resets_at_s", "wait_s"),
    [(1_772_366_460, 40.0), (7, 7.0), (None, 1.0), (1_772_366_000, 1.0)],
    ids=["a moment", "seconds", "not told", "a moment that is over"],
)
def test_a_limit_says_when_it_opens(resets_at_s: int | None, wait_s: float) -> None:
    used = LimitHeaders(limit=60, remaining=2, resets_at_s=resets_at_s)
    assert used.wait_s(needed=2, most=60, now=Time().at) == wait_s
    assert used.wait_s(needed=1, most=60, now=Time().at) == 0
    assert replace(used, remaining=31).wait_s(needed=99, most=60, now=Time().at) == 0
