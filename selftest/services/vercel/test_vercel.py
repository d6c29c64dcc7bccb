"""Vercel's stand-in answers as Vercel's own description says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from selftest.services.conftest import Starting
from selftest.services.vercel.project import NAME, PROJECT, TEAM, Deployment, Platform, orders
from selftest.specification import FOLDER, HOST, Specification, specification
from staging.services.switches import Break

CHOSEN = {
    "/v10/projects/{idOrName}/env": -1,
    "/v13/deployments/{idOrUrl}": 0,
    "/v9/projects/{idOrName}/domains": 0,
    "/v1/projects/{projectId}/promote/aliases": -1,
}
"""Which of the alternatives is meant. The description says oneOf, but there one alternative holds
all of another, so that nothing could be exactly one of them."""
READING = ["/v2/user", f"/v9/projects/{NAME}", f"/v10/projects/{NAME}/env", "/v6/deployments"]


@pytest.fixture(scope="module")
def live(running: Platform) -> Deployment:
    return running.deploy("live", meta={"githubCommitSha": "1" * 40})


@pytest.fixture
def api(running: Platform) -> httpx.Client:
    running.company.clear("vercel")
    return running.api


@pytest.fixture(scope="module")
def spec() -> Specification:
    specification("vercel")
    document = json.loads((FOLDER / "vercel.json").read_text("utf-8"))
    document["servers"] = [{"url": HOST}]
    for path, number in CHOSEN.items():
        answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        answer["schema"] = answer["schema"]["oneOf"][number]
    config = document["paths"]["/v6/domains/{domain}/config"]["get"]["responses"]["200"]
    by = config["content"]["application/json"]["schema"]["properties"]["configuredBy"]
    by["enum"].append(None)  # it says nullable, and forgets it in the list
    return Specification(document)


def test_the_user_and_the_team_are_known(api: httpx.Client, spec: Specification) -> None:
    user = api.get("/v2/user")
    spec.check(user)
    teams = api.get("/v2/teams").json()["teams"]
    assert user.json()["user"]["defaultTeamId"] == teams[0]["id"] == TEAM
    assert api.get(f"/v2/teams/{TEAM}").json()["membership"]["role"] == "OWNER"


@pytest.mark.parametrize("name", [NAME, PROJECT])
def test_the_project_is_found_by_name_and_by_id(
    api: httpx.Client, live: Deployment, spec: Specification, name: str
) -> None:
    answer = api.get(f"/v9/projects/{name}")
    spec.check(answer)
    project = answer.json()
    assert (project["id"], project["buildCommand"]) == (PROJECT, None)
    assert project["link"]["productionBranch"] == "main"
    assert project["targets"]["production"]["id"] == live["id"]


def test_settings_of_the_project_can_be_changed(api: httpx.Client, spec: Specification) -> None:
    path = f"/v9/projects/{NAME}"
    assert api.patch(path, json={"buildCommand": "make"}).json()["buildCommand"] == "make"
    assert api.patch(path, json={"buildCommand": None}).json()["buildCommand"] is None
    assert api.patch(path, json={"colour": "red"}).status_code == 400
    assert api.patch(path, content="{").status_code == 400
    assert api.patch(path, json=[]).status_code == 400


def test_variables_are_listed_without_their_values(api: httpx.Client, spec: Specification) -> None:
    answer = api.get(f"/v10/projects/{NAME}/env")
    spec.check(answer)
    found = {each["key"]: each for each in answer.json()["envs"]}
    assert found["VITE_FLAG"]["value"] != "on"
    assert found["VITE_FLAG"]["target"] == ["production", "preview"]
    assert found["VITE_ONLY_PREVIEW"]["value"] == "yes", "a plain value is open"
    opened = api.get(f"/v10/projects/{NAME}/env", params={"decrypt": "true"})
    spec.check(opened)
    assert [e["value"] for e in opened.json()["envs"] if e["key"] == "VITE_FLAG"] == ["on"]


def test_a_variable_can_be_made_and_removed(api: httpx.Client) -> None:
    path = f"/v10/projects/{NAME}/env"
    variable = {"key": "NEW", "value": "1", "type": "sensitive", "target": ["production"]}
    made = api.post(path, json=variable)
    assert made.status_code == 201
    again = api.post(path, json=variable)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "ENV_CONFLICT")
    replaced = api.post(path, json=[variable], params={"upsert": "true"}).json()["created"][0]
    one = f"/v9/projects/{NAME}/env/{replaced['id']}"
    assert api.get(one).json()["value"] == "", "nobody reads a sensitive value"
    assert api.delete(one).status_code == 200
    assert api.delete(one).json()["error"]["code"] == "ENV_NOT_FOUND"


@pytest.mark.parametrize(
    "body",
    [
        "text",
        {"key": "A", "value": "1", "type": "plain", "target": []},
        {"key": "A", "value": "1", "type": "plain", "target": ["moon"]},
        {"key": "A", "value": "1", "type": "odd", "target": ["preview"]},
        {"key": "A", "value": 1, "type": "plain", "target": "preview"},
    ],
)
def test_a_wrong_variable_is_refused(api: httpx.Client, body: object) -> None:
    assert api.post(f"/v10/projects/{NAME}/env", json=body).status_code == 400


def test_variables_are_pulled_for_one_environment(api: httpx.Client) -> None:
    assert api.get(f"/v3/env/pull/{PROJECT}/production").json()["env"] == {"VITE_FLAG": "on"}
    assert api.get(f"/v3/env/pull/{PROJECT}/moon").status_code == 400


def test_the_domain_of_production_is_configured(
    api: httpx.Client, running: Platform, spec: Specification
) -> None:
    host = urlsplit(running.production).netloc
    domains = api.get(f"/v9/projects/{NAME}/domains")
    one = api.get(f"/v9/projects/{NAME}/domains/{quote(host, safe='')}")
    config = api.get(f"/v6/domains/{quote(host, safe='')}/config")
    for answer in (domains, one, config):
        spec.check(answer)
    assert domains.json()["domains"] == [one.json()]
    assert (one.json()["verified"], config.json()["misconfigured"]) == (True, False)
    other = api.get("/v6/domains/example.org/config")
    spec.check(other)
    assert other.json()["misconfigured"] is True
    assert api.get(f"/v9/projects/{NAME}/domains/example.org").status_code == 404


def test_a_deployment_is_described(
    api: httpx.Client, live: Deployment, spec: Specification
) -> None:
    for name in (live["id"], quote(live["url"], safe=""), quote(live["alias"][0], safe="")):
        answer = api.get(f"/v13/deployments/{name}")
        spec.check(answer)
        assert answer.json()["id"] == live["id"]
    assert (live["readyState"], live["readySubstate"]) == ("READY", "PROMOTED")
    assert live["meta"]["githubCommitSha"] == "1" * 40
    aliases = api.get(f"/v2/deployments/{live['id']}/aliases")
    spec.check(aliases)
    assert [each["alias"] for each in aliases.json()["aliases"]] == live["alias"]


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ({}, True),
        ({"projectId": PROJECT, "target": "production", "state": "READY,ERROR"}, True),
        ({"sha": "1" * 40, "app": NAME}, True),
        ({"meta-githubCommitSha": "1" * 40}, True),
        ({"projectId": "prj_of_others"}, False),
        ({"target": "preview"}, False),
        ({"state": "ERROR"}, False),
        ({"rollbackCandidate": "true"}, False),
        ({"meta-githubCommitSha": "2" * 40}, False),
        ({"teamId": None}, False),
    ],
)
def test_deployments_are_listed_as_asked(
    api: httpx.Client,
    live: Deployment,
    spec: Specification,
    query: dict[str, Any],
    is_there: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    answer = api.get("/v6/deployments", params={"teamId": TEAM, **query})
    if query.get("teamId", TEAM) is None:
        answer = httpx.get(answer.request.url.copy_remove_param("teamId"), headers=api.headers)
    spec.check(answer)
    assert (live["id"] in [d["uid"] for d in answer.json()["deployments"]]) == is_there


def test_the_newer_list_answers_the_same(api: httpx.Client, live: Deployment) -> None:
    assert api.get("/v7/deployments").json() == api.get("/v6/deployments").json()


@pytest.mark.parametrize("path", READING)
@pytest.mark.parametrize(
    ("header", "sign"), [("Bearer wrong", "invalidToken"), ("", "missingToken")]
)
def test_a_wrong_token_is_403(
    api: httpx.Client, spec: Specification, path: str, header: str, sign: str
) -> None:
    answer = api.get(path, headers={"Authorization": header})
    spec.check(answer)
    assert answer.status_code == 403
    assert (answer.json()["error"]["code"], answer.json()["error"][sign]) == ("forbidden", True)


@pytest.mark.parametrize("query", [{"teamId": "team_of_others"}, {"slug": "others"}, {}])
def test_a_wrong_team_or_none_does_not_find_the_project(
    running: Platform, live: Deployment, spec: Specification, query: dict[str, str]
) -> None:
    with httpx.Client(base_url=running.address, headers=running.api.headers) as api:
        assert api.get(f"/v9/projects/{NAME}", params=query).status_code == 404
        deployment = api.get(f"/v13/deployments/{live['id']}", params=query)
        spec.check(deployment)
        assert deployment.status_code == 404
        assert api.post("/v13/deployments", params=query, json={"name": NAME}).status_code == 404


@pytest.mark.parametrize("path", ["/v9/projects/others", "/v2/teams/others", "/v99/moon"])
def test_what_is_not_there_is_404(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, "message" in answer.json()["error"]) == (404, True)


@pytest.mark.parametrize("kind", [Break.FORBIDDEN, Break.UNAUTHORIZED])
@pytest.mark.parametrize("path", READING)
def test_switched_refusals_have_the_vendors_form(
    running: Platform, api: httpx.Client, spec: Specification, kind: Break, path: str
) -> None:
    running.company.turn_on("vercel", kind)
    answer = api.get(path)
    spec.check(answer)
    assert str(answer.status_code) == kind.value
    assert set(answer.json()["error"]) == {"code", "message"}


def test_another_project_answers_when_switched(
    running: Platform, api: httpx.Client, live: Deployment, spec: Specification
) -> None:
    running.company.turn_on("vercel", Break.WRONG_PROJECT)
    project, listed = api.get(f"/v9/projects/{NAME}"), api.get("/v6/deployments")
    for answer in (project, listed):
        spec.check(answer)
    assert project.json()["id"] != PROJECT
    assert {each["projectId"] for each in listed.json()["deployments"]} == {project.json()["id"]}


def test_another_role_may_not_touch_production(company: Starting, tmp_path: Path) -> None:
    with Platform(company(*orders(role="DEVELOPER", domains=["crm.example.org"])), tmp_path) as box:
        body = {"name": NAME, "target": "production", "files": box.uploaded("mine")}
        assert box.api.post("/v13/deployments", json=body).status_code == 403
        preview = box.deploy("mine", target=None)
        assert preview["readyState"] == "READY"
        assert box.switch("promote", preview["id"]).status_code == 403
