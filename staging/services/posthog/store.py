"""The events, people and flags of one project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from gonogo.clock import Clock, rfc3339
from staging.services.posthog.values import as_time
from staging.services.stranger import mapping, text

NEVER_SEEN = {"$feature_flag_called"}


class BadEvent(Exception):
    """An event lacks what every event has; says what."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One captured event as the table ``events`` shows it."""

    received: datetime
    row: Mapping[str, Any] = field(repr=False)


class Store:
    """Keeps events; tells those that have settled, which is not at once."""

    def __init__(self, *, clock: Clock, settle_s: float) -> None:
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)
        self._events: list[Event] = []
        self.people: dict[str, dict[str, Any]] = {}

    def keep(self, given: Iterable[Mapping[str, Any]], *, times: int = 1) -> None:
        """Keep events, *times* over (0: lose them); all or none.

        Raises:
            BadEvent: one has no name or no distinct id.
        """
        now = self._clock.now()
        made = [self._event(each, now) for each in given]
        for each in made:
            self._events += [each] * times

    def _event(self, given: Mapping[str, Any], now: datetime) -> Event:
        properties = dict(mapping(given.get("properties")))
        name = given.get("event")
        distinct_id = text(given.get("distinct_id")) or text(properties.get("distinct_id"))
        if not name:
            raise BadEvent("event submitted with an empty event name")
        if not distinct_id:
            raise BadEvent("event submitted without a distinct_id")
        person = self._person(distinct_id, given, properties)
        happened = as_time(given["timestamp"]) if given.get("timestamp") else None
        row = {
            "uuid": str(given.get("uuid") or uuid4()),
            "event": str(name),
            "distinct_id": distinct_id,
            "timestamp": happened or now,
            "created_at": now,
            "properties": properties,
            "person": {"id": _person_id(distinct_id), "properties": dict(person)},
            "person_id": _person_id(distinct_id),
            "$session_id": properties.get("$session_id"),
        }
        return Event(received=now, row=row)

    def _person(
        self, distinct_id: str, given: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Take over ``$set`` and ``$set_once``; an identified person keeps what it was before."""
        known = self.people.get(distinct_id)
        if known is None:
            before = properties.get("$anon_distinct_id")
            known = self.people[distinct_id] = dict(self.people.get(str(before), {}))
        for name, value in _of("$set_once", given, properties).items():
            known.setdefault(name, value)
        known.update(_of("$set", given, properties))
        return known

    def rows(self, *, stale: bool = False) -> list[Mapping[str, Any]]:
        """Return the events that have settled; when *stale*, those known a day ago."""
        delay = timedelta(days=1) if stale else self._settle
        latest = self._clock.now() - delay
        return [each.row for each in self._events if each.received <= latest]

    def definitions(self) -> list[dict[str, Any]]:
        """Return every event name that was seen, with the times of the first and the last."""
        found: dict[str, list[datetime]] = {}
        for row in self.rows():
            if row["event"] not in NEVER_SEEN:
                found.setdefault(row["event"], []).append(row["timestamp"])
        return [
            {
                "id": str(uuid5(NAMESPACE_URL, name)),
                "name": name,
                "created_at": rfc3339(min(times)),
                "last_seen_at": rfc3339(max(times)),
                "verified": False,
                "hidden": False,
                "tags": [],
            }
            for name, times in sorted(found.items())
        ]


def _of(name: str, given: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    return mapping(given.get(name)) or mapping(properties.get(name))


def _person_id(distinct_id: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"person:{distinct_id}"))
