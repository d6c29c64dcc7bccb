"""Takes an envelope apart, as Sentry's development documents describe it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MOST_BYTES = 20_000_000


class Malformed(Exception):
    """It is no envelope; says why."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One part of an envelope."""

    kind: str
    header: Mapping[str, Any]
    payload: bytes

    def json(self) -> dict[str, Any]:
        """Return the payload; raises Malformed when it is no JSON object."""
        return _object(self.payload, f"the payload of an item of type {self.kind}")


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What an SDK sends at once."""

    header: Mapping[str, Any]
    items: tuple[Item, ...]


def unpacked(body: bytes, encoding: str) -> bytes:
    """Return *body* without its ``Content-Encoding``; raises Malformed where it is not so."""
    try:
        if encoding == "gzip":
            body = gzip.decompress(body)
        elif encoding == "deflate":
            body = zlib.decompress(body)
        elif encoding not in {"", "identity"}:
            raise Malformed(f"unsupported content encoding {encoding}")
    except (OSError, EOFError, zlib.error) as error:
        raise Malformed(f"failed to decode the body: {error}") from None
    if len(body) > MOST_BYTES:
        raise Malformed("envelope exceeded size limits")
    return body


def parsed(body: bytes) -> Envelope:
    """Return the envelope; raises Malformed."""
    first, _, rest = body.partition(b"\n")
    return Envelope(header=_object(first, "the envelope header"), items=tuple(_items(rest)))


def _items(rest: bytes) -> Iterator[Item]:
    while rest.strip():
        line, _, rest = rest.lstrip(b"\n").partition(b"\n")
        header = _object(line, "an item header")
        length = header.get("length")
        if length is None:
            payload, _, rest = rest.partition(b"\n")
        elif not isinstance(length, int) or length > len(rest):
            raise Malformed("unexpected end of file in an item")
        else:
            payload, rest = rest[:length], rest[length:]
            if rest and not rest.startswith(b"\n"):
                raise Malformed("missing newline after an item")
        yield Item(kind=str(header.get("type", "")), header=header, payload=payload)


def _object(text: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Malformed(f"{what} is no JSON object")
    return found


def key_in_header(text: str) -> str:
    """Return the public key of ``Sentry sentry_version=7, sentry_key=…``, or nothing."""
    kind, _, rest = text.partition(" ")
    pairs = (part.strip().partition("=") for part in rest.split(","))
    found = {name: value for name, _, value in pairs}
    return found.get("sentry_key", "") if kind.lower() == "sentry" else ""


def key_in_dsn(dsn: object) -> str:
    """Return the public key of a DSN, or nothing."""
    try:
        return urlsplit(dsn).username or "" if isinstance(dsn, str) else ""
    except ValueError:
        return ""
