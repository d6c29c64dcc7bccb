"""All that one project has received, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gonogo.clock import Clock
from staging.services.sentry.envelope import Envelope, Item
from staging.services.sentry.records import (
    ErrorEvent,
    Session,
    Span,
    error_event,
    lone_span,
    moment,
    spans,
)
from staging.services.stranger import listed, mapping, whole

BAD_ENDS = {"crashed", "abnormal", "unhandled"}
AGGREGATES = {
    "exited": "exited",
    "errored": "errored",
    "crashed": "crashed",
    "abnormal": "abnormal",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of an issue, by Sentry's word for it; ``data`` is what Sentry adds."""

    kind: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Issue:
    """The events of one fingerprint."""

    number: int
    fingerprint: str
    events: list[ErrorEvent] = field(default_factory=list)
    status: str = "unresolved"
    came_back: bool = False
    """Whether it was resolved, and happened again."""
    changes: list[Change] = field(default_factory=list)
    """Oldest first."""

    def seen_in(self, environments: Sequence[str]) -> Sequence[ErrorEvent]:
        """Return its events of these *environments*; of all, where none is named."""
        if not environments:
            return self.events
        return [each for each in self.events if each.fields["environment"] in environments]


class Store:
    """Receives envelopes; tells what has settled, which is not at once."""

    def __init__(self, *, clock: Clock, settle_s: float) -> None:
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)
        self._errors: list[ErrorEvent] = []
        self._spans: list[Span] = []
        self._sessions: dict[str, Session] = {}
        self._tallies: list[Session] = []
        self._issues: dict[str, Issue] = {}
        self.stale = False
        """Whether it tells only what it knew a day ago."""
        self.outcomes: dict[str, int] = {}
        """How many items of each type came, kept or not."""

    def take(self, envelope: Envelope, *, times: int = 1) -> str | None:
        """Keep what *envelope* brings, *times* over (0: lose it); return the id of its event.

        Raises:
            Malformed: an item is none.
        """
        now = self._clock.now()
        found = envelope.header.get("event_id")
        for item in envelope.items:
            self.outcomes[item.kind] = self.outcomes.get(item.kind, 0) + 1
            if item.kind in {"event", "transaction"}:
                found = found or item.json().get("event_id")
            for _ in range(times):
                self._keep(item, now)
        return str(found).replace("-", "") if found else None

    def _keep(self, item: Item, now: datetime) -> None:
        if item.kind == "event":
            self._keep_error(error_event(item.json(), received=now))
        elif item.kind == "transaction":
            self._spans += spans(item.json(), received=now)
        elif item.kind == "span":
            self._spans.append(lone_span(item.json(), received=now))
        elif item.kind == "session":
            self._keep_session(item.json(), now)
        elif item.kind == "sessions":
            self._tallies += _tallies(item.json(), now)

    def _keep_error(self, event: ErrorEvent) -> None:
        self._errors.append(event)
        number = len(self._issues) + 1
        issue = self._issues.setdefault(
            event.fingerprint, Issue(number=number, fingerprint=event.fingerprint)
        )
        issue.events.append(event)
        if issue.status == "resolved":
            issue.status, issue.came_back = "unresolved", True
            # Dated by Sentry's own clock, whenever the error happened.
            version = {"event_id": event.id, "version": event.fields["release"] or ""}
            issue.changes.append(Change(kind="set_regression", at=event.received, data=version))

    def _keep_session(self, given: dict[str, Any], now: datetime) -> None:
        """Keep the session, or what became of one that is known."""
        session = _session(given, now)
        key = str(given.get("sid"))
        known = self._sessions.get(key)
        if known is not None and known.status in BAD_ENDS:
            session = replace(session, status=known.status)
        if known is not None:
            session = replace(session, received=known.received, started=known.started)
        self._sessions[key] = session

    def _settled(self, received: datetime) -> bool:
        delay = timedelta(days=1) if self.stale else self._settle
        return received + delay <= self._clock.now()

    def errors(self) -> Iterator[ErrorEvent]:
        """Yield the errors and messages that have settled, oldest first."""
        return (each for each in self._errors if self._settled(each.received))

    def spans(self) -> Iterator[Span]:
        """Yield the spans that have settled."""
        return (each for each in self._spans if self._settled(each.received))

    def sessions(self) -> Iterator[Session]:
        """Yield the sessions that have settled."""
        every = (*self._sessions.values(), *self._tallies)
        return (each for each in every if self._settled(each.received))

    def issues(self) -> list[Issue]:
        """Return the issues with the events that have settled, without those that have none."""
        seen = (
            replace(each, events=[event for event in each.events if self._settled(event.received)])
            for each in self._issues.values()
        )
        return [each for each in seen if each.events]

    def set_status(self, number: int, status: str) -> None:
        """Resolve the issue of that number, or open it again."""
        for issue in self._issues.values():
            if issue.number == number:
                issue.status, issue.came_back = status, False
                issue.changes.append(Change(kind=f"set_{status}", at=self._clock.now()))


def _session(given: dict[str, Any], now: datetime) -> Session:
    attributes = mapping(given.get("attrs"))
    errors = whole(given.get("errors"))
    status = str(given.get("status") or "ok")
    return Session(
        received=now,
        started=moment(given.get("started"), otherwise=now),
        status="errored" if errors and status not in BAD_ENDS else status,
        errors=errors,
        release=str(attributes.get("release") or ""),
        environment=str(attributes.get("environment") or ""),
        user=str(given.get("did") or ""),
    )


def _tallies(given: dict[str, Any], now: datetime) -> Iterator[Session]:
    attributes = mapping(given.get("attrs"))
    for bucket in map(mapping, listed(given.get("aggregates"))):
        for name, status in AGGREGATES.items():
            if count := whole(bucket.get(name)):
                yield Session(
                    received=now,
                    started=moment(bucket.get("started"), otherwise=now),
                    status=status,
                    release=str(attributes.get("release") or ""),
                    environment=str(attributes.get("environment") or ""),
                    user=str(bucket.get("did") or ""),
                    count=count,
                )
