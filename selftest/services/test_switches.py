"""Every way of breaking a service, seen from outside, and taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gonogo.clock import SystemClock
from selftest.services.conftest import Starting
from selftest.specification import specification
from staging.services.company import STOP_TIMEOUT_S, Company, Order
from staging.services.switches import STATUSES, Break

CLOCK = SystemClock()
SENTRY = "staging.services.sentry:Sentry"
KEY, TOKEN = "0123456789abcdef0123456789abcdef", "sntrys_box"
OPTIONS = {
    "org": "o",
    "project": "p",
    "project_id": 1,
    "public_key": KEY,
    "auth_token": TOKEN,
    "settle_s": 0.0,
}
PROJECT = "/api/0/projects/o/p/"
EVENTS, KEYS = f"{PROJECT}events/", f"{PROJECT}keys/"
SLOW_S = 0.4
GENERIC = {
    Break.DOWN,
    Break.SLOW,
    *STATUSES,
    Break.MALFORMED,
    Break.EMPTY,
    Break.HUGE,
    Break.ELSEWHERE,
    Break.INSTEAD,
}
VENDORS = {
    *(Break.WRONG_PROJECT, Break.STALE, Break.NEVER, Break.TWICE),
    *(Break.OPEN, Break.MISCOUNTS),
}


@pytest.fixture(scope="module")
def box(company: Starting) -> Company:
    return company(
        Order(name="sentry", service=SENTRY, options=OPTIONS),
        Order(name="slack", service="staging.services.slack:Slack", options={"token": "xoxb"}),
    )


@pytest.fixture
def api(box: Company) -> Iterator[httpx.Client]:
    box.reset("sentry")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=box.addresses["sentry"], headers=headers) as client:
        yield client


def send(api: httpx.Client) -> int:
    event = json.dumps({"timestamp": datetime.now(UTC).timestamp(), "message": "x"})
    body = f'{{}}\n{{"type":"event"}}\n{event}'
    return api.post(f"/api/1/envelope/?sentry_key={KEY}", content=body).status_code


def test_every_kind_has_a_test_here() -> None:
    assert set(Break) == GENERIC | VENDORS


def test_down_hangs_up_without_an_answer(box: Company, api: httpx.Client) -> None:
    box.turn_on("sentry", Break.DOWN)
    with pytest.raises(httpx.TransportError):
        api.get(KEYS)
    box.clear("sentry")
    assert api.get(KEYS).status_code == 200


def test_slow_answers_late_and_others_are_not_kept_waiting(box: Company, api: httpx.Client) -> None:
    box.turn_on("sentry", Break.SLOW, value=SLOW_S, path=KEYS)
    assert api.get(KEYS).elapsed.total_seconds() >= SLOW_S
    assert api.get(PROJECT).elapsed.total_seconds() < SLOW_S


def test_many_slow_answers_come_together(box: Company, api: httpx.Client) -> None:
    box.turn_on("sentry", Break.SLOW, value=SLOW_S, path=KEYS)
    with ThreadPoolExecutor(max_workers=40) as pool:
        taken_s = list(pool.map(lambda _: api.get(KEYS).elapsed.total_seconds(), range(40)))
    assert min(taken_s) >= SLOW_S
    assert max(taken_s) < 2 * SLOW_S


def test_a_slow_answer_keeps_nobody_from_closing(tmp_path: Path) -> None:
    made = Company(folder=tmp_path)
    address = made.reserve(["sentry"])["sentry"]
    made.start([Order(name="sentry", service=SENTRY, options=OPTIONS)])
    made.turn_on("sentry", Break.SLOW, value=60.0)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{address}{KEYS}", timeout=0.2)
    start_s = CLOCK.monotonic_s()
    made.stop()
    assert CLOCK.monotonic_s() - start_s < STOP_TIMEOUT_S / 2


@pytest.mark.parametrize("kind", sorted(STATUSES))
def test_a_status_comes_in_the_vendors_own_words(
    box: Company, api: httpx.Client, kind: Break
) -> None:
    box.turn_on("sentry", kind, path="/api/0/organizations/*")
    answer = api.get("/api/0/organizations/o/issues/")
    assert answer.status_code == STATUSES[kind]
    assert answer.json().keys() == {"detail"}
    assert ("retry-after" in answer.headers) == (kind is Break.LIMITED)
    if kind in {Break.UNAUTHORIZED, Break.FORBIDDEN, Break.MISSING}:
        specification("sentry").check(answer)


def test_malformed_json_ends_half_way(box: Company, api: httpx.Client) -> None:
    whole = api.get(KEYS).content
    box.turn_on("sentry", Break.MALFORMED)
    answer = api.get(KEYS)
    assert answer.status_code == 200
    assert whole.startswith(answer.content)
    with pytest.raises(ValueError, match=r"."):
        answer.json()


@pytest.mark.parametrize(("path", "shape"), [(KEYS, list), (PROJECT, dict)])
def test_empty_json_keeps_its_outer_shape(
    box: Company, api: httpx.Client, path: str, shape: type[list[str] | dict[str, str]]
) -> None:
    box.turn_on("sentry", Break.EMPTY)
    found: Any = api.get(path).json()
    assert isinstance(found, shape)
    values = found.values() if isinstance(found, dict) else [found]
    lists = [each for each in values if isinstance(each, list)]
    assert lists
    assert not any(lists)


def test_huge_is_as_long_as_was_said(box: Company, api: httpx.Client) -> None:
    box.turn_on("sentry", Break.HUGE, value=1_000_000)
    assert 900_000 <= len(api.get(KEYS).content) <= 1_000_000


def test_elsewhere_redirects(box: Company, api: httpx.Client) -> None:
    box.turn_on("sentry", Break.ELSEWHERE, value="http://elsewhere.invalid/")
    answer = api.get(KEYS)
    assert (answer.status_code, answer.headers["location"]) == (302, "http://elsewhere.invalid/")


def test_wrong_project_answers_for_another_project(box: Company, api: httpx.Client) -> None:
    box.turn_on("sentry", Break.WRONG_PROJECT)
    assert api.get(PROJECT).json()["slug"] != "p"
    box.clear("sentry")
    assert api.get(PROJECT).json()["slug"] == "p"


@pytest.mark.parametrize(
    ("kind", "during", "after"), [(Break.NEVER, 0, 0), (Break.STALE, 0, 1), (Break.TWICE, 2, 2)]
)
def test_an_event_that_never_late_or_twice_arrives(
    box: Company, api: httpx.Client, kind: Break, during: int, after: int
) -> None:
    box.turn_on("sentry", kind)
    assert send(api) == 200
    assert len(api.get(EVENTS).json()) == during
    box.clear("sentry")
    assert len(api.get(EVENTS).json()) == after


@pytest.mark.parametrize("kind", [Break.BROKEN, Break.DOWN, Break.MALFORMED, Break.NEVER])
def test_times_counts_the_broken_answers_and_mends(
    box: Company, api: httpx.Client, kind: Break
) -> None:
    path = "/api/1/envelope/" if kind is Break.NEVER else KEYS
    box.turn_on("sentry", kind, path=path, times=2)
    whole = [is_whole(api, kind) for _ in range(4)]
    assert whole == [False, False, True, True]


def is_whole(api: httpx.Client, kind: Break) -> bool:
    before = len(api.get(EVENTS).json())
    try:
        if kind is Break.NEVER:
            return send(api) == 200 and len(api.get(EVENTS).json()) == before + 1
        answer = api.get(KEYS)
        return answer.status_code == 200 and bool(answer.json())
    except (httpx.TransportError, ValueError):
        return False


def test_a_switch_is_for_its_path_its_method_and_its_service(
    box: Company, api: httpx.Client
) -> None:
    box.turn_on("sentry", Break.BROKEN, path="/api/0/*", method="PUT")
    assert api.get(KEYS).status_code == 200
    assert api.put("/api/0/organizations/o/releases/1/", json={}).status_code == 500
    box.turn_on("sentry", Break.BROKEN)
    assert httpx.get(f"{box.addresses['slack']}/api/auth.test").status_code == 200


def test_a_reset_mends_and_forgets(box: Company, api: httpx.Client) -> None:
    assert send(api) == 200
    box.turn_on("sentry", Break.BROKEN)
    assert api.get(KEYS).status_code == 500
    box.reset("sentry")
    assert api.get(EVENTS).json() == []
    assert [each["path"] for each in box.requests("sentry")] == [EVENTS]
    assert box.state("sentry")["events"] == []


def test_an_unknown_kind_or_service_is_refused(box: Company) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        box.turn_on("nobody", Break.DOWN)


def test_requests_are_told_without_headers_or_bodies(box: Company, api: httpx.Client) -> None:
    api.get(KEYS, params={"status": "active"})
    kept = box.requests("sentry")[-1]
    assert kept.keys() == {"at", "method", "path", "query", "agent", "status"}
    assert (kept["method"], kept["query"], kept["status"]) == ("GET", "status=active", 200)
    assert TOKEN not in json.dumps(box.requests("sentry"))
