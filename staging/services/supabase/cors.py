"""Lets pages of any origin read the answers, as the platform's gateway does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from staging.services.supabase.doorman import NoKey

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
ALLOWED = (
    "accept, accept-profile, apikey, authorization, content-profile, content-type, prefer, range, "
    "range-unit, x-client-info, x-retry-count, x-supabase-api-version"
)
EXPOSED = (
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, "
    "Preference-Applied, Range-Unit, Server, Transfer-Encoding, X-Supabase-Api-Version"
)


def open_to_pages(answer: Response) -> Response:
    """Return *answer* with the headers that let a page read it."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Expose-Headers"] = EXPOSED
    return answer


def shared(endpoint: Endpoint) -> Endpoint:
    """Return *endpoint* with answers for pages, for their questions before, and without a key."""

    async def answered(request: Request) -> Response:
        if request.method == "OPTIONS":
            return preflight(request)
        try:
            return open_to_pages(await endpoint(request))
        except NoKey as error:
            return open_to_pages(JSONResponse(error.body, status_code=401))

    return answered


def preflight(request: Request) -> Response:
    """Return what a page may send."""
    wanted = request.headers.get("access-control-request-headers", ALLOWED)
    answer = open_to_pages(Response(status_code=200))
    answer.headers["Access-Control-Allow-Headers"] = wanted
    answer.headers["Access-Control-Allow-Methods"] = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS"
    answer.headers["Access-Control-Max-Age"] = "3600"
    return answer
