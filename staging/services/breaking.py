"""Breaks a service's answers as its switches say, and records every request, also in a log."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gonogo.clock import rfc3339
from gonogo.waiting import pause_task
from staging.services.service import Service
from staging.services.switches import STATUSES, Break

REQUESTS_KEPT = 5000
ACCESS_LOG = "access.log"
HUGE_BYTES = 50_000_000
SLOW_S = 30.0
RETRY_AFTER_S = 7


HangUp = Callable[[tuple[str, int]], None]
"""Closes the connection of a client, given its address."""


class Breaking:
    """Stands between the server and a service."""

    def __init__(self, app: ASGIApp, service: Service, *, hang_up: HangUp) -> None:
        self._app = app
        self._service = service
        self._hang_up = hang_up
        self._log = (service.setup.folder / ACCESS_LOG).open("a", encoding="utf-8", buffering=1)
        self.requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_KEPT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, broken or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = self._recorded(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                record["status"] = message["status"]
                self._log.write(f"{json.dumps(record)}\n")
            await send(message)

        request = Request(scope, receive)
        if self._service.switches.on(Break.DOWN, path=scope["path"], method=scope["method"]):
            self._log.write(f"{json.dumps(record)}\n")
            self._hang_up(scope["client"])
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        instead = await self._instead(request)
        if instead is not None:
            await instead(scope, receive, sending)
        else:
            await self._passed(scope, receive, sending)

    def _recorded(self, scope: Scope) -> dict[str, Any]:
        """Keep what was asked and by what program: no other header and no body may be kept.

        They may hold keys.
        """
        record = {
            "at": rfc3339(self._service.setup.clock.now()),
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "agent": _agent(scope),
            "status": None,
        }
        self.requests.append(record)
        return record

    async def _instead(self, request: Request) -> Response | None:
        """Return the answer that a switch gives in place of the service."""
        on = self._service.switches.on
        asked = {"path": request.url.path, "method": request.method}
        if slow := on(Break.SLOW, **asked):
            await pause_task(float(slow.value or SLOW_S))
        if elsewhere := on(Break.ELSEWHERE, **asked):
            return RedirectResponse(str(elsewhere.value), status_code=302)
        if huge := on(Break.HUGE, **asked):
            return _huge(int(huge.value or HUGE_BYTES))
        if other := on(Break.INSTEAD, **asked):
            said = json.loads(str(other.value))
            return Response(said["body"], said["status"], said["headers"])
        for kind, status in STATUSES.items():
            if on(kind, **asked):
                answer = self._service.refusal(status, request)
                if kind is Break.LIMITED:
                    answer.headers.setdefault("Retry-After", str(RETRY_AFTER_S))
                return answer
        return None

    async def _passed(self, scope: Scope, receive: Receive, send: Send) -> None:
        on = self._service.switches.on
        asked = {"path": scope["path"], "method": scope["method"]}
        if on(Break.MALFORMED, **asked):
            await (await self._answer(scope, receive, _cut))(scope, receive, send)
        elif on(Break.EMPTY, **asked):
            await (await self._answer(scope, receive, _emptied))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(
        self, scope: Scope, receive: Receive, change: Callable[[bytes], bytes]
    ) -> Response:
        """Return the service's whole answer with its body changed."""
        start: Message = {}
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            body.extend(message.get("body", b""))

        await self._app(scope, receive, keep)
        answer = Response(change(bytes(body)), status_code=start["status"])
        for name, value in start["headers"]:
            if name.lower() not in {b"content-length", b"content-encoding"}:
                answer.headers[name.decode("latin-1")] = value.decode("latin-1")
        return answer


def _cut(body: bytes) -> bytes:
    return body[: max(len(body) // 2, 1)] if body else b"{"


def _emptied(body: bytes) -> bytes:
    """Return JSON of the same outer shape with nothing in its lists."""
    try:
        value = json.loads(body)
    except ValueError:
        return b""
    if isinstance(value, list):
        return b"[]"
    lists = {k: [] if isinstance(v, list) else v for k, v in value.items()}
    return bytes(JSONResponse(lists if lists != value else {}).body)


def _huge(size_bytes: int) -> Response:
    block = b" " * 65_536

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(size_bytes // len(block)):
            yield block

    return StreamingResponse(blocks(), media_type="application/json")


def _agent(scope: Scope) -> str:
    """Return the name of the program that asks, as it calls itself, without its details."""
    said = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    return str(said.decode("latin-1").partition("/")[0])
