"""Sentry's stand-in keeps environments apart, and tells what became of an issue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from selftest.services.sentry.envelopes import ORG, RELEASE, envelope, error, figures, send
from selftest.services.sentry.one_issue import one_issue
from selftest.specification import Specification

OLDER = "logos-vision-crm@1.0.0"


def listed(api: httpx.Client, spec: Specification, **query: str | list[str]) -> list[Any]:
    answer = api.get(f"{ORG}/issues/", params=query)
    spec.check(answer)
    found: list[Any] = answer.json()
    return found


def change(api: httpx.Client, status: str) -> str:
    (issue,) = api.get(f"{ORG}/issues/", params={"query": ""}).json()
    api.put(f"{ORG}/issues/{issue['id']}/", json={"status": status}).raise_for_status()
    return str(issue["id"])


class TestEnvironments:
    @pytest.fixture(autouse=True)
    def _heard(self, api: httpx.Client) -> None:
        long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
        for number, (environment, release) in enumerate(
            [("staging", OLDER), ("staging", RELEASE), ("production", OLDER)]
        ):
            more: dict[str, Any] = {"timestamp": long_ago} if number == 0 else {}
            body = envelope(("event", error(environment=environment, release=release, **more)))
            send(api, body)

    @pytest.mark.parametrize(
        ("environments", "count"),
        [(["staging"], "2"), (["production"], "1"), (["staging", "production"], "3"), ([], "3")],
    )
    def test_an_issue_is_counted_in_the_environments_that_are_named(
        self, api: httpx.Client, spec: Specification, environments: list[str], count: str
    ) -> None:
        (issue,) = listed(api, spec, environment=environments)
        assert issue["count"] == count

    def test_an_issue_was_first_seen_in_the_environment_that_is_named(
        self, api: httpx.Client, spec: Specification
    ) -> None:
        (here,) = listed(api, spec, environment="production")
        (there,) = listed(api, spec, environment="staging")
        ages = [
            datetime.now(UTC) - datetime.fromisoformat(each["firstSeen"]) for each in (here, there)
        ]
        assert ages[0] < timedelta(hours=1) < ages[1]
        assert here["title"] == there["title"]

    def test_one_event_must_fit_both_the_environment_and_the_query(
        self, api: httpx.Client, spec: Specification
    ) -> None:
        query = f'level:[error,fatal] release:"{RELEASE}"'
        assert listed(api, spec, environment="production", query=query) == []
        (issue,) = listed(api, spec, environment="staging", query=query)
        assert issue["count"] == "2"

    def test_an_issue_is_found_by_any_event_of_it_not_by_its_last_one_alone(
        self, api: httpx.Client, spec: Specification
    ) -> None:
        assert len(listed(api, spec, query=f'release:"{RELEASE}"')) == 1

    def test_figures_are_of_the_environments_that_are_named(
        self, api: httpx.Client, spec: Specification
    ) -> None:
        query = f'release:"{OLDER}"'
        for environments, count in ((["staging"], 1), (["staging", "production"], 2)):
            found = figures(
                api, spec, "errors", field="count()", query=query, environment=environments,
                statsPeriod="7d",
            )  # fmt: skip
            assert found == [{"count()": count}]

    def test_the_first_event_of_a_release_is_told_to_the_second(
        self, api: httpx.Client, spec: Specification
    ) -> None:
        (row,) = figures(
            api, spec, "errors", field="timestamp", sort="timestamp", per_page="1",
            environment="staging", statsPeriod="7d",
        )  # fmt: skip
        told = datetime.fromisoformat(row["timestamp"])
        assert told.microsecond == 0
        assert datetime.now(UTC) - told > timedelta(days=1)


class TestWhatBecameOfAnIssue:
    def test_an_issue_tells_its_resolution_and_its_return_newest_first(
        self, api: httpx.Client
    ) -> None:
        send(api, envelope(("event", error(release=OLDER))))
        number = change(api, "resolved")
        long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
        send(api, envelope(("event", error(release=RELEASE, timestamp=long_ago))))
        answer = api.get(f"{ORG}/issues/{number}/")
        one_issue().check(answer)
        shown = answer.json()
        kinds = [each["type"] for each in shown["activity"]]
        assert kinds == ["set_regression", "set_resolved", "first_seen"]
        back, resolved, _ = shown["activity"]
        assert back["data"]["version"] == RELEASE
        assert back["dateCreated"] > resolved["dateCreated"]
        assert shown["substatus"] == "regressed"
        assert (shown["firstRelease"], shown["lastRelease"]) == (
            {"version": RELEASE}, {"version": OLDER},
        )  # fmt: skip
        assert sum(count for _, count in shown["stats"]["30d"]) == 2

    def test_what_came_back_without_a_release_names_none(self, api: httpx.Client) -> None:
        send(api, envelope(("event", error(release=None))))
        number = change(api, "resolved")
        send(api, envelope(("event", error(release=None))))
        answer = api.get(f"{ORG}/issues/{number}/")
        one_issue().check(answer)
        assert answer.json()["activity"][0]["data"]["version"] == ""
        assert answer.json()["firstRelease"] is None

    @pytest.mark.parametrize("status", ["ignored", "unresolved"])
    def test_an_issue_tells_that_somebody_put_it_aside_or_opened_it(
        self, api: httpx.Client, status: str
    ) -> None:
        send(api, envelope(("event", error())))
        answer = api.get(f"{ORG}/issues/{change(api, status)}/")
        one_issue().check(answer)
        assert answer.json()["activity"][0]["type"] == f"set_{status}"

    def test_an_issue_that_is_not_there_is_404(self, api: httpx.Client) -> None:
        answer = api.get(f"{ORG}/issues/7/")
        one_issue().check(answer)
        assert answer.status_code == 404
        changed = api.put(f"{ORG}/issues/7/", json={"status": "resolved"})
        assert changed.status_code == 404
