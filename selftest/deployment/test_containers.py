from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from gonogo.config_app import DeploymentSection, DockerSection
from gonogo.errors import CannotTell, NotDoneYet
from gonogo.probes.deployment.containers import ContainerRelease
from gonogo.probes.deployment.release_comparison import answering
from gonogo.probes.deployment.site import ServedBuild, Told
from gonogo.records import ActionRecord
from gonogo.vendors.docker import Container, Docker, Image

COMMIT = "a" * 40
SERVER = Container(
    service="server",
    state="running",
    is_running=True,
    restarts=0,
    exit_code=0,
    health="healthy",
    last_health_output="",
    image_id="sha256:1",
)
WEB = replace(SERVER, service="web", image_id="sha256:2")
OF_SERVER = Image(id="sha256:1", names=("server:1",), variables={"COMMIT_SHA": COMMIT})
OF_WEB = Image(id="sha256:2", names=("web:1",), variables={})
RECORD = ActionRecord(
    name="deploy",
    run_id="r",
    instance="box",
    command="docker compose up",
    started_at=datetime(2026, 9, 20, tzinfo=UTC),
    exit_status=1,
    outcome="failed",
)
SETTINGS = DeploymentSection(
    build_timeout_s=0.01, docker=DockerSection(project="crm", services=("server", "web"))
)


class Engine:
    where = "engine"

    def __init__(self, *looks: Sequence[Container]) -> None:
        self._looks = list(looks) or [()]

    def containers(self) -> tuple[Container, ...]:
        return tuple(self._looks.pop(0) if len(self._looks) > 1 else self._looks[0])

    def image(self, image_id: str) -> Image:
        return {"sha256:1": OF_SERVER, "sha256:2": OF_WEB}[image_id]


def release(*looks: Sequence[Container], **parts: Any) -> ContainerRelease:  # noqa: ANN401
    engine = cast("Docker", Engine(*looks))
    return ContainerRelease(**{"engine": engine, "commit": COMMIT, "settings": SETTINGS, **parts})


def test_without_a_container_nobody_has_deployed_yet() -> None:
    with pytest.raises(NotDoneYet, match="not deployed yet"):
        release().require()


@pytest.mark.parametrize("parts", [{"begun": True}, {"record": RECORD}])
def test_what_was_begun_is_judged_without_one(parts: dict[str, Any]) -> None:
    release(**parts).require()


def test_containers_that_somebody_started_are_judged() -> None:
    started = release([SERVER])
    started.require()
    assert started.where == "engine"


def test_without_the_projects_name_nothing_can_be_asked() -> None:
    with pytest.raises(CannotTell, match="compose project is not known"):
        release(settings=DeploymentSection()).require()


def test_a_container_that_starts_is_waited_for() -> None:
    slow = SETTINGS.model_copy(update={"build_timeout_s": 2.0})
    starting = replace(SERVER, health="starting")
    assert release([starting], [SERVER], settings=slow).containers() == (SERVER,)
    assert release([starting]).containers() == (starting,)


def test_images_of_this_commit_are_as_expected_also_one_that_names_none() -> None:
    built = release()
    images = built.images([SERVER, WEB, SERVER])
    assert images == (OF_SERVER, OF_WEB)
    assert built.built(images).equal


def test_an_image_of_another_commit_is_a_difference() -> None:
    old = replace(OF_SERVER, variables={"COMMIT_SHA": "b"})
    assert "commit of server:1: sha256:1: expected aaa" in str(release().built([old]))


def test_a_command_that_failed_is_a_difference() -> None:
    assert "the deploy command" in str(release(record=RECORD).built([OF_SERVER]))


@pytest.mark.parametrize("variables", [{}, {"COMMIT_SHA": "unknown"}])
def test_where_no_image_names_a_commit_nothing_can_be_told(variables: dict[str, str]) -> None:
    with pytest.raises(CannotTell, match="no image names the commit"):
        release().built([replace(OF_SERVER, variables=variables)])


def test_a_product_whose_images_name_no_commit_says_so() -> None:
    docker = DockerSection(project="crm", commit_variable="")
    silent = SETTINGS.model_copy(update={"docker": docker})
    assert release(settings=silent).built([OF_WEB]).equal


def test_no_image_at_all_is_not_equal() -> None:
    assert not release().built([]).equal


def test_running_and_healthy_containers_are_as_expected() -> None:
    running = release()
    assert running.started([SERVER, WEB]).equal
    assert running.healthy([SERVER, WEB]).equal


@pytest.mark.parametrize(
    "wrong", [{"is_running": False, "state": "exited"}, {"restarts": 3}, {"health": "healthy"}]
)
def test_what_stopped_or_was_started_again_is_a_difference(wrong: dict[str, Any]) -> None:
    assert release().started([SERVER, replace(WEB, **wrong)]).equal is ("health" in wrong)


@pytest.mark.parametrize("health", ["unhealthy", "starting", ""])
def test_whatever_is_not_healthy_is_a_difference(health: str) -> None:
    assert not release().healthy([SERVER, replace(WEB, health=health)]).equal


def test_where_nobody_checks_the_health_it_is_said_how_somebody_would() -> None:
    unchecked = release().healthy([SERVER, replace(WEB, health="")])
    assert "HEALTHCHECK" in unchecked.do
    assert "logs" in release().healthy([replace(SERVER, health="unhealthy"), WEB]).do
    assert "logs" in release().healthy([SERVER]).do


def test_a_service_without_a_container_is_a_difference() -> None:
    assert "web: expected healthy, found no container" in str(release().healthy([SERVER]))
    assert "web: expected running, 0 restarts, found" in str(release().started([SERVER]))


class TestAnswering:
    BUILD = ServedBuild(address="https://crm.test/", files={"/a.js": "sha256 1"})
    TOLD = Told(status=200, said={"commit": COMMIT})

    def test_the_page_and_the_addresses_of_this_commit_are_as_expected(self) -> None:
        told = {"/health": self.TOLD}
        assert answering(told, self.BUILD, commit=COMMIT, field="commit").equal

    def test_a_file_that_is_not_served_is_a_difference(self) -> None:
        broken = ServedBuild(address="a", files={"/a.js": "not served: HTTP 404"})
        found = answering({"/health": self.TOLD}, broken, commit=COMMIT, field="commit")
        assert "/a.js: expected served, found not served: HTTP 404" in str(found)

    @pytest.mark.parametrize(("field", "told"), [("", {"/health": TOLD}), ("commit", {})])
    def test_where_nobody_names_a_commit_nothing_can_be_told(
        self, field: str, told: dict[str, Told]
    ) -> None:
        with pytest.raises(CannotTell, match="nobody names the commit"):
            answering(told, self.BUILD, commit=COMMIT, field=field)
