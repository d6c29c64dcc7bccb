"""The stand-in for the engine answers as the engine's document says, and our client reads it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.vendors.docker import engine_at
from selftest.specification import specification
from staging.services.docker.engine import Engine, ToldContainer


@pytest.fixture
def engine() -> Engine:
    server = ToldContainer(service="server", variables={"COMMIT_SHA": "abc"})
    return Engine(project="crm", containers=[ToldContainer(service="web", health=None), server])


@pytest.fixture
def place(engine: Engine) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:  # short: a socket's name is
        place = Path(folder) / "docker.sock"
        with engine.listening(place):
            yield place


def test_our_client_reads_what_the_engine_tells(engine: Engine, place: Path) -> None:
    docker = engine_at(str(place), project="crm")
    engine.of("web").state = "restarting"
    server, web = docker.containers()
    assert (server.service, server.is_running, server.health) == ("server", True, "healthy")
    assert (web.is_running, web.health) == (False, "")
    assert docker.image(server.image_id).variables == {"COMMIT_SHA": "abc"}
    assert engine_at(str(place), project="other").containers() == ()


def test_a_broken_engine_and_an_unknown_image_tell_nothing(engine: Engine, place: Path) -> None:
    docker = engine_at(str(place), project="crm")
    with pytest.raises(CannotTell, match="could not be asked"):
        docker.image("sha256:0")
    engine.is_broken = True
    with pytest.raises(CannotTell, match="could not be asked"):
        docker.containers()


def test_every_answer_is_one_of_the_engines(engine: Engine, place: Path) -> None:
    document = specification("docker")
    server = engine.of("server")
    paths = (
        "/version",
        "/containers/json",
        f"/containers/{server.id}/json",
        f"/images/{server.image_id}/json",
        "/containers/nobody/json",
    )
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(place))) as client:
        for path in paths:
            version = "" if path == "/version" else "/v1.41"
            answer = client.get(f"http://localhost{version}{path}")
            request = httpx.Request("GET", f"http://localhost/v1.41{path}")
            document.check(httpx.Response(answer.status_code, json=answer.json(), request=request))
