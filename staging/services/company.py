"""Starts the services side by side and holds on to them."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import httpx

from gonogo.errors import CannotTell
from staging.services.breaking import ACCESS_LOG
from staging.services.switches import Break, Switch

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
CONTROL = "control"
LOG = "services.log"


@dataclass(frozen=True, kw_only=True)
class Order:
    """One service to start: ``module:Class`` and what it needs to know."""

    name: str
    service: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Company:
    """The running services of one box."""

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self._key = secrets.token_urlsafe(24)
        self._listening: dict[str, socket.socket] = {}
        self._addresses: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._control: httpx.Client | None = None

    def reserve(self, names: Sequence[str]) -> Mapping[str, str]:
        """Listen for every name on a free port of its own; return the addresses."""
        for name in [*names, CONTROL]:
            listening = socket.create_server(("127.0.0.1", 0), backlog=128)
            self._listening[name] = listening
            self._addresses[name] = f"http://127.0.0.1:{listening.getsockname()[1]}"
        return self.addresses

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where each service listens, by name."""
        return {name: where for name, where in self._addresses.items() if name != CONTROL}

    @property
    def control_address(self) -> str:
        """Where the switches are turned; it asks for the company's own key."""
        return self._addresses[CONTROL]

    def start(self, orders: Sequence[Order]) -> None:
        """Start the services that were reserved; returns when all of them answer.

        Raises:
            CannotTell: when they do not start, with the end of their log.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        fds = {name: listening.fileno() for name, listening in self._listening.items()}
        order = {
            "folder": str(self.folder),
            "addresses": dict(self.addresses),
            "control": {"fd": fds[CONTROL], "key": self._key},
            "services": [
                {"name": o.name, "class": o.service, "fd": fds[o.name], "options": dict(o.options)}
                for o in orders
            ],
        }
        with (self.folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "staging.services.host", str(self.folder / LOG)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=list(fds.values()),
                cwd=Path(__file__).parents[2],
                env=_environment(),
                start_new_session=True,
            )
        self._tell(order)
        self._let_go()  # a connection to services that died is refused, not left waiting
        self._control = httpx.Client(
            base_url=self.control_address,
            headers={"Authorization": f"Bearer {self._key}"},
            trust_env=False,
        )

    def _tell(self, order: Mapping[str, Any]) -> None:
        """Send the order and wait for ``ready``."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        alarm = Timer(START_TIMEOUT_S, process.kill)
        alarm.start()
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        finally:
            alarm.cancel()
        if answer.strip() != b"ready":
            log = (self.folder / LOG).read_text("utf-8", errors="replace")[-2000:]
            self.stop()
            raise CannotTell(
                "the box's services did not start",
                where=str(self.folder / LOG),
                expected=f"ready within {START_TIMEOUT_S:.0f} s",
                found=log or "no word",
                do="read the log",
            )

    def stop(self) -> None:
        """Stop them; twice is harmless."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            process, self._process = self._process, None
            try:
                process.communicate(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        self._let_go()

    def _let_go(self) -> None:
        while self._listening:
            self._listening.popitem()[1].close()

    def access_log(self, service: str) -> Path:
        """Return the file with one line of JSON for each request to *service*."""
        return self.folder / service / ACCESS_LOG

    @property
    def process_id(self) -> int:
        """The number of the process that all services run in."""
        assert self._process is not None, "the services are not running"
        return self._process.pid

    def turn_on(self, service: str, kind: Break, **how: Any) -> None:  # noqa: ANN401 - as in Switch
        """Break *service*."""
        switch = asdict(Switch(kind=kind, **how))
        self._ask("POST", f"/{service}/switches", json=switch)

    def clear(self, service: str) -> None:
        """Mend *service*."""
        self._ask("DELETE", f"/{service}/switches")

    def reset(self, service: str) -> None:
        """Mend *service* and make its state what it was at the start."""
        self._ask("DELETE", f"/{service}/state")

    def keep(self, service: str) -> None:
        """Keep the state of *service* as it is now, until it is reset."""
        self._ask("POST", f"/{service}/kept")

    def bring_back(self, service: str) -> None:
        """Mend *service* and make its state what it was when it was kept."""
        self._ask("PUT", f"/{service}/kept")

    def restart(self, service: str) -> None:
        """End the programs that *service* runs; they start again when they are needed."""
        self._ask("DELETE", f"/{service}/programs")

    def state(self, service: str) -> Any:  # noqa: ANN401 - JSON of the service's own
        """Return what *service* tells of its state."""
        return self._ask("GET", f"/{service}/state").json()

    def requests(self, service: str) -> Sequence[Mapping[str, Any]]:
        """Return what *service* was asked: each with time, method, path, query, agent, status."""
        found: Sequence[Mapping[str, Any]] = self._ask("GET", f"/{service}/requests").json()
        return found

    def _ask(self, method: str, path: str, **how: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        assert self._control is not None, "the services are not running"
        return self._control.request(method, path, **how).raise_for_status()


def _environment() -> dict[str, str]:
    """Return the little that the services may know of this machine."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}
