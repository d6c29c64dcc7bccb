"""PostHog's stand-in evaluates flags and tells of its project as its description says."""

from __future__ import annotations

import httpx
import pytest

from selftest.services.posthog.asking import (
    FLAG,
    KEY,
    TOKEN,
    event,
    flags,
)
from selftest.specification import Specification
from staging.services.company import Company
from staging.services.posthog.flags import share
from staging.services.switches import Break


def test_flags_accept_the_projects_own_token_alone(api: httpx.Client, spec: Specification) -> None:
    good = api.post("/flags?v=2", json={"api_key": TOKEN, "distinct_id": "x"})
    wrong = api.post("/flags?v=2", json={"api_key": "phc_other", "distinct_id": "x"})
    none = api.post("/flags?v=2", json={"distinct_id": "x"})
    nobody = api.post("/flags?v=2", json={"api_key": TOKEN})
    for answer in (good, wrong, none, nobody):
        spec.check(answer)
    assert [each.status_code for each in (good, wrong, none, nobody)] == [200, 401, 401, 400]
    assert set(good.json()["flags"]) == {FLAG, "staff"}


def test_a_rollout_is_sticky_exact_and_only_grows(api: httpx.Client) -> None:
    people = [f"user-{number}" for number in range(200)]
    at_30 = {each for each in people if flags(api, each)["flags"][FLAG]["enabled"]}
    assert at_30 == {each for each in people if share(FLAG, each) <= 0.3}
    assert 40 <= len(at_30) <= 80
    change = {"filters": {"groups": [{"properties": [], "rollout_percentage": 50}]}}
    assert api.patch("/api/projects/42/feature_flags/1/", json=change).status_code == 200
    at_50 = {each for each in people if flags(api, each)["flags"][FLAG]["enabled"]}
    assert at_30 < at_50


def test_a_flag_off_is_gone_and_can_be_found_by_search(
    api: httpx.Client, spec: Specification
) -> None:
    url = "/api/projects/42/feature_flags/"
    changed = api.patch(f"{url}1/", json={"active": False})
    assert changed.json()["version"] == 2
    assert FLAG not in flags(api, "ann")["flags"]
    listed = api.get(url, params={"search": "redesign"})
    spec.check(listed)
    assert [(each["key"], each["active"]) for each in listed.json()["results"]] == [(FLAG, False)]
    one = api.get(f"{url}1/")
    spec.check(one)
    assert api.get(url, params={"active": "true"}).json()["count"] == 1
    bad = api.patch(f"{url}1/", json={"filters": {"groups": [{"rollout_percentage": 101}]}})
    assert bad.status_code == 400
    assert api.get(f"{url}99/").status_code == 404


def test_a_flag_can_be_made(api: httpx.Client) -> None:
    url, given = "/api/projects/42/feature_flags/", {"key": "new"}
    assert [api.post(url, json=given).status_code for _ in range(2)] == [201, 400]


def test_a_condition_looks_at_the_person(api: httpx.Client) -> None:
    mail = {"email": "ann@logos.example"}
    found = flags(api, "ann", person_properties=mail)["flags"]["staff"]
    assert (found["enabled"], found["metadata"]["payload"]) == (True, '{"colour": "blue"}')
    assert flags(api, "ann")["flags"]["staff"]["reason"]["code"] == "no_condition_match"
    identified = {**event("$identify"), "api_key": TOKEN, "$set": mail}
    api.post("/e/", json=identified)
    assert flags(api, "ann")["flags"]["staff"]["enabled"]


def test_a_flag_that_cannot_be_computed_and_a_spent_quota_are_told(
    box: Company, spec: Specification
) -> None:
    asked = {"api_key": TOKEN, "distinct_id": "x"}
    broken = httpx.post(f"{box.addresses['broken']}/flags?v=2", json=asked)
    limited = httpx.post(f"{box.addresses['limited']}/flags?v=2", json=asked)
    spec.check(broken)
    spec.check(limited)
    assert broken.json()["errorsWhileComputingFlags"] is True
    assert limited.json()["quotaLimited"] == ["feature_flags"]
    assert limited.json()["flags"] == {}


def test_the_older_endpoint_answers_in_the_older_shape(api: httpx.Client) -> None:
    asked = {"token": TOKEN, "distinct_id": "x", "person_properties": {"email": "a@logos.example"}}
    answer = api.post("/decide/?v=3", json=asked).json()
    assert answer["featureFlags"]["staff"] is True
    assert answer["featureFlagPayloads"] == {"staff": '{"colour": "blue"}'}


def test_the_project_the_key_and_the_lists_are_as_described(
    api: httpx.Client, spec: Specification
) -> None:
    api.post("/e/", json={**event("contact_viewed"), "api_key": TOKEN})
    for path in (
        "/api/users/@me/", "/api/personal_api_keys/@current", "/api/projects/42/",
        "/api/projects/42/dashboards/", "/api/projects/42/event_definitions/",
        "/api/projects/42/feature_flags/",
    ):  # fmt: skip
        answer = api.get(path)
        spec.check(answer)
        assert answer.status_code == 200
    project = api.get("/api/projects/42/").json()
    assert (project["api_token"], project["ingested_event"]) == (TOKEN, True)
    names = {"names": '["contact_viewed", "never"]'}
    defined = api.get("/api/projects/42/event_definitions/", params=names).json()
    assert [each["name"] for each in defined["results"]] == ["contact_viewed"]
    found = api.get("/api/projects/42/dashboards/", params={"search": "vitals"}).json()["results"]
    assert [each["name"] for each in found] == ["Web vitals"]
    tiles = api.get(f"/api/projects/42/dashboards/{found[0]['id']}/").json()["tiles"]
    assert len(tiles) == 3


def test_lists_come_in_pages(api: httpx.Client, spec: Specification) -> None:
    first = api.get("/api/projects/42/feature_flags/", params={"limit": 2})
    spec.check(first)
    assert len(first.json()["results"]) == 2
    second = api.get(first.json()["next"])
    assert (len(second.json()["results"]), second.json()["next"]) == (1, None)


@pytest.mark.parametrize("header", ["", "Bearer phx_wrong"])
def test_without_the_personal_key_nothing_is_told(
    api: httpx.Client, spec: Specification, header: str
) -> None:
    answer = api.get("/api/users/@me/", headers={"Authorization": header})
    spec.check(answer)
    assert answer.status_code == 401
    for path in ("/api/projects/42/", "/api/projects/42/dashboards/"):
        refused = api.get(path, headers={"Authorization": header})
        assert refused.status_code == 401
        assert refused.json()["type"] == "authentication_error"


def test_a_key_without_the_scope_and_another_project_are_told_apart(
    box: Company, api: httpx.Client, spec: Specification
) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    narrow = httpx.get(f"{box.addresses['narrow']}/api/users/@me/", headers=headers)
    spec.check(narrow)
    assert narrow.status_code == 403
    assert "user:read" in narrow.json()["detail"]
    assert api.get("/api/projects/43/").status_code == 404


def test_another_projects_answers(box: Company, api: httpx.Client, spec: Specification) -> None:
    box.turn_on("posthog", Break.WRONG_PROJECT)
    answer = api.get("/api/projects/42/")
    spec.check(answer)
    assert answer.json()["api_token"] != TOKEN


@pytest.mark.parametrize("kind", [Break.UNAUTHORIZED, Break.FORBIDDEN, Break.LIMITED])
def test_a_switched_refusal_is_posthogs_own(
    box: Company, api: httpx.Client, spec: Specification, kind: Break
) -> None:
    box.turn_on("posthog", kind)
    private = api.post("/api/projects/42/query/", json={})
    spec.check(private)
    assert private.json()["type"].endswith(("_error", "_denied"))
    public = api.post("/e/", json=event(), headers={"Origin": "http://crm.example"})
    assert public.headers["access-control-allow-origin"] == "http://crm.example"
