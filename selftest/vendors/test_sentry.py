from __future__ import annotations

from datetime import UTC, datetime
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
    "count": "3",
    "firstSeen": "2026-03-01T10:00:00Z",
    "permalink": "https://sentry.test/issues/7/",
}
ANSWERS: dict[str, Any] = {
    "/api/0/projects/org/crm/": {"id": 4501},
    "/api/0/organizations/org/events/": {
        "data": [{"id": "e1", "title": "Error: tag", "release": "r@1", "environment": None}]
    },
    "/api/0/organizations/org/issues/": [ISSUE],
    "/api/0/organizations/org/releases/r@1/": {"dateCreated": "2026-03-01T09:00:00Z"},
}


class Asked:
    def __init__(self, **instead: Any) -> None:  # noqa: ANN401 - JSON
        self.answers = {**ANSWERS, **instead}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        found = self.answers.get(request.url.path)
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
    assert (event.id, event.release, event.environment) == ("e1", "r@1", "")
    query = asked.requests[-1].url.params
    assert query.get_list("field") == ["id", "title", "release", "environment"]
    assert (query["query"], query["project"], query["dataset"]) == ('"tag"', "4501", "errors")


def test_issues_of_a_release_are_the_unresolved_and_serious_ones() -> None:
    asked = Asked()
    (issue,) = asked.sentry.serious_issues("r@1")
    assert issue.count == 3
    assert str(issue) == (
        "error: TypeError: x (3 times since 2026-03-01 10:00:00 UTC, https://sentry.test/issues/7/)"
    )
    wanted = 'is:unresolved level:[error,fatal] release:"r@1"'
    assert asked.requests[-1].url.params["query"] == wanted


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
