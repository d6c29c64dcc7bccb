from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from gonogo.errors import CannotTell, ToolMissing
from gonogo.services import ServiceAccess
from gonogo.vendors.docker import Docker, engine_at
from gonogo.vendors.transport import Transport
from selftest.specification import specification

IMAGE = "sha256:" + "1" * 64
LABELS = {"com.docker.compose.project": "crm", "com.docker.compose.service": "server"}
HEALTH = {"Status": "healthy", "FailingStreak": 0, "Log": [{"ExitCode": 0, "Output": "ok\n"}]}
CONTAINER: Mapping[str, Any] = {
    "Id": "c1",
    "Name": "/crm-server-1",
    "Image": IMAGE,
    "RestartCount": 0,
    "State": {"Status": "running", "Running": True, "ExitCode": 0, "Health": HEALTH},
    "Config": {"Labels": LABELS},
}
IMAGE_SAYS: Mapping[str, Any] = {
    "Id": IMAGE,
    "RepoTags": ["crm:latest"],
    "Config": {"Env": ["COMMIT_SHA=abc", "X=1=2"]},
}

REST_OF_AN_IMAGE: Mapping[str, Any] = {
    **dict.fromkeys(("Parent", "Comment", "Container", "DockerVersion", "Author"), ""),
    "Created": "2026-09-20T10:00:00Z",
    "Architecture": "amd64",
    "Os": "linux",
    "Size": 1,
    "VirtualSize": 1,
    "GraphDriver": {"Name": "overlay2", "Data": {}},
    "RootFS": {"Type": "layers", "Layers": []},
}


def engine(
    *containers: Mapping[str, Any], image: object = IMAGE_SAYS, asked: list[httpx.URL] | None = None
) -> Docker:
    answers: dict[str, object] = {
        "/version": {"ApiVersion": "1.41"},
        "/v1.41/containers/json": [
            {"Id": each["Id"], "Labels": each.get("Config", {}).get("Labels")}
            for each in containers
        ],
        f"/v1.41/images/{IMAGE}/json": image,
        **{f"/v1.41/containers/{each['Id']}/json": each for each in containers},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request.url)
        return httpx.Response(200, json=answers[request.url.path])

    access = ServiceAccess(name="engine", url="http://localhost")
    return Docker(Transport(access=access, via=httpx.MockTransport(answer)), project="crm")


def container(**state: Any) -> Mapping[str, Any]:  # noqa: ANN401
    return {**CONTAINER, "State": {**CONTAINER["State"], **state}}


def test_a_container_is_read_with_all_that_matters() -> None:
    asked: list[httpx.URL] = []
    [found] = engine(CONTAINER, asked=asked).containers()
    assert (found.service, found.is_running, found.health) == ("server", True, "healthy")
    assert str(found) == "server: running, 0 restarts, health healthy"
    [listing] = [url for url in asked if url.path.endswith("/containers/json")]
    assert json.loads(listing.params["filters"]) == {"label": ["com.docker.compose.project=crm"]}
    assert listing.params["all"] == "true"


@pytest.mark.parametrize("state", [{"Running": False}, {"Restarting": True}, {"Paused": True}])
def test_only_what_runs_undisturbed_runs(state: dict[str, bool]) -> None:
    [found] = engine(container(**state)).containers()
    assert not found.is_running


def test_what_ended_says_how_and_the_last_words_of_its_health_check() -> None:
    log = [{"Output": "first"}, {"Output": "connection refused\n"}]
    said = container(
        Status="exited", Running=False, ExitCode=137, Health={"Status": "unhealthy", "Log": log}
    )
    [found] = engine(said).containers()
    assert str(found) == (
        "server: exited, 0 restarts, exit code 137, health unhealthy, connection refused"
    )


@pytest.mark.parametrize("health", [None, {"Status": "none"}])
def test_a_container_without_a_health_check_is_not_healthy(health: object) -> None:
    [found] = engine(container(Health=health)).containers()
    assert (found.health, "health not checked" in str(found)) == ("", True)


def test_a_container_of_no_service_has_its_own_name() -> None:
    [found] = engine({**CONTAINER, "Config": {"Labels": {}}}).containers()
    assert found.service == "crm-server-1"


def test_what_compose_ran_once_beside_the_services_is_none_of_their_containers() -> None:
    labels = {**LABELS, "com.docker.compose.oneoff": "True"}
    once = {**container(Status="exited", Running=False), "Id": "c2", "Config": {"Labels": labels}}
    of_service = {**LABELS, "com.docker.compose.oneoff": "False"}
    found = engine({**CONTAINER, "Config": {"Labels": of_service}}, once).containers()
    assert [each.state for each in found] == ["running"]


def test_an_image_has_its_digest_names_and_variables() -> None:
    found = engine().image(IMAGE)
    assert (found.id, dict(found.variables)) == (IMAGE, {"COMMIT_SHA": "abc", "X": "1=2"})
    assert str(found) == f"crm:latest: {IMAGE}"
    assert str(engine(image={"Id": IMAGE}).image(IMAGE)) == f"no name: {IMAGE}"


@pytest.mark.parametrize("said", [{**CONTAINER, "State": None}, {"Id": "c1"}])
def test_what_is_not_understood_tells_nothing(said: Mapping[str, Any]) -> None:
    with pytest.raises(CannotTell, match="not understood"):
        engine(said).containers()


def test_without_a_socket_an_engine_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="no container engine"):
        engine_at(str(tmp_path / "docker.sock"), project="crm")


# httpcore leaves the socket of a failed connection to the garbage collector, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_socket_that_nobody_listens_on_tells_nothing() -> None:
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:  # short: a socket's name is
        place = Path(folder) / "docker.sock"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(place))
        with pytest.raises(CannotTell, match="could not be asked"):
            engine_at(str(place), project="crm").containers()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/version", {"ApiVersion": "1.41"}),
        ("/containers/c1/json", CONTAINER),
        (f"/images/{IMAGE}/json", {**IMAGE_SAYS, **REST_OF_AN_IMAGE}),
    ],
)
def test_the_made_up_answers_are_such_as_an_engine_gives(path: str, body: object) -> None:
    request = httpx.Request("GET", f"http://localhost/v1.41{path}")
    specification("docker").check(httpx.Response(200, json=body, request=request))
