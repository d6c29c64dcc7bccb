"""Runs the services in one process until its standard input ends.

Started as a program of its own: the first line of standard input is the order as JSON (classes,
listening sockets, options, folders); it answers ``ready`` on standard output when every service
listens. When the owner closes the input, or dies in any way, it stops.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from staging.services.breaking import Breaking
from staging.services.listener import quiet_server
from staging.services.service import Service, Setup, bearer
from staging.services.switches import Switch

CONTROL = "control"


class Hosted:
    """One running service."""

    def __init__(
        self,
        order: Mapping[str, Any],
        addresses: Mapping[str, str],
        folder: Path,
        others: Mapping[str, Service],
    ) -> None:
        module, _, name = order["class"].partition(":")
        self.service: Service = getattr(import_module(module), name)(
            Setup(
                address=addresses[order["name"]],
                addresses=addresses,
                options=order["options"],
                folder=folder,
                others=others,
            )
        )
        app = Starlette(routes=list(self.service.routes()))
        self.breaking = Breaking(app, self.service, hang_up=self._hang_up)
        self.server = quiet_server(self.breaking)
        self.listening = socket.socket(fileno=order["fd"])

    def _hang_up(self, client: tuple[str, int]) -> None:
        for connection in list(self.server.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None and tuple(transport.get_extra_info("peername")) == client:
                transport.abort()


class Control:
    """Turns switches on and off, resets, and tells what was asked; for tests alone."""

    def __init__(self, hosted: Mapping[str, Hosted], *, key: str) -> None:
        self._hosted = hosted
        self._key = key

    def app(self) -> Starlette:
        """Return its own small interface, one path per service."""
        return Starlette(
            routes=[
                Route("/{service}/switches", self._turn_on, methods=["POST"]),
                Route("/{service}/switches", self._clear, methods=["DELETE"]),
                Route("/{service}/state", self._reset, methods=["DELETE"]),
                Route("/{service}/state", self._state),
                Route("/{service}/kept", self._keep, methods=["POST"]),
                Route("/{service}/kept", self._bring_back, methods=["PUT"]),
                Route("/{service}/programs", self._restart, methods=["DELETE"]),
                Route("/{service}/requests", self._requests),
            ]
        )

    def _asked(self, request: Request) -> Hosted | None:
        known = bearer(request) == self._key
        return self._hosted.get(request.path_params["service"]) if known else None

    async def _turn_on(self, request: Request) -> Response:
        if (hosted := self._asked(request)) is None:
            return _unknown()
        try:
            hosted.service.switches.turn_on(Switch.from_json(await request.json()))
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    async def _clear(self, request: Request) -> Response:
        if (hosted := self._asked(request)) is None:
            return _unknown()
        hosted.service.switches.clear()
        return Response(status_code=204)

    async def _reset(self, request: Request) -> Response:
        if (hosted := self._asked(request)) is None:
            return _unknown()
        hosted.service.switches.clear()
        hosted.service.reset()
        hosted.breaking.requests.clear()
        return Response(status_code=204)

    async def _keep(self, request: Request) -> Response:
        if (hosted := self._asked(request)) is None:
            return _unknown()
        await hosted.service.keep()
        return Response(status_code=204)

    async def _bring_back(self, request: Request) -> Response:
        if (hosted := self._asked(request)) is None:
            return _unknown()
        hosted.service.switches.clear()
        await hosted.service.bring_back()
        hosted.breaking.requests.clear()
        return Response(status_code=204)

    async def _restart(self, request: Request) -> Response:
        if (hosted := self._asked(request)) is None:
            return _unknown()
        await hosted.service.restart()
        return Response(status_code=204)

    async def _state(self, request: Request) -> Response:
        hosted = self._asked(request)
        return _unknown() if hosted is None else JSONResponse(dict(hosted.service.belongings()))

    async def _requests(self, request: Request) -> Response:
        hosted = self._asked(request)
        return _unknown() if hosted is None else JSONResponse(list(hosted.breaking.requests))


def _unknown() -> Response:
    return JSONResponse({"error": "no such service, or a wrong control key"}, status_code=404)


async def serve(order: Mapping[str, Any], ended: asyncio.Event) -> None:
    """Run all services of *order* until *ended*."""
    addresses: Mapping[str, str] = order["addresses"]
    hosted: dict[str, Hosted] = {}
    services: dict[str, Service] = {}
    for service in order["services"]:
        folder = Path(order["folder"]) / service["name"]
        folder.mkdir(parents=True, exist_ok=True)
        hosted[service["name"]] = Hosted(service, addresses, folder, services)
        services[service["name"]] = hosted[service["name"]].service
    control = quiet_server(Control(hosted, key=order["control"]["key"]).app())
    listening = socket.socket(fileno=order["control"]["fd"])
    servers = [(each.server, each.listening) for each in hosted.values()]
    running = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, listener in [*servers, (control, listening)]
    ]
    for each in hosted.values():
        await each.service.start()
    print("ready", flush=True)
    await ended.wait()
    for each in hosted.values():
        await each.service.stop()
    for server, _ in [*servers, (control, listening)]:
        server.should_exit = True
    await asyncio.gather(*running)


def _watch(owner: BinaryIO, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    owner.read()
    loop.call_soon_threadsafe(ended.set)


async def _main(arguments: Sequence[str]) -> None:
    logging.basicConfig(filename=arguments[0], level=logging.WARNING)
    order = json.loads(sys.stdin.buffer.readline())
    ended = asyncio.Event()
    watching = (sys.stdin.buffer, asyncio.get_running_loop(), ended)
    threading.Thread(target=_watch, args=watching, daemon=True).start()
    await serve(order, ended)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1:]))
