from __future__ import annotations

from pathlib import Path

import httpx

from gonogo.diagnosis import Condition, Finding
from gonogo.diagnosis_hosting import diagnose_hosting
from gonogo.services import ServiceAccess
from gonogo.vendors.docker import Docker
from gonogo.vendors.transport import Transport
from selftest.cli.doctors_project import settings_of
from selftest.cli.doctors_providers import provided_by

ENVIRON = {"VERCEL_TOKEN": "vercel_hunter22", "NETLIFY_TOKEN": "nfp_hunter22"}
NAMES: dict[str, object] = {
    "services__vercel__token_env": "VERCEL_TOKEN",
    "services__vercel__project": "crm",
    "services__netlify__token_env": "NETLIFY_TOKEN",
    "services__netlify__site": "crm",
}


def answer(request: httpx.Request) -> httpx.Response:
    assert request.method == "GET"
    if request.url.path not in {"/v9/projects/crm", "/api/v1/sites/crm"}:
        return httpx.Response(404, json={"error": {"message": "Project not found."}})
    return httpx.Response(200, json={"id": "1", "name": "crm"})


def look(
    project: Path,
    *platforms: str,
    environ: dict[str, str] | None = None,
    engine: Docker | None = None,
    **changed: object,
) -> list[Finding]:
    changed = NAMES | {"deployment__platforms": list(platforms)} | changed
    settings = settings_of(project, ENVIRON if environ is None else environ, **changed)
    via = httpx.MockTransport(answer)
    if engine is None:
        return list(diagnose_hosting(settings, ("phase2",), via=via))
    return list(diagnose_hosting(settings, ("phase2",), via=via, engine=lambda *_, **__: engine))


def an_engine(*containers: str) -> Docker:
    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/version":
            return httpx.Response(200, json={"ApiVersion": "1.50"})
        if request.url.path.endswith("/containers/json"):
            return httpx.Response(200, json=[{"Id": each} for each in containers])
        said = {
            "Name": "/web",
            "Config": {"Labels": {}},
            "State": {"Status": "running", "Running": True},
            "Image": "sha256:1",
        }
        return httpx.Response(200, json=said)

    access = ServiceAccess(name="the container engine", url="http://localhost")
    return Docker(Transport(access=access, via=httpx.MockTransport(answers)), project="crm")


def test_platforms_in_use_that_answer_are_reachable(project: Path) -> None:
    found = look(project, "vercel", "netlify")
    assert [(each.service, each.condition, each.found) for each in found] == [
        ("Vercel (hosting platform)", Condition.REACHABLE, "project crm can be read"),
        ("Netlify (hosting platform)", Condition.REACHABLE, "site crm can be read"),
    ]


def test_a_platform_that_is_not_in_use_is_not_looked_at(project: Path) -> None:
    assert [each.service for each in look(project, "netlify")] == ["Netlify (hosting platform)"]


def test_a_phase_that_asks_no_platform_needs_none(project: Path) -> None:
    assert diagnose_hosting(settings_of(project), ("phase1", "phase3")) == ()


def test_where_nobody_named_them_that_is_missing_and_those_with_a_key_are_looked_at(
    project: Path,
) -> None:
    unnamed, vercel = look(project, services__netlify__token_env="")
    assert unnamed.condition is Condition.MISSING
    assert unnamed.do == "set deployment.platforms to those in use"
    assert vercel.service == "Vercel (hosting platform)"
    (project / "product/.env.production").write_bytes(b"\xff")
    assert len(look(project)) == 1


def test_a_key_that_is_not_set_is_missing_with_its_least_rights(project: Path) -> None:
    vercel, netlify = look(project, "vercel", "netlify", environ={}, services__netlify__site="")
    assert (vercel.condition, vercel.found) == (Condition.MISSING, "VERCEL_TOKEN is not set")
    assert "role Viewer" in vercel.least_scope
    assert netlify.found == "NETLIFY_TOKEN is not set; services.netlify.site is not set"
    assert "this site alone" in netlify.least_scope


def test_a_project_of_another_team_says_what_to_correct(project: Path) -> None:
    [finding] = look(project, "vercel", services__vercel__project="other")
    assert finding.condition is Condition.WRONG
    assert finding.found == "it answers HTTP 404: Project not found."
    assert "services.vercel.project, services.vercel.team or services.vercel.url" in finding.do


def test_a_box_brings_its_platform_but_no_container_engine(project: Path) -> None:
    provided_by(project, "Opens")
    vercel, docker = look(
        project, "vercel", "docker", engine=an_engine(), deployment__docker__project="crm"
    )
    assert (vercel.condition, vercel.found) == (Condition.NOT_NEEDED, "the box brings its own")
    assert docker.condition is Condition.REACHABLE


class TestDocker:
    def test_an_engine_that_answers_says_how_many_containers_there_are(self, project: Path) -> None:
        for containers, number in (((), "no containers"), (("1", "2"), "2 containers")):
            [finding] = look(
                project,
                "docker",
                engine=an_engine(*containers),
                deployment__docker__project="crm",
            )
            assert finding.condition is Condition.REACHABLE
            assert finding.found == f"the engine answers; {number} of project crm so far"

    def test_without_the_projects_name_nothing_can_be_found(self, project: Path) -> None:
        [finding] = look(project, "docker", engine=an_engine())
        assert finding.condition is Condition.MISSING
        assert "deployment.docker.project" in finding.do

    def test_a_socket_that_is_not_there_is_missing(self, project: Path, tmp_path: Path) -> None:
        [finding] = look(
            project,
            "docker",
            deployment__docker__project="crm",
            deployment__docker__socket=str(tmp_path / "none.sock"),
        )
        assert finding.condition is Condition.MISSING
        assert "systemctl start docker" in finding.do

    def test_an_engine_that_does_not_answer_is_wrong(self, project: Path) -> None:
        def denied(_request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("[Errno 13] Permission denied")

        access = ServiceAccess(name="the container engine", url="http://localhost")
        engine = Docker(Transport(access=access, via=httpx.MockTransport(denied)), project="crm")
        [finding] = look(project, "docker", engine=engine, deployment__docker__project="crm")
        assert finding.condition is Condition.WRONG
        assert "Permission denied" in finding.found
        assert "group docker" in finding.least_scope
