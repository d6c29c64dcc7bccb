"""A container engine, Docker's or Podman's: what it says of a compose project's containers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gonogo.errors import ToolMissing
from gonogo.services import ServiceAccess
from gonogo.vendors.hosting import understood
from gonogo.vendors.transport import Transport

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
ONE_OFF_LABEL = "com.docker.compose.oneoff"
"""Whether ``docker compose run`` made it: it is in the project, and no part of what is served."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container; ``health`` is empty where its image declares no health check."""

    service: str
    state: str
    is_running: bool
    restarts: int
    exit_code: int
    health: str
    last_health_output: str
    image_id: str

    def __str__(self) -> str:
        """Read as one line."""
        words = [f"{self.service}: {self.state}", f"{self.restarts} restarts"]
        if not self.is_running:
            words.append(f"exit code {self.exit_code}")
        words.append(f"health {self.health or 'not checked'}")
        if self.last_health_output and self.health != "healthy":
            words.append(self.last_health_output)
        return ", ".join(words)


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image of this machine: its digest, names and environment."""

    id: str
    names: tuple[str, ...]
    variables: Mapping[str, str]

    def __str__(self) -> str:
        """Read as its names and its digest."""
        return f"{', '.join(self.names) or 'no name'}: {self.id}"


class Docker:
    """Reads one compose project; source: docs.docker.com/reference/api/engine."""

    def __init__(self, transport: Transport, *, project: str) -> None:
        self._ask = transport
        self._project = project
        self.where = f"{transport.where}, project {project}"

    def containers(self) -> tuple[Container, ...]:
        """Return the containers of the project's services, stopped ones too, by service.

        Raises:
            CannotTell: the engine cannot be asked.
        """
        with understood("the container engine", self.where):
            version = self._version()
            filters = json.dumps({"label": [f"{PROJECT_LABEL}={self._project}"]})
            listed = self._ask.get(f"{version}/containers/json", all="true", filters=filters)
            found = [
                _container(self._ask.get(f"{version}/containers/{each['Id']}/json"))
                for each in listed
                if (each.get("Labels") or {}).get(ONE_OFF_LABEL) != "True"
            ]
        return tuple(sorted(found, key=lambda each: each.service))

    def image(self, image_id: str) -> Image:
        """Return an image; raises CannotTell where it cannot be read."""
        with understood("the container engine", self.where):
            said = self._ask.get(f"{self._version()}/images/{image_id}/json")
            given = (said.get("Config") or {}).get("Env") or ()
            pairs = (each.partition("=") for each in given)
            return Image(
                id=said["Id"],
                names=tuple(said.get("RepoTags") or ()),
                variables={name: value for name, _, value in pairs},
            )

    def _version(self) -> str:
        """Return the path of the engine's own version: a newer one refuses older paths."""
        return f"/v{self._ask.get('/version')['ApiVersion']}"


def engine_at(socket: str, *, project: str) -> Docker:
    """Return the engine that listens on *socket*.

    Raises:
        ToolMissing: there is no such socket.
    """
    if not Path(socket).is_socket():
        raise ToolMissing(
            "no container engine answers on this machine",
            where=socket,
            expected="the socket of Docker or Podman",
            found="no such socket",
            do="run this where the containers run; start the engine (systemctl start docker, or"
            " podman system service), or name its socket in deployment.docker.socket",
        )
    access = ServiceAccess(name="the container engine", url="http://localhost")
    via = httpx.HTTPTransport(uds=socket)
    return Docker(Transport(access=access, via=via), project=project)


def _container(said: Mapping[str, Any]) -> Container:
    state = said["State"]
    health = state.get("Health") or {}
    log = health.get("Log") or [{}]
    status = health.get("Status") or ""
    return Container(
        service=said["Config"]["Labels"].get(SERVICE_LABEL) or said["Name"].lstrip("/"),
        state=state["Status"],
        is_running=state["Running"] and not state.get("Restarting") and not state.get("Paused"),
        restarts=said.get("RestartCount", 0),
        exit_code=state.get("ExitCode", 0),
        health="" if status == "none" else status,
        last_health_output=str(log[-1].get("Output") or "").strip(),
        image_id=said["Image"],
    )
