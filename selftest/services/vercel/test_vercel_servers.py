"""What was deployed is served, by servers that start and end on demand."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gonogo.waiting import wait_until
from selftest.services.conftest import Starting
from selftest.services.vercel.project import Deployment, Platform, at, orders


@pytest.fixture(scope="module")
def running(company: Starting, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    serve = {"at_most": 2, "idle_s": 1.0}
    with Platform(company(*orders(serve=serve)), tmp_path_factory.mktemp("projects")) as platform:
        yield platform


def server_of(platform: Platform, deployment: Deployment) -> int:
    """Return the process that serves *deployment*, found by the folder it runs in."""
    deployed = platform.company.state("vercel")["deployments"]
    (folder,) = (each["folder"] for each in deployed if each["id"] == deployment["id"])
    (process,) = (p for p in Path("/proc").glob("[0-9]*") if runs_in(p, Path(folder)))
    return int(process.name)


def runs_in(process: Path, folder: Path) -> bool:
    try:
        return is_server(process) and (process / "cwd").samefile(folder)
    except OSError:
        return False


def is_server(process: Path) -> bool:
    """Return whether a server of the product runs there; one that ended has no command any more."""
    try:
        return (process / "cmdline").read_bytes() == b"node\0server/index.mjs\0"
    except OSError:
        return False


def test_a_request_is_passed_on_as_it_came(platform: Platform) -> None:
    deployed = platform.deploy("one")
    path = "/echo/a%2Fb%20c?x=1&y=%20"
    answer = at(deployed, path, method="PUT", content=b"\x00body", headers={"X-Mine": "1"})
    got = answer.json()
    assert (got["url"], got["method"], got["body"]) == (path, "PUT", "\x00body")
    assert got["headers"]["x-mine"] == "1"
    assert got["headers"]["host"] == deployed["url"]
    assert at(deployed, method="HEAD").content == b""


def test_headers_of_the_configuration_are_added_where_the_server_gives_none(
    platform: Platform,
) -> None:
    deployed = platform.deploy("one")
    assert at(deployed).headers["x-frame-options"] == "SAMEORIGIN"
    assert "x-echo" not in at(deployed).headers
    assert at(deployed, "/echo/a/b").headers["x-echo"] == "yes"


def test_a_server_that_does_not_start_is_an_error_of_the_function(platform: Platform) -> None:
    answer = at(platform.deploy("will-not-start"))
    assert answer.headers["x-vercel-error"] == "FUNCTION_INVOCATION_FAILED"
    assert answer.status_code == 500


def test_an_answer_that_breaks_off_is_a_bad_gateway(platform: Platform) -> None:
    assert at(platform.deploy("one"), "/breaks-off").status_code == 502


def test_few_servers_run_at_once_and_idle_ones_end(platform: Platform) -> None:
    deployed = [platform.deploy(f"page-{n}") for n in range(3)]
    for each in deployed:
        assert at(each).status_code == 200
    running = platform.company.state("vercel")["servers"]
    assert running == [deployed[1]["id"], deployed[2]["id"]]
    wait_until(
        lambda: platform.company.state("vercel")["servers"],
        lambda found: found == [],
        what="the end of the idle servers",
        timeout_s=10,
    )
    assert at(deployed[0]).text.startswith("page-0")


def test_a_server_that_was_killed_is_started_again(platform: Platform) -> None:
    deployed = platform.deploy("one")
    assert at(deployed).status_code == 200
    os.kill(server_of(platform, deployed), signal.SIGKILL)
    wait_until(
        lambda: platform.company.state("vercel")["servers"],
        lambda found: found == [],
        what="notice of its end",
        timeout_s=10,
    )
    assert at(deployed).status_code == 200


def test_a_reset_ends_what_was_served_and_forgets_it(platform: Platform) -> None:
    deployed = platform.deploy("one")
    assert at(deployed).status_code == 200
    platform.company.reset("vercel")
    assert platform.company.state("vercel") == {"deployments": [], "live": None, "servers": []}
    assert httpx.get(platform.production).status_code == 404


def test_no_server_outlives_the_services(company: Starting, tmp_path: Path) -> None:
    with Platform(company(*orders()), tmp_path) as platform:
        deployed = platform.deploy("one")
        at(deployed)
        process = Path("/proc", str(server_of(platform, deployed)))
        services = int((process / "stat").read_text("ascii").split()[3])
        os.kill(services, signal.SIGKILL)
        wait_until(lambda: is_server(process), lambda runs: not runs, what="its end", timeout_s=10)
