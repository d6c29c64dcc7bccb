"""Sentry's stand-in answers as Sentry's own description says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from selftest.services.sentry.envelopes import (
    KEY,
    ORG,
    PROJECT,
    RELEASE,
    envelope,
    error,
    figures,
    send,
    transaction,
)
from selftest.specification import Specification
from staging.services.company import Company
from staging.services.switches import Break


def test_the_project_its_keys_and_its_rules_are_as_described(
    api: httpx.Client, spec: Specification
) -> None:
    of_org = ("projects", "project-keys", "workflows", "detectors", "issues", "releases")
    of_project = ("", "keys/", "environments/", "events/")
    for path in [f"{ORG}/{name}/" for name in of_org] + [f"{PROJECT}/{n}" for n in of_project]:
        answer = api.get(path)
        spec.check(answer)
        assert answer.status_code == 200
    project = api.get(f"{PROJECT}/").json()
    assert (project["name"], project["status"]) == ("Logos Vision CRM", "active")


def test_keys_are_told_apart_by_status(sentry: Company, api: httpx.Client) -> None:
    active = api.get(f"{PROJECT}/keys/", params={"status": "active"}).json()
    assert [each["dsn"]["public"] for each in active] == [sentry.state("sentry")["dsn"]]
    old = api.get(f"{PROJECT}/keys/", params={"status": "inactive"}).json()
    assert [each["name"] for each in old] == ["Old"]


def test_metric_monitors_are_found_by_type(api: httpx.Client) -> None:
    found = api.get(f"{ORG}/detectors/", params={"query": "type:metric_issue"}).json()
    assert {each["type"] for each in found} == {"metric_issue"}


@pytest.mark.parametrize("header", ["", "Bearer sntrys_wrong"])
@pytest.mark.parametrize(
    "path", [f"{ORG}/projects/", f"{ORG}/issues/", f"{PROJECT}/events/{'a' * 32}/"]
)
def test_without_the_token_nothing_is_told(
    api: httpx.Client, spec: Specification, path: str, header: str
) -> None:
    answer = api.get(path, headers={"Authorization": header})
    spec.check(answer)
    assert answer.status_code == 401


def test_what_is_not_there_is_404_and_what_is_not_ours_403(
    api: httpx.Client, spec: Specification
) -> None:
    for path in (
        "/api/0/organizations/other/projects/", "/api/0/projects/logos-vision/other/",
        f"{PROJECT}/events/{'0' * 32}/", f"{ORG}/releases/never%401.0.0/",
    ):  # fmt: skip
        answer = api.get(path)
        spec.check(answer)
        assert answer.status_code == 404
    other = api.get(f"{ORG}/issues/", params={"project": "77"})
    spec.check(other)
    assert other.status_code == 403


def test_fatal_issues_are_found_until_they_are_resolved(
    api: httpx.Client, spec: Specification
) -> None:
    for level in ("error", "fatal", "fatal"):
        send(api, envelope(("event", error(level=level, fingerprint=[level]))))
    query = {"query": "is:unresolved level:fatal", "statsPeriod": "24h", "project": "4501"}
    found = api.get(f"{ORG}/issues/", params=query)
    spec.check(found)
    assert [(each["level"], each["count"]) for each in found.json()] == [("fatal", "2")]
    number = found.json()[0]["id"]
    assert api.put(f"{ORG}/issues/{number}/", json={"status": "resolved"}).status_code == 200
    assert api.get(f"{ORG}/issues/", params=query).json() == []
    assert len(api.get(f"{ORG}/issues/").json()) == 1
    assert len(api.get(f"{ORG}/issues/", params={"query": ""}).json()) == 2


def test_an_issue_keeps_its_first_title_and_its_events_have_their_own(
    api: httpx.Client, spec: Specification
) -> None:
    frames = {"frames": [{"function": "thrown", "filename": "app.js"}]}
    for number in (1, 2):
        raised = {"type": "TypeError", "value": f"number {number}", "stacktrace": frames}
        send(api, envelope(("event", error(exception={"values": [raised]}))))
    (issue,) = api.get(f"{ORG}/issues/").json()
    assert (issue["title"], issue["count"]) == ("TypeError: number 1", "2")
    found = figures(api, spec, "errors", field=["title", "issue.id"], query='"number 2"')
    assert found == [{"title": "TypeError: number 2", "issue.id": int(issue["id"])}]
    query = f'issue.id:[{issue["id"]}] !title:"*number 2*"'
    rows = figures(api, spec, "errors", field=["issue.id", "count()"], query=query)
    assert rows == [{"issue.id": int(issue["id"]), "count()": 1}]


def test_errors_of_another_kind_or_place_are_another_issue(api: httpx.Client) -> None:
    for kind, function in (("TypeError", "a"), ("TypeError", "b"), ("RangeError", "a")):
        frames = {"frames": [{"function": function, "filename": "app.js"}]}
        raised = {"type": kind, "value": "x", "stacktrace": frames}
        send(api, envelope(("event", error(exception={"values": [raised]}))))
    assert len(api.get(f"{ORG}/issues/").json()) == 3


def test_an_issue_that_comes_back_after_it_was_resolved_regressed(
    api: httpx.Client, spec: Specification
) -> None:
    send(api, envelope(("event", error())))
    (issue,) = api.get(f"{ORG}/issues/").json()
    assert issue["substatus"] == "ongoing"
    resolved = api.put(f"{ORG}/issues/{issue['id']}/", json={"status": "resolved"}).json()
    assert resolved["substatus"] is None
    send(api, envelope(("event", error())))
    found = api.get(f"{ORG}/issues/")
    spec.check(found)
    assert [(each["status"], each["substatus"]) for each in found.json()] == [
        ("unresolved", "regressed")
    ]


def test_an_old_issue_is_outside_the_period(api: httpx.Client) -> None:
    when = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    send(api, envelope(("event", error(timestamp=when))))
    assert api.get(f"{ORG}/issues/", params={"statsPeriod": "24h"}).json() == []
    assert len(api.get(f"{ORG}/issues/", params={"statsPeriod": "7d"}).json()) == 1


def test_errors_are_counted_by_release_and_environment(
    api: httpx.Client, spec: Specification
) -> None:
    for environment in ("production", "production", "staging"):
        send(api, envelope(("event", error(environment=environment))))
    assert figures(api, spec, "errors", field="count()") == [{"count()": 3}]
    query = f'release:"{RELEASE}" !environment:staging'
    assert figures(api, spec, "errors", field="count()", query=query) == [{"count()": 2}]
    rows = figures(api, spec, "errors", field=["environment", "count()"], sort="-count()")
    assert rows == [
        {"environment": "production", "count()": 2}, {"environment": "staging", "count()": 1},
    ]  # fmt: skip
    assert figures(api, spec, "errors", field="count()", environment="nowhere") == [{"count()": 0}]


def test_transactions_have_a_failure_rate_and_percentiles(
    api: httpx.Client, spec: Specification
) -> None:
    for number in range(20):
        status = "internal_error" if number == 0 else "ok"
        send(api, envelope(("transaction", transaction((number + 1) / 10, status=status))))
    fields = ["count()", "failure_rate()", "p95(span.duration)"]
    row = figures(api, spec, "spans", field=fields, query="is_transaction:true")[0]
    assert (row["count()"], row["failure_rate()"]) == (20, 0.05)
    assert row["p95(span.duration)"] == pytest.approx(1905, abs=1)
    slow = figures(api, spec, "spans", field="count()", query="span.duration:>1s span.op:pageload")
    assert slow == [{"count()": 10}]
    every = figures(api, spec, "spans", field="count()")
    assert every == [{"count()": 40}]


def test_no_transactions_have_no_percentile(api: httpx.Client, spec: Specification) -> None:
    row = figures(api, spec, "spans", field=["count()", "p95(span.duration)"])[0]
    assert row == {"count()": 0, "p95(span.duration)": None}


@pytest.mark.parametrize(
    "query",
    [
        {"dataset": "errors"},
        {"dataset": "metrics", "field": "count()"},
        {"dataset": "errors", "field": "guess()"},
        {"dataset": "errors", "field": "count()", "query": "a OR b"},
        {"dataset": "errors", "field": "count()", "query": "span.duration:>soon"},
        {"dataset": "errors", "field": "count()", "statsPeriod": "soon"},
        {"dataset": "errors", "field": "count()", "per_page": "1000"},
        {"dataset": "errors", "field": "count()", "start": "2026-01-01T00:00:00"},
    ],
)
def test_a_question_it_does_not_understand_is_400(
    api: httpx.Client, spec: Specification, query: dict[str, str]
) -> None:
    answer = api.get(f"{ORG}/events/", params=query)
    spec.check(answer)
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_sessions_have_a_crash_free_rate(api: httpx.Client, spec: Specification) -> None:
    attributes = {"release": RELEASE, "environment": "production"}
    started = datetime.now(UTC).isoformat()
    for number in range(4):
        first = {"sid": str(number), "init": True, "started": started, "status": "ok"}
        send(api, envelope(("session", {**first, "attrs": attributes})))
    ended = {"sid": "3", "started": started, "status": "crashed", "attrs": attributes}
    send(api, envelope(("session", ended)))
    tally = {"aggregates": [{"started": started, "exited": 5, "crashed": 1}], "attrs": attributes}
    send(api, envelope(("sessions", tally)))
    fields = ["crash_free_rate(session)", "sum(session)"]
    query = {"field": fields, "statsPeriod": "24h", "interval": "1h", "groupBy": "release"}
    answer = api.get(f"{ORG}/sessions/", params=query)
    spec.check(answer)
    group = answer.json()["groups"][0]
    assert group["by"] == {"release": RELEASE}
    assert group["totals"] == {"crash_free_rate(session)": 0.8, "sum(session)": 10}
    assert sum(group["series"]["sum(session)"]) == 10


def test_no_sessions_have_no_rate_and_a_short_interval_is_400(
    api: httpx.Client, spec: Specification
) -> None:
    query = {"field": "crash_free_rate(session)", "statsPeriod": "24h"}
    answer = api.get(f"{ORG}/sessions/", params=query)
    spec.check(answer)
    assert answer.json()["groups"][0]["totals"] == {"crash_free_rate(session)": None}
    short = api.get(f"{ORG}/sessions/", params={**query, "interval": "5m"})
    spec.check(short)
    assert short.status_code == 400


def test_pages_are_linked(api: httpx.Client, spec: Specification) -> None:
    for number in range(5):
        send(api, envelope(("event", error(fingerprint=[str(number)]))))
    found, url = [], f"{ORG}/issues/?limit=2"
    while url:
        answer = api.get(url)
        spec.check(answer)
        found += [each["id"] for each in answer.json()]
        following = answer.links["next"]
        url = following["url"] if following["results"] == "true" else ""
    assert sorted(found) == ["1", "2", "3", "4", "5"]


def test_another_projects_answers(sentry: Company, api: httpx.Client, spec: Specification) -> None:
    sentry.turn_on("sentry", Break.WRONG_PROJECT)
    project, keys = api.get(f"{PROJECT}/"), api.get(f"{PROJECT}/keys/")
    spec.check(project)
    spec.check(keys)
    assert project.json()["slug"] == "somebody-else"
    assert KEY not in keys.text
