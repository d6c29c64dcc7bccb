"""What was received, in the form that searches and figures need."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from staging.services.stranger import listed, mapping, text

USER = ("id", "email", "ip_address")
HEALTHY_STATUSES = {"ok", "cancelled", "unknown", ""}
"""Statuses that ``failure_rate()`` does not count, as Sentry's documentation lists them."""


@dataclass(frozen=True, kw_only=True)
class ErrorEvent:
    """An error or a message."""

    id: str
    received: datetime
    happened: datetime
    payload: Mapping[str, Any] = field(repr=False)
    fields: Mapping[str, Any] = field(repr=False)
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Span:
    """One timed piece of work; a transaction is a span with ``is_transaction``."""

    received: datetime
    happened: datetime
    fields: Mapping[str, Any] = field(repr=False)


@dataclass(kw_only=True)
class Session:
    """One user's visit, or several that ended alike."""

    received: datetime
    started: datetime
    status: str
    release: str
    environment: str
    user: str
    errors: int = 0
    count: int = 1


def moment(value: object, *, otherwise: datetime) -> datetime:
    """Return the time that an SDK sent as seconds or as ISO text; in UTC without a zone."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def error_event(payload: Mapping[str, Any], *, received: datetime) -> ErrorEvent:
    """Return the event of an item of type ``event``."""
    happened = moment(payload.get("timestamp"), otherwise=received)
    title = title_of(payload)
    fields = {
        **_tags(payload),
        **_common(payload),
        "id": text(payload.get("event_id")) or uuid4().hex,
        "level": text(payload.get("level")) or "error",
        "title": title,
        "message": message_of(payload) or title,
        "error.type": text(exception_of(payload).get("type")),
        "error.value": text(exception_of(payload).get("value")),
        "timestamp": happened,
    }
    group = listed(payload.get("fingerprint")) or ["{{ default }}"]
    usual = "\n".join(_usual_group(payload))
    parts = [usual if part == "{{ default }}" else str(part) for part in group]
    return ErrorEvent(
        id=str(fields["id"]).replace("-", ""),
        received=received,
        happened=happened,
        payload=payload,
        fields=fields,
        fingerprint=hashlib.sha1("\n".join(parts).encode(), usedforsecurity=False).hexdigest(),
    )


def spans(payload: Mapping[str, Any], *, received: datetime) -> Iterator[Span]:
    """Yield the spans of an item of type ``transaction``: itself, then its children."""
    trace = mapping(mapping(payload.get("contexts")).get("trace"))
    shared = {
        **_tags(payload),
        **_common(payload),
        "trace": text(trace.get("trace_id")),
    }
    own = {**trace, **{key: payload.get(key) for key in ("start_timestamp", "timestamp")}}
    described = {**shared, "is_transaction": True, "id": payload.get("event_id")}
    for name, value in mapping(payload.get("measurements")).items():
        described[f"measurements.{name}"] = mapping(value).get("value")
    yield _span(own, described, payload.get("transaction"), received)
    for each in listed(payload.get("spans")):
        child = mapping(each)
        yield _span(child, {**shared, "is_transaction": False}, child.get("description"), received)


def lone_span(payload: Mapping[str, Any], *, received: datetime) -> Span:
    """Return the span of an item of type ``span``."""
    data = mapping(payload.get("data"))
    shared = {
        "release": text(data.get("release")),
        "environment": text(data.get("environment")),
        "transaction": text(data.get("transaction")),
        "trace": payload.get("trace_id"),
        "is_transaction": bool(payload.get("is_segment", False)),
    }
    return _span(payload, shared, payload.get("description"), received)


def _span(
    given: Mapping[str, Any], shared: Mapping[str, Any], description: object, received: datetime
) -> Span:
    end = moment(given.get("timestamp"), otherwise=received)
    start = moment(given.get("start_timestamp"), otherwise=end)
    status = str(given.get("status") or "ok")
    fields = {
        **{key: value for key, value in mapping(given.get("data")).items() if key not in shared},
        **shared,
        "span.op": text(given.get("op")),
        "span.description": text(description),
        "span.duration": max((end - start).total_seconds() * 1000, 0.0),
        "span.status": status,
        "failed": status not in HEALTHY_STATUSES,
        "timestamp": end,
    }
    return Span(received=received, happened=end, fields=fields)


def _tags(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: text(value) for name, value in mapping(payload.get("tags")).items()}


def _common(payload: Mapping[str, Any]) -> dict[str, Any]:
    user, sdk = mapping(payload.get("user")), mapping(payload.get("sdk"))
    return {
        "release": text(payload.get("release")),
        "environment": text(payload.get("environment")),
        "dist": text(payload.get("dist")),
        "platform": text(payload.get("platform")) or "other",
        "transaction": text(payload.get("transaction")),
        "user": next((found for name in USER if (found := text(user.get(name)))), None),
        "user.id": text(user.get("id")),
        "user.email": text(user.get("email")),
        "sdk.name": text(sdk.get("name")),
        "sdk.version": text(sdk.get("version")),
        "url": text(mapping(payload.get("request")).get("url")),
    }


def exception_of(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the exception that was raised last, or an empty one."""
    given = payload.get("exception")
    values = listed(given) or listed(mapping(given).get("values"))
    return mapping(values[-1]) if values else {}


def _usual_group(payload: Mapping[str, Any]) -> Iterator[str]:
    """Yield what makes events one issue: the kind of error and its stack, else the title."""
    raised = exception_of(payload)
    frames = listed(mapping(raised.get("stacktrace")).get("frames"))
    if not frames:
        yield title_of(payload)
        return
    yield str(raised.get("type"))
    for each in map(mapping, frames):
        yield f"{each.get('function')} {each.get('module') or each.get('filename')}"


def message_of(payload: Mapping[str, Any]) -> str:
    """Return the event's message, or nothing."""
    said = payload.get("message") or payload.get("logentry") or ""
    if isinstance(said, dict):
        return str(said.get("formatted") or said.get("message") or "")
    return str(said)


def title_of(payload: Mapping[str, Any]) -> str:
    """Return how Sentry calls the event: ``Type: value``, or the message's first line."""
    exception = exception_of(payload)
    if exception:
        kind, value = exception.get("type") or "Error", exception.get("value") or ""
        return f"{kind}: {str(value).partition(chr(10))[0]}" if value else str(kind)
    return message_of(payload).partition("\n")[0] or "<unlabeled event>"
