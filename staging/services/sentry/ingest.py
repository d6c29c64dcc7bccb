"""Takes what SDKs send, from servers and from browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from staging.services.sentry.envelope import (
    Envelope,
    Item,
    Malformed,
    key_in_dsn,
    key_in_header,
    parsed,
    unpacked,
)
from staging.services.switches import Break

if TYPE_CHECKING:
    from staging.services.sentry.service import Sentry

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-sentry-error,x-sentry-rate-limits,retry-after",
}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": (
        "x-sentry-auth,x-requested-with,x-forwarded-for,origin,referer,accept,content-type,"
        "authentication,authorization,content-encoding,transfer-encoding"
    ),
    "Access-Control-Max-Age": "86400",
}


class Ingest:
    """The endpoints below ``/api/{project_id}/``."""

    def __init__(self, service: Sentry) -> None:
        self._service = service

    async def preflight(self, _request: Request) -> Response:
        """Let any page send."""
        return Response(status_code=200, headers=PREFLIGHT)

    async def envelope(self, request: Request) -> Response:
        """Take an envelope."""
        try:
            envelope = parsed(await _body(request))
        except Malformed as malformed:
            return _answer(400, f"bad envelope data: {malformed}")
        return self._taken(request, envelope)

    async def store(self, request: Request) -> Response:
        """Take one event, as older SDKs send it."""
        try:
            item = Item(kind="event", header={}, payload=await _body(request))
            header = {"event_id": item.json().get("event_id")}
        except Malformed as malformed:
            return _answer(400, f"bad event data: {malformed}")
        return self._taken(request, Envelope(header=header, items=(item,)))

    def _taken(self, request: Request, envelope: Envelope) -> Response:
        headers = request.headers
        key = (
            key_in_header(headers.get("x-sentry-auth", ""))
            or key_in_header(headers.get("authorization", ""))
            or request.query_params.get("sentry_key", "")
            or key_in_dsn(envelope.header.get("dsn"))
        )
        account = self._service.account
        if not key:
            return _answer(401, "bad envelope authentication header: missing authorization")
        if str(request.path_params["project_id"]) != account.project_id:
            return _answer(404, "event submission rejected with_reason: ProjectId")
        if not any(each["public"] == key and each.get("active", True) for each in account.keys):
            return _answer(403, "event submission rejected with_reason: ProjectId")
        times = 1
        if self._service.switches.on(Break.NEVER, path=request.url.path, method="POST"):
            times = 0
        elif self._service.switches.on(Break.TWICE, path=request.url.path, method="POST"):
            times = 2
        try:
            event_id = self._service.store.take(envelope, times=times)
        except Malformed as malformed:
            return _answer(400, f"bad envelope data: {malformed}")
        return JSONResponse({"id": event_id} if event_id else {}, headers=CORS)


async def _body(request: Request) -> bytes:
    return unpacked(await request.body(), request.headers.get("content-encoding", ""))


def _answer(status: int, detail: str) -> Response:
    headers = {**CORS, "X-Sentry-Error": detail}
    return JSONResponse({"detail": detail}, status_code=status, headers=headers)
