"""Sentry: the errors that it was told of, and how it groups them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from gonogo.vendors.hosting import understood
from gonogo.vendors.transport import Transport

SERIOUS = "[error,fatal]"
PAGE = 100


@dataclass(frozen=True, kw_only=True)
class SentryEvent:
    """One error as Sentry keeps it."""

    id: str
    title: str
    release: str
    environment: str


@dataclass(frozen=True, kw_only=True)
class SentryIssue:
    """Errors that Sentry takes for one and the same."""

    id: str
    title: str
    level: str
    count: int
    first_seen: datetime
    link: str

    def __str__(self) -> str:
        """Read as one line."""
        since = f"{self.count} times since {self.first_seen:%F %T} UTC"
        return f"{self.level}: {self.title} ({since}, {self.link})"


class Sentry:
    """Reads one project; source: docs.sentry.io/api."""

    def __init__(self, transport: Transport) -> None:
        self._ask = transport
        organization = transport.access.required("organization")
        self._organization = f"/api/0/organizations/{organization}"
        self._project = f"/api/0/projects/{organization}/{transport.access.required('project')}/"
        self.where = transport.where

    def events_titled(self, text: str) -> tuple[SentryEvent, ...]:
        """Return the last hour's errors whose title has *text*; raises CannotTell."""
        fields = ("id", "title", "release", "environment")
        asked = [
            *(("field", each) for each in fields),
            ("dataset", "errors"),
            ("project", self._project_id()),
            ("query", f'"{text}"'),
            ("statsPeriod", "1h"),
        ]
        said = self._ask.get(f"{self._organization}/events/?{urlencode(asked)}")
        with understood("Sentry", self.where):
            return tuple(
                SentryEvent(**{key: each[key] or "" for key in fields}) for each in said["data"]
            )

    def serious_issues(self, release: str) -> tuple[SentryIssue, ...]:
        """Return the unresolved issues of *release* that are errors or worse; raises CannotTell."""
        said = self._ask.get(
            f"{self._organization}/issues/",
            project=self._project_id(),
            query=f'is:unresolved level:{SERIOUS} release:"{release}"',
            limit=PAGE,
        )
        with understood("Sentry", self.where):
            return tuple(_issue(each) for each in said)

    def release_began(self, release: str) -> datetime | None:
        """Return since when Sentry knows of *release*; None where it does not.

        Raises:
            CannotTell: it cannot be asked.
        """
        path = f"{self._organization}/releases/{quote(release, safe='')}/"
        answer = self._ask.ask("GET", path)
        if answer.status == 404:
            return None
        body = answer.body if answer.status < 400 else self._ask.get(path)
        with understood("Sentry", self.where):
            return datetime.fromisoformat(body["dateCreated"])

    def _project_id(self) -> str:
        said = self._ask.get(self._project)
        with understood("Sentry", self.where):
            return str(said["id"])


def _issue(said: Mapping[str, Any]) -> SentryIssue:
    return SentryIssue(
        id=said["id"],
        title=said["title"],
        level=said["level"],
        count=int(said["count"]),
        first_seen=datetime.fromisoformat(said["firstSeen"]),
        link=said["permalink"],
    )
