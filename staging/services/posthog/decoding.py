"""Reads what PostHog's SDKs send, in any of the ways that they pack it."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request

MOST_BYTES = 20_000_000
GZIP = b"\x1f\x8b"


class Undecodable(Exception):
    """The body is none that PostHog reads; says why."""


async def decoded(request: Request) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON of the body; raises Undecodable."""
    body = await request.body()
    compression = request.query_params.get("compression", "")
    if compression not in {"", "gzip", "gzip-js", "base64"}:
        raise Undecodable(f"unsupported compression {compression}")
    encoding = request.headers.get("content-encoding", "")
    if encoding not in {"", "identity", "gzip", "deflate"}:
        raise Undecodable(f"unsupported content encoding {encoding}")
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = _from_form(body)
    if body.startswith(GZIP) or encoding == "deflate":
        body = _unpacked(body)
    if not body:
        raise Undecodable("empty body")
    if body[:1] not in b'[{"':
        body = _from_base64(body)
    try:
        return json.loads(body)
    except ValueError as error:
        raise Undecodable(str(error)) from None


def _unpacked(body: bytes) -> bytes:
    try:
        whole = gzip.decompress(body) if body.startswith(GZIP) else zlib.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise Undecodable(f"invalid compressed data: {error}") from None
    if len(whole) > MOST_BYTES:
        raise Undecodable("event is too large")
    return whole


def _from_form(body: bytes) -> bytes:
    """Return the field ``data``; a body that is no form is taken as it is."""
    found = parse_qs(body.decode("latin-1")).get("data")
    return found[0].encode("latin-1").replace(b" ", b"+") if found else body


def _from_base64(body: bytes) -> bytes:
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4), validate=True)
    except binascii.Error as error:
        raise Undecodable(f"neither JSON nor base64: {error}") from None
