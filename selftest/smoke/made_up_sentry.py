"""A Sentry that answers what a test says, and a clock that is slept on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from gonogo.services import ServiceAccess
from gonogo.vendors.sentry import Sentry, SentryChange, SentryIssue
from gonogo.vendors.transport import Transport

RELEASE = "r@1"
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = BEGAN + timedelta(days=14)


class SleptClock:
    """Time passes by sleeping alone."""

    def __init__(self) -> None:
        self.naps_s: list[float] = []

    def now(self) -> datetime:
        return NOW

    def monotonic_s(self) -> float:
        return sum(self.naps_s)

    def sleep(self, seconds_s: float) -> None:
        self.naps_s.append(seconds_s)


class MadeUpSentry:
    """Gives one of *lists* after the other, the last again and again; *counts* by part of query.

    *heard* is when the first error of the release happened, None: when the release began. *became*
    has what became of each issue, by its id.
    """

    def __init__(
        self,
        *,
        lists: Sequence[Sequence[SentryIssue]],
        counts: Mapping[str, Mapping[str, int]] | None = None,
        began: datetime | None = BEGAN,
        heard: datetime | None = None,
        became: Mapping[str, Sequence[SentryChange]] | None = None,
    ) -> None:
        self.lists = list(lists)
        self.counts = counts or {}
        self.began = began
        self.heard = heard
        self.became = became or {}
        self.asked: list[httpx.Request] = []
        names = {"organization": "org", "project": "crm"}
        access = ServiceAccess(name="sentry", url="https://sentry.test", token="t", names=names)
        self.sentry = Sentry(Transport(access=access, via=httpx.MockTransport(self._answer)))

    def asked_for(self, name: str) -> list[httpx.Request]:
        return [each for each in self.asked if f"/{name}/" in each.url.path]

    @property
    def counted(self) -> list[httpx.QueryParams]:
        """What was asked for when errors were counted."""
        queries = [each.url.params for each in self.asked_for("events")]
        return [each for each in queries if "count()" in each.get_list("field")]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        said = self._said(request.url)
        return httpx.Response(404 if said is None else 200, json=said)

    def _said(self, url: httpx.URL) -> object:
        if "/projects/" in url.path:
            return {"id": "4501"}
        if "/releases/" in url.path:
            return {"dateCreated": self.began.isoformat()} if self.began else None
        if number := url.path.partition("/issues/")[2].strip("/"):
            return {"activity": [_told(each) for each in self.became.get(number, ())]}
        if "/issues/" in url.path:
            found = self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]
            return [_shown(each) for each in found]
        return {"data": self._rows(url.params)}

    def _rows(self, asked: httpx.QueryParams) -> list[dict[str, Any]]:
        if asked["field"] == "timestamp":
            heard = self.heard or self.began
            return [{"timestamp": heard.isoformat()}] if heard else []
        return self._counted(asked["query"])

    def _counted(self, query: str) -> list[dict[str, Any]]:
        # A part that is wanted is not one that is excluded.
        fits = [counts for part, counts in self.counts.items() if f" {part}" in query]
        return [
            {"issue.id": int(number), "count()": count}
            for counts in fits
            for number, count in counts.items()
        ]


def _told(change: SentryChange) -> dict[str, Any]:
    data = {"version": change.release} if change.release else {}
    return {"type": change.kind, "dateCreated": change.at.isoformat(), "data": data}


def _shown(issue: SentryIssue) -> dict[str, Any]:
    return {
        "id": issue.id,
        "title": issue.title,
        "level": issue.level,
        "status": issue.status,
        "substatus": issue.substatus,
        "count": str(issue.count),
        "firstSeen": issue.first_seen.isoformat(),
        "permalink": issue.link,
    }
