"""The part of the engine's API that tells of a compose project; nothing runs behind it.

Where no engine is, what only an engine knows is told by this. It is labelled a stand-in wherever
it is used.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from staging.services.listener import quiet_server

STANDS_IN_FOR = "the Docker engine: its API for containers and images, in a local server"
VERSION = "1.41"
BUILT_AT = "2026-01-25T10:00:00Z"
STARTED_AT = "2026-01-25T10:01:00Z"


@dataclass(kw_only=True)
class ToldContainer:
    """One container of a project, as the engine tells of it; *health* None: no health check."""

    service: str
    variables: dict[str, str] = field(default_factory=dict)
    state: str = "running"
    restarts: int = 0
    exit_code: int = 0
    health: str | None = "healthy"
    health_output: str = ""
    is_one_off: bool = False
    """Whether it was run once beside the service's own, as ``docker compose run`` does."""

    @property
    def id(self) -> str:
        """The container's id."""
        return sha256(f"container {self.name}".encode()).hexdigest()

    @property
    def name(self) -> str:
        """The end of its name, after the project's."""
        return f"{self.service}-{'run-0a1b2c3d4e5f' if self.is_one_off else '1'}"

    @property
    def image_id(self) -> str:
        """The digest of its image: another one for other variables."""
        content = f"image {self.service} {sorted(self.variables.items())}"
        return f"sha256:{sha256(content.encode()).hexdigest()}"


@dataclass(kw_only=True)
class Engine:
    """An engine that knows one compose project."""

    project: str
    containers: list[ToldContainer] = field(default_factory=list)
    is_broken: bool = False
    """Whether it answers every question with an error."""

    def of(self, service: str) -> ToldContainer:
        """Return the container of *service*."""
        return next(each for each in self.containers if each.service == service)

    @contextmanager
    def listening(self, place: Path) -> Iterator[None]:
        """Answer on the unix socket *place* until the context ends."""
        server = quiet_server(self._app())
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(place))
            listening.listen()
            serving = threading.Thread(
                target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
            )
            serving.start()
            try:
                yield
            finally:
                server.should_exit = True
                serving.join()

    def _app(self) -> Starlette:
        version = "/v{version}"
        return Starlette(
            routes=[
                Route("/version", self._version),
                Route(f"{version}/containers/json", self._list),
                Route(f"{version}/containers/{{id}}/json", self._container),
                Route(f"{version}/images/{{id}}/json", self._image),
            ]
        )

    def _answer(self, body: Any) -> Response:  # noqa: ANN401 - any JSON
        if self.is_broken:
            return JSONResponse({"message": "cannot reach the storage"}, 500)
        if body is None:
            return JSONResponse({"message": "No such container or image"}, 404)
        return JSONResponse(body)

    async def _version(self, _request: Request) -> Response:
        return self._answer({"Version": "20.10.24", "ApiVersion": VERSION, "MinAPIVersion": "1.12"})

    async def _list(self, request: Request) -> Response:
        filters = json.loads(request.query_params.get("filters", "{}"))
        wanted = filters.get("label", [f"com.docker.compose.project={self.project}"])
        is_ours = f"com.docker.compose.project={self.project}" in wanted
        found = self.containers if is_ours else []
        return self._answer([self._summary(each) for each in found])

    async def _container(self, request: Request) -> Response:
        asked = request.path_params["id"]
        found = [each for each in self.containers if each.id == asked]
        return self._answer(self._told(found[0]) if found else None)

    async def _image(self, request: Request) -> Response:
        asked = request.path_params["id"]
        found = [each for each in self.containers if each.image_id == asked]
        return self._answer(_image(self.project, found[0]) if found else None)

    def _labels(self, each: ToldContainer) -> Mapping[str, str]:
        return {
            "com.docker.compose.project": self.project,
            "com.docker.compose.service": each.service,
            "com.docker.compose.oneoff": str(each.is_one_off),
        }

    def _summary(self, each: ToldContainer) -> Mapping[str, Any]:
        return {
            "Id": each.id,
            "Names": [f"/{self.project}-{each.name}"],
            "Image": f"{self.project}-{each.service}:latest",
            "ImageID": each.image_id,
            "State": each.state,
            "Status": each.state,
            "Labels": self._labels(each),
        }

    def _told(self, each: ToldContainer) -> Mapping[str, Any]:
        state: dict[str, Any] = {
            "Status": each.state,
            "Running": each.state in {"running", "restarting"},
            "Paused": False,
            "Restarting": each.state == "restarting",
            "OOMKilled": False,
            "Dead": False,
            "Pid": 0,
            "ExitCode": each.exit_code,
            "Error": "",
            "StartedAt": STARTED_AT,
            "FinishedAt": "0001-01-01T00:00:00Z",
        }
        if each.health is not None:
            look = {"Start": STARTED_AT, "End": STARTED_AT, "ExitCode": 0}
            log = [{**look, "Output": each.health_output}]
            state["Health"] = {"Status": each.health, "FailingStreak": 0, "Log": log}
        return {
            "Id": each.id,
            "Created": BUILT_AT,
            "Name": f"/{self.project}-{each.name}",
            "Image": each.image_id,
            "RestartCount": each.restarts,
            "State": state,
            "Config": {
                "Labels": self._labels(each),
                "Env": [f"{name}={value}" for name, value in each.variables.items()],
            },
        }


def _image(project: str, each: ToldContainer) -> Mapping[str, Any]:
    return {
        "Id": each.image_id,
        "RepoTags": [f"{project}-{each.service}:latest"],
        "RepoDigests": [],
        "Created": BUILT_AT,
        **dict.fromkeys(("Parent", "Comment", "Container", "DockerVersion", "Author"), ""),
        "Architecture": "amd64",
        "Os": "linux",
        "Size": 1,
        "VirtualSize": 1,
        "GraphDriver": {"Name": "overlay2", "Data": {}},
        "RootFS": {"Type": "layers", "Layers": []},
        "Config": {"Env": [f"{name}={value}" for name, value in each.variables.items()]},
    }
