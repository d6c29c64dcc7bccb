"""Writes the answers: status, ranges, applied preferences, body."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from staging.services.supabase.pool import Caller
from staging.services.supabase.preferences import (
    Preferences,
    Wanted,
    content_range,
    range_status,
)
from staging.services.supabase.refusals import Refusal, bad_range


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, as far as it can be understood without the database."""

    request: Request
    caller: Caller
    schema: str
    preferences: Preferences
    wanted: Wanted
    body: bytes

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.method

    @property
    def query(self) -> str:
        """The query string."""
        return self.request.url.query


@dataclass(frozen=True, kw_only=True)
class Found:
    """The one row of an answer's statement."""

    total: int | None
    rows: int
    body: str
    updated: int


def read_answer(
    asked: Asked, first: int, found: Found, total: int | None, *, is_void: bool
) -> Response:
    """Return the answer to a read whose rows begin at *first* of *total*."""
    status = range_status(first, found.rows, total)
    headers = {"Content-Range": content_range(first, found.rows, total)}
    if status == 416:
        details = f"An offset of {first} was requested, but there are only {total} rows."
        refusal = bad_range(details)
        refusal.headers.update(headers)
        return refused(refusal)
    if is_void:
        return _written(asked, 204, headers, "")
    return _written(asked, status, headers, found.body)


def change_answer(asked: Asked, found: Found) -> Response:
    """Return the answer to an insert, update or delete."""
    rows = found.rows
    counted = rows if asked.preferences.given.get("count") == "exact" else None
    shows = asked.preferences.shows_rows
    if asked.method == "POST":
        merged = asked.preferences.resolution == "merge" and rows - found.updated <= 0
        status = 200 if merged else 201
    else:
        status = 200 if shows else 204
    touched = rows if asked.method == "PATCH" else 0
    headers = {"Content-Range": content_range(0, touched, counted)}
    return _written(asked, status, headers, found.body if shows else "")


def _written(asked: Asked, status: int, headers: dict[str, str], body: str) -> Response:
    applied = asked.preferences.applied(asked.method)
    if applied:
        headers["Preference-Applied"] = applied
    if asked.request.headers.get("accept-profile") or asked.request.headers.get("content-profile"):
        headers["Content-Profile"] = asked.schema
    answer = Response(body, status_code=status, headers=headers)
    if body or asked.method == "HEAD":
        answer.headers["Content-Type"] = f"{asked.wanted.media_type}; charset=utf-8"
    return answer


def refused(refusal: Refusal) -> Response:
    """Return *refusal* as an answer."""
    answer = JSONResponse(refusal.body, status_code=refusal.status, headers=refusal.headers)
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    answer.headers["Proxy-Status"] = f"PostgREST; error={refusal.code}"
    return answer
