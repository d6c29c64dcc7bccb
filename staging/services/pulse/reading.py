"""Reads what a request to Pulse asks for, and refuses what it cannot mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

PAGE = 50
MOST_OFFSET = 1_000_000


class Refused(Exception):
    """The request is refused with *status*, *code* and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def whole(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    """Return the number of that name; raises Refused outside of *least* to *most*."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise Refused(400, "invalid_parameter", f"{name} must be from {least} to {most}.")
    return int(text)


def flag(request: Request, name: str, *, default: bool) -> bool:
    """Return whether *name* is true; raises Refused for what is neither true nor false."""
    text = request.query_params.get(name, str(default).lower())
    if text not in {"true", "false"}:
        raise Refused(400, "invalid_parameter", f"{name} must be true or false.")
    return text == "true"


def moment(request: Request, name: str) -> datetime | None:
    """Return the time of that name, in UTC where it has no zone; raises Refused when it is none."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refused(400, "invalid_parameter", f"{name} must be an ISO 8601 time.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def page(request: Request, found: Sequence[Any], *, most: int) -> dict[str, Any]:
    """Return the page of *found* that was asked for, with its ``pagination``."""
    limit = whole(request, "limit", default=PAGE, least=1, most=most)
    offset = whole(request, "offset", default=0, least=0, most=MOST_OFFSET)
    more = offset + limit < len(found)
    pagination = {"total": len(found), "limit": limit, "offset": offset, "has_more": more}
    return {"data": list(found[offset : offset + limit]), "pagination": pagination}
