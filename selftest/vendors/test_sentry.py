from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.services import ServiceAccess
from gonogo.vendors.sentry import Sentry
from gonogo.vendors.transport import Transport

NAMES = {"organization": "org", "project": "crm"}
ISSUE = {
    "id": "7",
    "title": "TypeError: x",
    "level": "error",
    "status": "unresolved",
    "substatus": "regressed",
    "count": "3",
    "firstSeen": "2026-03-01T10:00:00Z",
    "permalink": "https://sentry.test/issues/7/",
}
ANSWERS: dict[str, Any] = {
    "/api/0/projects/org/crm/": {"id": 4501},
    "/api/0/organizations/org/events/": {
        "data": [
            {
                "id": "e1",
                "title": "Error: tag",
                "release": "r@1",
                "environment": None,
                "issue.id": 7,
            }
        ]
    },
    "/api/0/organizations/org/issues/": [ISSUE],
    "/api/0/organizations/org/issues/7/": {
        **ISSUE,
        "activity": [
            {"type": "set_resolved", "dateCreated": "2026-03-01T11:00:00Z", "data": {}},
            {
                "type": "set_regression",
                "dateCreated": "2026-03-01T12:00:00Z",
                "data": {"version": "r@1", "event_id": "e1"},
            },
            {"type": "first_seen", "dateCreated": "2026-03-01T10:00:00Z", "data": None},
        ],
    },
    "/api/0/organizations/org/releases/r@1/": {"dateCreated": "2026-03-01T09:00:00Z"},
}


class Asked:
    def __init__(self, **instead: Any) -> None:  # noqa: ANN401 - JSON
        self.answers = {**ANSWERS, **instead}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        found = self.answers.get(request.url.path)
        if callable(found):
            answer: httpx.Response = found(request)
            return answer
        if isinstance(found, int):
            return httpx.Response(found, json={"detail": "no"})
        return httpx.Response(404 if found is None else 200, json=found)

    @property
    def sentry(self) -> Sentry:
        access = ServiceAccess(name="sentry", url="https://sentry.test", token="t", names=NAMES)
        return Sentry(Transport(access=access, via=httpx.MockTransport(self)))


def test_events_are_found_by_what_their_title_has() -> None:
    asked = Asked()
    (event,) = asked.sentry.events_titled("tag")
    assert (event.id, event.release, event.environment, event.issue) == ("e1", "r@1", "", "7")
    query = asked.requests[-1].url.params
    assert query.get_list("field") == ["id", "title", "release", "environment", "issue.id"]
    assert (query["query"], query["project"], query["dataset"]) == ('"tag"', "4501", "errors")


def test_the_project_is_looked_up_once_however_often_events_are_asked_for() -> None:
    asked = Asked()
    sentry = asked.sentry
    for _ in range(3):
        sentry.events_titled("tag")
    paths = [each.url.path for each in asked.requests]
    assert paths.count("/api/0/projects/org/crm/") == 1
    assert len(paths) == 4


def test_issues_of_a_release_are_the_serious_ones_whatever_their_status() -> None:
    asked = Asked()
    (issue,) = asked.sentry.serious_issues("r@1")
    assert (issue.count, issue.is_open, issue.substatus) == (3, True, "regressed")
    assert str(issue) == (
        "error: TypeError: x (3 times since 2026-03-01 10:00:00 UTC, https://sentry.test/issues/7/)"
    )
    wanted = 'level:[error,fatal] release:"r@1"'
    assert asked.requests[-1].url.params["query"] == wanted


def test_what_became_of_an_issue_is_told_newest_first() -> None:
    found = Asked().sentry.changes("7")
    assert [(each.kind, each.release) for each in found] == [
        ("set_regression", "r@1"), ("set_resolved", ""), ("first_seen", ""),
    ]  # fmt: skip
    assert [str(each) for each in found[:2]] == [
        "2026-03-01 12:00:00 UTC by release r@1", "2026-03-01 11:00:00 UTC",
    ]  # fmt: skip


def test_an_issue_without_its_history_is_not_taken_for_one_that_nothing_became_of() -> None:
    path = "/api/0/organizations/org/issues/7/"
    with pytest.raises(CannotTell, match="not understood"):
        Asked(**{path: ISSUE}).sentry.changes("7")
    with pytest.raises(CannotTell, match="HTTP 403"):
        Asked(**{path: 403}).sentry.changes("7")


class TestEnvironment:
    EVENTS = "/api/0/organizations/org/events/"

    def asked(self, environment: str) -> list[httpx.QueryParams]:
        data = {"data": [{"timestamp": "2026-03-01T10:00:00+00:00", "issue.id": 7, "count()": 1}]}
        asked = Asked(**{self.EVENTS: data})
        sentry = asked.sentry
        sentry.serious_issues("r@1", environment=environment)
        assert sentry.occurrences(["7"], environment=environment) == {"7": 1}
        heard = sentry.first_heard("r@1", environment=environment)
        assert heard == datetime(2026, 3, 1, 10, tzinfo=UTC)
        return [each.url.params for each in asked.requests if "/projects/" not in each.url.path]

    def test_what_is_told_is_limited_to_the_environment_that_is_named(self) -> None:
        assert [each["environment"] for each in self.asked("production")] == ["production"] * 3

    def test_nothing_is_limited_where_none_is_named(self) -> None:
        assert not any("environment" in each for each in self.asked(""))

    def test_the_first_error_is_that_of_the_release_alone(self) -> None:
        *_, first = self.asked("")
        assert first["query"] == 'release:"r@1"'
        assert (first["field"], first["sort"], first["per_page"]) == ("timestamp", "timestamp", "1")

    def test_a_release_without_errors_was_not_heard(self) -> None:
        assert Asked(**{self.EVENTS: {"data": []}}).sentry.first_heard("r@1") is None


class TestPages:
    ISSUES = "/api/0/organizations/org/issues/"

    def pages(self, number: int) -> Asked:
        def answer(request: httpx.Request) -> httpx.Response:
            at = int(request.url.params.get("cursor", "0:0:0").split(":")[1])
            some = str(at + 1 < number).lower()
            before = '<https://x>; rel="previous"; results="true"; cursor="0:9:1"'
            link = f'{before}, <https://x>; rel="next"; results="{some}"; cursor="0:{at + 1}:0"'
            found = [{**ISSUE, "id": str(at), "status": "resolved", "substatus": None}]
            return httpx.Response(200, json=found, headers={"Link": link})

        return Asked(**{self.ISSUES: answer})

    def test_every_page_of_issues_is_read(self) -> None:
        found = self.pages(3).sentry.serious_issues("r@1")
        assert [each.id for each in found] == ["0", "1", "2"]
        assert not found[0].is_open
        assert found[0].substatus == ""

    def test_more_than_can_be_read_are_not_taken_for_all(self) -> None:
        asked = self.pages(11)
        with pytest.raises(CannotTell, match="more issues than can be looked at"):
            asked.sentry.serious_issues("r@1")
        assert len(self.pages(10).sentry.serious_issues("r@1")) == 10


class TestOccurrences:
    EVENTS = "/api/0/organizations/org/events/"

    def counting(self) -> Asked:
        def answer(request: httpx.Request) -> httpx.Response:
            ids = request.url.params["query"].partition("[")[2].partition("]")[0].split(",")
            found = [{"issue.id": int(each), "count()": 2} for each in ids if each != "5"]
            return httpx.Response(200, json={"data": found})

        return Asked(**{self.EVENTS: answer})

    def test_errors_are_counted_by_issue(self) -> None:
        asked = self.counting()
        assert asked.sentry.occurrences(["4", "5"], "!x:y") == {"4": 2}
        query = asked.requests[-1].url.params
        assert query.get_list("field") == ["issue.id", "count()"]
        assert query["query"] == "issue.id:[4,5] level:[error,fatal] !x:y"
        assert "start" not in query

    def test_a_period_is_told_in_utc(self) -> None:
        asked = self.counting()
        zone = timezone(timedelta(hours=1))
        period = (datetime(2026, 3, 1, tzinfo=zone), datetime(2026, 3, 2, tzinfo=UTC))
        asked.sentry.occurrences(["4"], period=period)
        query = asked.requests[-1].url.params
        assert query["start"] == "2026-02-28T23:00:00.000000"
        assert query["end"] == "2026-03-02T00:00:00.000000"

    def test_many_issues_are_counted_hundred_by_hundred_and_none_not_at_all(self) -> None:
        asked = self.counting()
        ids = [str(number) for number in range(1000, 1250)]
        assert asked.sentry.occurrences(ids) == dict.fromkeys(ids, 2)
        assert len([each for each in asked.requests if each.url.path == self.EVENTS]) == 3
        empty = self.counting()
        assert empty.sentry.occurrences([]) == {}
        assert empty.requests == []


def test_a_release_is_known_since_it_was_made() -> None:
    assert Asked().sentry.release_began("r@1") == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert Asked().sentry.release_began("r@2") is None


def test_a_release_that_cannot_be_asked_for_is_not_taken_for_unknown() -> None:
    path = "/api/0/organizations/org/releases/r@1/"
    with pytest.raises(CannotTell, match="HTTP 500"):
        Asked(**{path: 500}).sentry.release_began("r@1")


def test_answers_of_another_shape_are_not_understood() -> None:
    issues = "/api/0/organizations/org/issues/"
    with pytest.raises(CannotTell, match="not understood"):
        Asked(**{issues: [{}]}).sentry.serious_issues("r@1")


def test_without_organization_or_project_nothing_can_be_asked() -> None:
    access = ServiceAccess(name="sentry", url="https://sentry.test", names={})
    with pytest.raises(CannotTell, match="organization is not set"):
        Sentry(Transport(access=access))
