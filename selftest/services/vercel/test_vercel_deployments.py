"""Deployments build, and go live as on Vercel."""

from __future__ import annotations

import base64

import httpx
import pytest

from selftest.services.vercel.project import NAME, PROJECT, Platform, at
from staging.services.switches import Break


def test_production_shows_nothing_before_the_first_deployment(platform: Platform) -> None:
    answer = httpx.get(platform.production)
    assert (answer.status_code, answer.headers["x-vercel-error"]) == (404, "DEPLOYMENT_NOT_FOUND")


def test_a_deployment_builds_with_the_variables_of_its_target(platform: Platform) -> None:
    production = platform.deploy("one", meta={"githubCommitSha": "abc"})
    preview = platform.deploy("one", target=None)
    assert at(production).text == platform.served() == "one on  production"
    assert at(preview).text == "one on yes preview"
    assert at(preview).headers["x-robots-tag"] == "noindex"
    assert preview["readySubstate"] == "STAGED"
    assert "building the page" in platform.log(production["id"])
    assert at(production, "/echo").json()["VERCEL_GIT_COMMIT_SHA"] == "abc"


def test_the_same_content_is_built_once(platform: Platform) -> None:
    platform.deploy("same")
    again = platform.deploy("same")
    assert again["ready"] - again["createdAt"] < 1000
    assert "Restored build cache" in platform.log(again["id"])
    assert at(again).text == "same on  production"


def test_a_changed_variable_is_a_new_build_and_leaves_the_old_one_alone(
    platform: Platform,
) -> None:
    old = platform.deploy("flag")
    variable = {"key": "VITE_FLAG", "value": "off", "type": "encrypted", "target": "production"}
    path = f"/v10/projects/{NAME}/env"
    platform.api.post(path, json=variable, params={"upsert": "true"}).raise_for_status()
    assert platform.served() == "flag on  production"
    platform.deploy("flag")
    assert platform.served() == "flag off  production"
    assert at(old, "/echo").json()["VITE_FLAG"] == "on"


def test_promotion_and_rollback_switch_what_is_served(platform: Platform) -> None:
    first, second = platform.deploy("first"), platform.deploy("second")
    assert platform.served().startswith("second")
    assert platform.switch("rollback", first["id"]).status_code == 201
    assert platform.served().startswith("first")
    third = platform.deploy("third")
    assert third["readySubstate"] == "STAGED", "after a rollback nothing goes live by itself"
    assert platform.served().startswith("first")
    assert platform.switch("promote", third["id"]).status_code == 201
    assert platform.served().startswith("third")
    project = platform.api.get(f"/v9/projects/{NAME}").json()
    assert project["targets"]["production"]["id"] == third["id"]
    assert project["lastAliasRequest"]["toDeploymentId"] == third["id"]
    listed = platform.api.get("/v6/deployments", params={"rollbackCandidate": "true"}).json()
    assert {each["uid"] for each in listed["deployments"]} == {first["id"], second["id"]}
    promoted = platform.api.get(f"/v1/projects/{PROJECT}/promote/aliases").json()["aliases"]
    assert [each["status"] for each in promoted] == ["completed"]


def test_a_staged_deployment_waits_for_its_promotion(platform: Platform) -> None:
    platform.deploy("first")
    staged = platform.deploy("second", autoAssignCustomDomains=False)
    assert (staged["readySubstate"], staged["alias"]) == ("STAGED", [])
    assert platform.served().startswith("first")
    assert platform.switch("rollback", staged["id"]).status_code == 422, "it was never live"
    platform.switch("promote", staged["id"])
    assert platform.served().startswith("second")
    assert platform.switch("promote", staged["id"]).status_code == 409, "it is live already"


def test_a_preview_is_not_promoted_but_built_anew(platform: Platform) -> None:
    preview = platform.deploy("page", target=None)
    assert platform.switch("promote", preview["id"]).status_code == 409
    body = {"name": NAME, "deploymentId": preview["id"], "target": "production"}
    again = platform.api.post("/v13/deployments", json=body).json()
    assert platform.ended(again["id"])["source"] == "redeploy"
    assert platform.served() == "page on  production"


def test_a_failed_build_is_not_live_and_the_old_one_stays(platform: Platform) -> None:
    platform.deploy("good")
    failed = platform.deploy("bad", build={"env": {"VITE_BREAK": "1"}})
    assert (failed["readyState"], failed["errorCode"]) == ("ERROR", "BUILD_FAILED")
    assert failed["errorMessage"] == 'Command "npm run build" exited with 3'
    assert platform.served().startswith("good")
    assert at(failed).status_code == 404
    assert platform.switch("promote", failed["id"]).status_code == 409


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"outputDirectory": "elsewhere"}, "STATIC_BUILD_NO_OUT_DIR"),
        ({"installCommand": "exit 4"}, "NPM_INSTALL_FAILED"),
    ],
)
def test_other_failures_have_their_own_codes(
    platform: Platform, settings: dict[str, str], code: str
) -> None:
    assert platform.deploy("settings", projectSettings=settings)["errorCode"] == code


def test_a_broken_configuration_is_a_failed_build(platform: Platform) -> None:
    files = [
        {"file": "vercel.json", "data": "[]"},
        {"file": "package.json", "data": base64.b64encode(b"{}").decode(), "encoding": "base64"},
    ]
    made = platform.api.post("/v13/deployments", json={"name": NAME, "files": files}).json()
    assert platform.ended(made["id"])["errorCode"] == "INVALID_JSON"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([], "bad_request"),
        ("text", "bad_request"),
        ([{"file": "../a", "sha": "a" * 40}], "invalid_path"),
        ([{"file": "/a", "sha": "a" * 40}], "invalid_path"),
        ([{"file": "a", "sha": "../../etc"}], "bad_request"),
        ([{"file": "a", "data": "?", "encoding": "base64"}], "bad_request"),
        ([{"file": "a", "sha": "a" * 40}], "missing_files"),
    ],
)
def test_wrong_files_are_refused(platform: Platform, files: object, code: str) -> None:
    answer = platform.api.post("/v13/deployments", json={"name": NAME, "files": files})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_an_upload_must_be_what_its_digest_says(platform: Platform) -> None:
    answer = platform.api.post("/v2/files", content=b"a", headers={"x-vercel-digest": "b" * 40})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_digest")


def test_a_build_can_be_cancelled(platform: Platform) -> None:
    begun = platform.begin("slow", projectSettings={"buildCommand": "exec sleep 60"})
    assert platform.api.patch(f"/v12/deployments/{begun}/cancel").json()["status"] == "CANCELED"
    assert platform.api.patch(f"/v12/deployments/{begun}/cancel").status_code == 400
    assert platform.deploy("next")["readyState"] == "READY", "the next build need not wait"


def test_a_deleted_deployment_is_gone_even_where_it_was_live(platform: Platform) -> None:
    platform.deploy("first")
    second = platform.deploy("second")
    assert platform.api.delete(f"/v13/deployments/{second['id']}").json()["state"] == "DELETED"
    assert httpx.get(platform.production).status_code == 404
    assert platform.api.get(f"/v13/deployments/{second['id']}").status_code == 404


def test_a_stale_edge_still_shows_the_deployment_before(platform: Platform) -> None:
    platform.deploy("first")
    platform.deploy("second")
    platform.company.turn_on("vercel-production", Break.STALE)
    assert platform.served().startswith("first")
    platform.company.clear("vercel-production")
    assert platform.served().startswith("second")


def test_a_stale_api_does_not_know_the_last_deployment(platform: Platform) -> None:
    first = platform.deploy("first")
    platform.deploy("second")
    platform.company.turn_on("vercel", Break.STALE)
    listed = platform.api.get("/v6/deployments").json()["deployments"]
    assert [each["uid"] for each in listed] == [first["id"]]
    project = platform.api.get(f"/v9/projects/{NAME}").json()
    assert project["targets"]["production"]["id"] == first["id"]
    assert platform.served().startswith("second")


def test_a_deployment_or_promotion_may_never_come_to_an_end(platform: Platform) -> None:
    first, second = platform.deploy("first"), platform.deploy("second")
    platform.company.turn_on("vercel", Break.NEVER)
    waiting = platform.begin("third")
    assert platform.switch("rollback", first["id"]).status_code == 201
    found = platform.api.get(f"/v13/deployments/{waiting}").json()
    assert found["readyState"] == "QUEUED"
    last = platform.api.get(f"/v9/projects/{NAME}").json()["lastAliasRequest"]
    assert (last["jobStatus"], last["fromDeploymentId"]) == ("in-progress", second["id"])
    assert platform.served().startswith("second")
