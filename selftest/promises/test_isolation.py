from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

from gonogo.waiting import pause, wait_until
from selftest.promises.hiding_places import seen_in, sightings
from selftest.promises.runs import Started, box

LOOK_EVERY_S = 0.01
SUITE = b"\0-m\0pytest\0"


class Listener:
    """A server that nobody should reach; it notes whoever does."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.visitors: list[str] = []
        self._thread = threading.Thread(target=self._note, daemon=True)
        self._thread.start()

    def _note(self) -> None:
        with suppress(OSError):
            while True:
                visitor, address = self._socket.accept()
                self.visitors.append(str(address))
                visitor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)


class Onlooker:
    """Reads the variables of every process of a run but the suite's own, as long as it goes on."""

    def __init__(self, started: Started, texts: list[str]) -> None:
        self._started = started
        self._texts = texts
        self.seen: dict[str, str] = {}
        self.commands: set[str] = set()

    def watch(self) -> None:
        while self._started.goes_on:
            for each in self._started.processes():
                with suppress(OSError):
                    self._look(Path("/proc") / str(each.pid))
            pause(LOOK_EVERY_S)

    def _look(self, process: Path) -> None:
        before = (process / "cmdline").read_bytes()
        variables = (process / "environ").read_bytes()
        # Between fork and exec a child still shows what it was copied from.
        if (process / "cmdline").read_bytes() != before or SUITE in before:
            return
        command = before.replace(b"\0", b" ").decode("utf-8", "replace")
        self.commands.add(command)
        for text in seen_in(variables, self._texts):
            self.seen[text] = command


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        yield server


@pytest.fixture
def canaries(tmp_path: Path, listener: Listener) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    line = f"127.0.0.1:{listener.port}:*:*:canary-pgpass-5d1e77\n*:*:*:*:canary-pgpass-5d1e77\n"
    for path in (home / ".pgpass", tmp_path / "passfile"):
        path.write_text(line, "utf-8")
        path.chmod(0o600)
    (home / ".pg_service.conf").write_text(
        f"[canary-service-90aa12]\nhost=127.0.0.1\nport={listener.port}\n"
        "user=canary-pguser-3b8c41\npassword=canary-service-password-7e21\n",
        "utf-8",
    )
    address = f"canary-user-a1f0:canary-url-password-c0de99@127.0.0.1:{listener.port}"
    return {
        "HOME": str(home),
        "DATABASE_URL": f"postgresql://{address}/canary-url-database-11b2",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(listener.port),
        "PGUSER": "canary-pguser-3b8c41",
        "PGPASSWORD": "canary-pgpassword-42d0c3",
        "PGDATABASE": "canary-pgdatabase-8890ff",
        "PGSERVICE": "canary-service-90aa12",
        "PGPASSFILE": str(tmp_path / "passfile"),
        "VERCEL_TOKEN": "canary-vercel-d3adb33f01",
        "SENTRY_AUTH_TOKEN": "canary-sentry-d3adb33f02",
        "NETLIFY_AUTH_TOKEN": "canary-netlify-d3adb33f03",
        "GITHUB_TOKEN": "canary-github-d3adb33f04",
    }


@pytest.fixture
def texts(canaries: dict[str, str]) -> list[str]:
    """What must stand nowhere."""
    values = [value for value in canaries.values() if value.startswith("canary-")]
    parts = ["canary-user-a1f0", "canary-url-password-c0de99", "canary-url-database-11b2"]
    files = ["canary-pgpass-5d1e77", "canary-service-password-7e21"]
    return [canaries["DATABASE_URL"], *values, *parts, *files]


def test_the_box_uses_nothing_of_its_caller(
    tmp_path: Path, listener: Listener, canaries: dict[str, str], texts: list[str]
) -> None:
    place = box(tmp_path)
    with place.start("-m", "phase1", extra=canaries) as started:
        onlooker = Onlooker(started, texts)
        onlooker.watch()
        run = started.end()
    assert run.status == 0, run
    assert len(place.states) == 12
    assert set(place.states.values()) == {"PASS"}, place.states
    assert listener.visitors == []
    for name in ("postgres", "migrate.sh", "psql"):
        assert any(name in command for command in onlooker.commands), onlooker.commands
    assert onlooker.seen == {}
    assert seen_in(run.output.encode(), texts) == []
    assert sightings(place.reports, texts) == []


@pytest.mark.parametrize("command", ["doctor", "status"])
def test_a_look_at_the_box_uses_nothing_of_its_caller(
    tmp_path: Path, listener: Listener, canaries: dict[str, str], texts: list[str], command: str
) -> None:
    run = box(tmp_path).ask(command, extra=canaries)
    assert run.status in {0, 20}, run
    assert "Traceback" not in run.output
    assert "defect" not in run.output
    assert listener.visitors == []
    assert seen_in(run.output.encode(), texts) == []


def test_a_connection_would_have_been_seen(listener: Listener) -> None:
    socket.create_connection(("127.0.0.1", listener.port)).close()
    wait_until(lambda: listener.visitors, bool, what="the visit to be noted", timeout_s=10)
