from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.waiting import wait_until
from selftest.services.conftest import Starting
from staging.services.company import Company, Order

ECHO = Order(name="echo", service="selftest.services.echo:Echo", options={"key": "hunter22"})
OWNER = """
import sys
from pathlib import Path
from staging.services.company import Company, Order
company = Company(folder=Path(sys.argv[1]))
print(company.reserve(["echo"])["echo"], flush=True)
company.start([Order(name="echo", service="selftest.services.echo:Echo")])
print("started", flush=True)
sys.stdin.read()
"""


def accepts(address: str) -> bool:
    place = urlsplit(address)
    try:
        socket.create_connection((place.hostname or "", place.port or 0), timeout=5).close()
    except OSError:
        return False
    return True


def test_services_answer_keep_state_and_are_reset(company: Starting) -> None:
    made = company(ECHO)
    address = made.addresses["echo"]
    assert httpx.get(f"{address}/said/one").json() == {"heard": ["one"]}
    assert made.state("echo") == {"heard": ["one"]}
    made.reset("echo")
    assert made.state("echo") == {"heard": []}
    assert made.requests("echo") == []


def test_what_was_asked_is_told_and_logged_without_headers(
    company: Starting, tmp_path: Path
) -> None:
    made = Company(folder=tmp_path)
    address = made.reserve(["echo"])["echo"]
    made.start([ECHO])
    try:
        httpx.get(f"{address}/said/two?loud=yes", headers={"Authorization": "Bearer hunter22"})
        (asked,) = made.requests("echo")
        assert (asked["method"], asked["path"], asked["status"]) == ("GET", "/said/two", 200)
        assert asked["query"] == "loud=yes"
        logged = (tmp_path / "echo" / "access.log").read_text("utf-8")
        assert json.loads(logged) == asked
        assert "hunter22" not in logged
    finally:
        made.stop()


def test_two_companies_do_not_meet(company: Starting) -> None:
    first, second = company(ECHO), company(ECHO)
    httpx.get(f"{first.addresses['echo']}/said/mine")
    assert second.state("echo") == {"heard": []}


def test_the_control_is_closed_to_who_has_no_key(company: Starting) -> None:
    made = company(ECHO)
    control = made.control_address
    assert httpx.get(f"{control}/echo/state").status_code == 404
    assert httpx.delete(f"{control}/echo/state").status_code == 404
    wrong = {"Authorization": "Bearer guessed"}
    assert httpx.post(f"{control}/echo/switches", headers=wrong, json={}).status_code == 404


def test_nothing_of_a_stopped_company_stays(tmp_path: Path) -> None:
    made = Company(folder=tmp_path)
    address = made.reserve(["echo"])["echo"]
    made.start([ECHO])
    assert accepts(address)
    made.stop()
    made.stop()
    assert not accepts(address)


def test_services_that_died_refuse_rather_than_hang(tmp_path: Path) -> None:
    made = Company(folder=tmp_path)
    address = made.reserve(["echo"])["echo"]
    made.start([ECHO])
    os.kill(made.process_id, signal.SIGKILL)
    wait_until(lambda: accepts(address), lambda still: not still, what="a refusal", timeout_s=10)
    made.stop()


def test_a_service_that_cannot_start_is_told_with_its_log(tmp_path: Path) -> None:
    made = Company(folder=tmp_path)
    made.reserve(["echo"])
    refusing = Order(name="echo", service=ECHO.service, options={"refuses": True})
    with pytest.raises(CannotTell, match="an option nobody understands"):
        made.start([refusing])


def test_services_end_with_an_owner_that_was_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    )
    assert owner.stdout is not None
    address = owner.stdout.readline().strip()
    assert owner.stdout.readline().strip() == "started"
    assert accepts(address)
    os.kill(owner.pid, signal.SIGKILL)
    owner.communicate()
    wait_until(
        lambda: accepts(address),
        lambda still: not still,
        what="the port to be closed",
        timeout_s=10,
    )
