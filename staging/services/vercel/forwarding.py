"""Passes requests on to the server of a deployment, as the platform's edge does."""

from __future__ import annotations

import contextlib
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from staging.services.vercel.serving import Served, ServerFailed, Servers
from staging.services.vercel.state import identifier

OF_ONE_CONNECTION = {
    b"connection",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
OF_THE_EDGE = {b"date", b"server"}
ANSWER_TIMEOUT_S = 60.0


class Edge:
    """What stands in front of the deployments of *vendor*, Vercel or Netlify."""

    def __init__(self, servers: Servers[Any], *, vendor: str = "Vercel") -> None:
        self._servers = servers
        self._vendor = vendor
        self._client = httpx.AsyncClient(
            trust_env=False,
            timeout=ANSWER_TIMEOUT_S,
            limits=httpx.Limits(max_connections=200, keepalive_expiry=2.0),
        )
        for name in list(self._client.headers):
            del self._client.headers[name]  # a request is passed on as it came

    async def close(self) -> None:
        """Close the connections to the servers."""
        await self._client.aclose()

    def app(self, deployment: Served) -> ASGIApp:
        """Return what answers at the deployment's own address."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await self.answer(deployment, scope, receive, send)

        return answer

    async def answer(
        self, deployment: Served | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer one request from *deployment*."""
        if deployment is None or deployment.folder is None:
            await _failed(404, "DEPLOYMENT_NOT_FOUND")(scope, receive, send)
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            async with self._servers.using(deployment) as address:
                await self._pass_on(Request(scope, receive), deployment, address, sending)
        except ServerFailed:
            await _failed(500, "FUNCTION_INVOCATION_FAILED")(scope, receive, send)
        except httpx.HTTPError:
            if has_begun:
                raise
            await _failed(502, "ROUTER_EXTERNAL_TARGET_ERROR")(scope, receive, send)

    async def _pass_on(
        self, request: Request, deployment: Served, address: str, send: Send
    ) -> None:
        scope = request.scope
        path = scope.get("raw_path") or scope["path"].encode()
        query = scope["query_string"]
        url = httpx.URL(address).copy_with(raw_path=path + (b"?" + query if query else b""))
        headers = [(n, v) for n, v in scope["headers"] if n not in OF_ONE_CONNECTION]
        host = request.headers.get("host", deployment.host)
        headers += [
            (b"x-forwarded-host", host.encode("latin-1")),
            (b"x-forwarded-proto", b"http"),
            (b"x-vercel-deployment-url", deployment.host.encode()),
        ]
        has_body = {"content-length", "transfer-encoding"} & set(request.headers)
        content = request.stream() if has_body else None
        asked = self._client.build_request(request.method, url, headers=headers, content=content)
        answer = await self._client.send(asked, stream=True)
        async with contextlib.aclosing(answer):
            await send(
                {
                    "type": "http.response.start",
                    "status": answer.status_code,
                    "headers": _headers(answer, request, deployment, self._vendor),
                }
            )
            async for block in answer.aiter_raw():
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def _headers(
    answer: httpx.Response, request: Request, deployment: Served, vendor: str
) -> list[tuple[bytes, bytes]]:
    """Return the server's headers, those of the configuration it lacks, and the edge's own."""
    left_out = OF_ONE_CONNECTION | OF_THE_EDGE
    headers = [(n.lower(), v) for n, v in answer.headers.raw if n.lower() not in left_out]
    given = {name for name, _ in headers}
    for name, value in deployment.header_rules.of(request.url.path):
        if name.lower().encode("latin-1") not in given:
            headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
    headers.append((b"server", vendor.encode()))
    if vendor == "Vercel":
        headers.append((b"x-vercel-id", f"iad1::{identifier(length=12)}".encode()))
    if deployment.target is None and b"x-robots-tag" not in given:
        headers.append((b"x-robots-tag", b"noindex"))
    return headers


def _failed(status: int, code: str) -> Response:
    """Return the edge's own error page."""
    return PlainTextResponse(
        f"{code}\n\n{identifier(length=12)}\n", status, {"x-vercel-error": code, "server": "Vercel"}
    )
