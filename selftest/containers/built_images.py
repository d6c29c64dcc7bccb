"""``make image``: the product's own images, built and started for real, and DEP-D's checks on them.

Not among the tests of ``make test``: the first time takes minutes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from selftest.containers.bases import have_bases
from selftest.containers.debian_packages import NotHere
from selftest.containers.engine import Engine, an_engine
from selftest.containers.release import CRM, Release
from staging.services.docker.engine import Engine as StandIn
from staging.services.docker.engine import ToldContainer

GREEN = dict.fromkeys(("DEP-D.1", "DEP-D.2", "DEP-D.3", "DEP-D.4"), "PASS")
HEALTH = "{{if .State.Health}}{{.State.Health.Status}}{{end}}"
STATUS = "{{.State.Status}}"
OTHER_COMMIT = "b" * 40
WITHOUT_CHECK = "    healthcheck: {disable: true}\n"
WITHOUT_ROOM = "    tmpfs: !reset []\n"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    try:
        with an_engine() as engine:
            yield engine
    except NotHere as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def release(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    try:
        bases = have_bases(engine, (CRM / "deployment" / "Dockerfile").read_text("utf-8"))
    except NotHere as error:
        pytest.skip(str(error))
    release = Release(engine=engine, folder=tmp_path_factory.mktemp("release"), bases=bases)
    with release.open():
        yield release


@pytest.fixture
def healthy(release: Release) -> Release:
    release.up()
    for service in ("server", "web"):
        release.wait_for(service, HEALTH, "healthy")
    return release


def but(**states: str) -> dict[str, str]:
    return GREEN | {f"DEP-D.{name.removeprefix('d')}": state for name, state in states.items()}


def test_a_release_brought_up_by_its_own_compose_file_is_green(healthy: Release) -> None:
    assert healthy.judged() == GREEN
    blank = next(each for each in healthy.place.results["items"] if each["id"] == "DEP-D.1")
    assert blank["blank"].count("sha256:") == 2


def test_what_is_served_comes_through_both_containers(healthy: Release) -> None:
    page = httpx.get(healthy.address, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["x-frame-options"]) == (200, "DENY")
    script = page.text.partition('src="')[2].partition('"')[0]
    kept = httpx.get(f"{healthy.address}{script}")
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert httpx.get(f"{healthy.address}{script}.map").status_code == 404
    assert httpx.get(f"{healthy.address}/health").json()["status"] == "ok"


@pytest.mark.parametrize(("service", "user"), [("server", "1000"), ("web", "101")])
def test_a_container_has_no_rights_and_writes_nowhere_it_need_not(
    healthy: Release, service: str, user: str
) -> None:
    name = healthy.container(service)
    status = healthy.engine.docker("exec", name, "cat", "/proc/1/status")
    said = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert said["Uid"].split() == [user] * 4
    assert (int(said["CapEff"], 16), said["NoNewPrivs"]) == (0, "1")
    assert "Read-only file system" in healthy.engine.ask("exec", name, "touch", "/x").stdout


def test_an_image_holds_no_secret_and_none_of_the_sources(healthy: Release) -> None:
    name = healthy.container("server")
    found = healthy.engine.docker("exec", name, "find", "/app", "-name", ".*", "-o", "-name", "src")
    assert not found.split()
    image = json.loads(
        healthy.engine.docker("image", "inspect", healthy.inspected("server", "{{.Image}}"))
    )
    assert not [each for each in image[0]["Config"]["Env"] if "KEY" in each or "TOKEN" in each]


def test_an_engine_that_is_asked_says_all_that_the_stand_in_does(healthy: Release) -> None:
    told = ToldContainer(service="server", variables={"COMMIT_SHA": "abc"})
    stand_in = StandIn(project="crm", containers=[told])
    name = healthy.container("server")
    place = healthy.engine.socket.parent / "stand-in.sock"
    with stand_in.listening(place), asking(place) as ours, asking(healthy.engine.socket) as theirs:
        image = theirs(f"/containers/{name}/json")["Image"]
        pairs = [
            (ours(f"/containers/{told.id}/json"), theirs(f"/containers/{name}/json")),
            (ours(f"/images/{told.image_id}/json"), theirs(f"/images/{image}/json")),
            ({"listed": ours("/containers/json")}, {"listed": theirs("/containers/json")}),
        ]
    assert not [each for ours, theirs in pairs for each in only_in_ours(ours, theirs)]


@contextmanager
def asking(socket: Path) -> Iterator[Callable[[str], Any]]:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as client:
        version = client.get("http://engine/version").json()["ApiVersion"]
        yield lambda path: client.get(f"http://engine/v{version}{path}").json()


def only_in_ours(ours: Mapping[str, Any], theirs: Mapping[str, Any], at: str = "") -> list[str]:
    """Return where *ours* says what *theirs* does not, or says it in another type."""
    wrong = []
    for name, value in ours.items():
        if name not in theirs or not isinstance(theirs[name], type(value)):
            wrong.append(f"{at}{name}")
        elif isinstance(value, dict):
            wrong += only_in_ours(value, theirs[name], f"{at}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            wrong += only_in_ours(value[0], theirs[name][0], f"{at}{name}.")
    return wrong


def test_what_was_run_once_beside_the_services_disturbs_nobody(healthy: Release) -> None:
    healthy.compose("run", "--detach", "--no-deps", "server", "node", "-e", "process.exit(3)")
    assert healthy.judged() == GREEN


def test_a_container_that_was_killed_is_found(healthy: Release) -> None:
    healthy.engine.docker("kill", healthy.container("server"))
    found = healthy.judged()
    assert found == but(d2="FAIL", d3="FAIL", d4="FAIL")


def test_a_container_that_starts_again_and_again_is_found(release: Release) -> None:
    release.up(addition=WITHOUT_ROOM)  # it follows the web server's part, as the next one does
    release.wait_for("web", STATUS, "restarting")
    found = release.judged()
    assert found == but(d2="FAIL", d3="FAIL", d4="ERROR")  # nobody is at its port


def test_a_container_whose_health_nobody_checks_is_found(release: Release) -> None:
    release.up(addition=WITHOUT_CHECK)
    release.wait_for("server", HEALTH, "healthy")
    assert release.judged() == but(d3="FAIL")


def test_a_database_that_is_away_makes_the_containers_unhealthy(healthy: Release) -> None:
    database = f"{healthy.name}-database"
    healthy.engine.docker("pause", database)
    try:
        for service in ("server", "web"):
            healthy.wait_for(service, HEALTH, "unhealthy")
        assert healthy.judged() == but(d3="FAIL", d4="FAIL")
    finally:
        healthy.engine.docker("unpause", database)


def test_the_image_of_another_commit_is_found(release: Release) -> None:
    release.up(commit=OTHER_COMMIT)
    for service in ("server", "web"):
        release.wait_for(service, HEALTH, "healthy")
    assert release.judged() == but(d1="FAIL", d4="FAIL")
