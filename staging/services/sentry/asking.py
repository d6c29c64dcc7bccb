"""What a request to Sentry's API asks for: its period, its page; and how it is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

PERIOD = re.compile(r"(\d+)([smhdw])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST_S = 10 * 365 * 86_400
PAGE = 100
CURSOR = re.compile(r"\d+:(\d+):[01]")


class Refused(Exception):
    """The request is refused with *status* and Sentry's ``detail``."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Period:
    """From *start* up to, not including, *end*."""

    start: datetime
    end: datetime

    def has(self, when: datetime) -> bool:
        """Whether *when* lies in it."""
        return self.start <= when < self.end


def seconds(text: str) -> int:
    """Return the length of ``24h`` and the like; raises Refused."""
    found = PERIOD.fullmatch(text)
    if not found:
        raise Refused(400, f"Invalid statsPeriod: {text!r}")
    return int(found[1]) * SECONDS[found[2]]


def period(request: Request, *, now: datetime, usual: str) -> Period:
    """Return the period that the query names, else the *usual* one before *now*."""
    query = request.query_params
    if query.get("start") or query.get("end"):
        if query.get("statsPeriod"):
            raise Refused(400, "Cannot have statsPeriod together with start and end")
        if not (query.get("start") and query.get("end")):
            raise Refused(400, "start and end are both required")
        found = Period(start=_time(query["start"]), end=_time(query["end"]))
        if found.start >= found.end:
            raise Refused(400, "start must be before end")
        return found
    length_s = seconds(query.get("statsPeriod") or usual)
    if length_s > LONGEST_S:
        raise Refused(400, "Invalid statsPeriod: too long")
    return Period(start=now - timedelta(seconds=length_s), end=now + timedelta(seconds=1))


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refused(400, f"Invalid date: {text!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object of the body, empty where there is no body; raises Refused."""
    try:
        found = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise Refused(400, f"JSON parse error - {error}") from None
    if not isinstance(found, dict):
        raise Refused(400, "Invalid data. Expected a dictionary.")
    return found


def paged(request: Request, found: Sequence[Any], *, size: str = "per_page") -> Response:
    """Return one page of *found*, with Sentry's ``Link`` header to the others."""
    start, limit, link = _page(request, len(found), size)
    return JSONResponse(list(found[start : start + limit]), headers={"Link": link})


def linked(request: Request, found: Sequence[Any], *, size: str = "per_page") -> tuple[Any, str]:
    """Return the rows of the page and its ``Link`` header, for answers that are no plain list."""
    start, limit, link = _page(request, len(found), size)
    return list(found[start : start + limit]), link


def _page(request: Request, total: int, size: str) -> tuple[int, int, str]:
    text = request.query_params.get(size, str(PAGE))
    if not text.isdigit() or not 1 <= int(text) <= PAGE:
        raise Refused(400, f"Invalid {size} parameter. Must be between 1 and {PAGE}.")
    cursor = request.query_params.get("cursor", "0:0:0")
    place = CURSOR.fullmatch(cursor)
    if not place:
        raise Refused(400, "Invalid cursor parameter.")
    start, limit = int(place[1]), int(text)

    def to(rel: str, first: int, *, some: bool) -> str:
        target = f"0:{first}:{int(rel == 'previous')}"
        url = request.url.include_query_params(cursor=target)
        return f'<{url}>; rel="{rel}"; results="{str(some).lower()}"; cursor="{target}"'

    before = to("previous", max(start - limit, 0), some=start > 0)
    return start, limit, f"{before}, {to('next', start + limit, some=start + limit < total)}"
