"""Sentry: the errors that it was told of, and how it groups them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from gonogo.errors import CannotTell
from gonogo.vendors.hosting import understood
from gonogo.vendors.transport import Answer, Transport

SERIOUS = "level:[error,fatal]"
PAGE = 100
MOST_PAGES = 10
NEXT = re.compile(r'rel="next";\s*results="true";\s*cursor="([^"]+)"')
"""In the header ``Link``, where there is a further page."""
TIME = "%Y-%m-%dT%H:%M:%S.%f"


@dataclass(frozen=True, kw_only=True)
class SentryEvent:
    """One error as Sentry keeps it; ``issue`` is the id of the issue that it belongs to."""

    id: str
    title: str
    release: str
    environment: str
    issue: str


@dataclass(frozen=True, kw_only=True)
class SentryIssue:
    """Errors that Sentry takes for one and the same; its title may be that of another of them."""

    id: str
    title: str
    level: str
    status: str
    """Unresolved, resolved, or ignored, which Sentry's pages call archived."""
    substatus: str = ""
    """Of an unresolved issue: new, ongoing, escalating, regressed."""
    count: int
    first_seen: datetime
    link: str

    @property
    def is_open(self) -> bool:
        """Whether nobody has put it aside."""
        return self.status == "unresolved"

    def __str__(self) -> str:
        """Read as one line."""
        since = f"{self.count} times since {self.first_seen:%F %T} UTC"
        return f"{self.level}: {self.title} ({since}, {self.link})"


@dataclass(frozen=True, kw_only=True)
class SentryChange:
    """What became of an issue at some time, in whatever environment."""

    kind: str
    """As Sentry calls it: set_resolved, set_regression, set_escalating and others."""
    at: datetime
    """When Sentry took note of it, a little after the error that did it."""
    release: str = ""
    """The release of the error that did it; empty where Sentry does not say."""

    def __str__(self) -> str:
        """Read as a time, and by which release."""
        return f"{self.at:%F %T} UTC" + (f" by release {self.release}" if self.release else "")


class Sentry:
    """Reads one project; source: docs.sentry.io/api.

    An *environment* limits what is told to the errors of that environment; empty: all of them.
    """

    def __init__(self, transport: Transport) -> None:
        self._ask = transport
        organization = transport.access.required("organization")
        self._organization = f"/api/0/organizations/{organization}"
        self._project = f"/api/0/projects/{organization}/{transport.access.required('project')}/"
        self.where = transport.where

    def events_titled(self, text: str) -> tuple[SentryEvent, ...]:
        """Return the last hour's errors whose own title has *text*; raises CannotTell."""
        fields = ("id", "title", "release", "environment")
        rows = self._errors((*fields, "issue.id"), f'"{text}"', statsPeriod="1h")
        with understood("Sentry", self.where):
            return tuple(
                SentryEvent(issue=str(each["issue.id"]), **{key: each[key] or "" for key in fields})
                for each in rows
            )

    def serious_issues(self, release: str, *, environment: str = "") -> tuple[SentryIssue, ...]:
        """Return the issues that errors, or worse, of *release* belong to, whatever their status.

        Raises:
            CannotTell: it cannot be asked, or there are more than can be looked at.
        """
        path = f"{self._organization}/issues/"
        # A query of its own keeps Sentry from leaving out what somebody put aside.
        query = {"project": self._project_id, "query": f'{SERIOUS} release:"{release}"'}
        query |= {"limit": str(PAGE), **_only(environment)}
        found: list[SentryIssue] = []
        for page in self._pages(path, query):
            with understood("Sentry", self.where):
                found += map(_issue, page)
        return tuple(found)

    def occurrences(
        self,
        issues: Sequence[str],
        query: str = "",
        *,
        period: tuple[datetime, datetime] | None = None,
        environment: str = "",
    ) -> Mapping[str, int]:
        """Return how many errors each of these *issues* has that fit *query*; none: no key.

        *period* is from when until when they happened; None: as long as Sentry keeps them.

        Raises:
            CannotTell: it cannot be asked.
        """
        span = dict(zip(("start", "end"), map(_time, period or ()), strict=False))
        more = {"per_page": str(PAGE), **span, **_only(environment)}
        rows: list[Mapping[str, Any]] = []
        for start in range(0, len(issues), PAGE):
            these = f"issue.id:[{','.join(issues[start : start + PAGE])}]"
            asked = " ".join(filter(None, (these, SERIOUS, query)))
            rows += self._errors(("issue.id", "count()"), asked, **more)
        with understood("Sentry", self.where):
            return {str(each["issue.id"]): int(each["count()"]) for each in rows}

    def changes(self, issue: str) -> tuple[SentryChange, ...]:
        """Return what became of *issue*, newest first, as far back as Sentry tells.

        Source: docs.sentry.io/api/events/retrieve-an-issue, its ``activity``; the names of what
        can become of an issue are those of ``src/sentry/types/activity.py``.

        Raises:
            CannotTell: it cannot be asked.
        """
        said = self._ask.get(f"{self._organization}/issues/{issue}/")
        with understood("Sentry", self.where):
            found = map(_change, said["activity"])
            return tuple(sorted(found, key=lambda each: each.at, reverse=True))

    def first_heard(self, release: str, *, environment: str = "") -> datetime | None:
        """Return when the first error of *release* happened, to the second; None: there is none.

        Raises:
            CannotTell: it cannot be asked.
        """
        first = {"sort": "timestamp", "per_page": "1", **_only(environment)}
        rows = self._errors(("timestamp",), f'release:"{release}"', **first)
        with understood("Sentry", self.where):
            return datetime.fromisoformat(rows[0]["timestamp"]) if rows else None

    def release_began(self, release: str) -> datetime | None:
        """Return since when Sentry knows of *release*, from anywhere; None where it does not.

        Raises:
            CannotTell: it cannot be asked.
        """
        path = f"{self._organization}/releases/{quote(release, safe='')}/"
        answer = self._ask.ask("GET", path)
        if answer.status == 404:
            return None
        body = self._ask.accepted(path, answer)
        with understood("Sentry", self.where):
            return datetime.fromisoformat(body["dateCreated"])

    def _errors(self, fields: Sequence[str], query: str, **more: str) -> list[Mapping[str, Any]]:
        asked = [
            *(("field", each) for each in fields),
            ("dataset", "errors"),
            ("project", self._project_id),
            ("query", query),
            *more.items(),
        ]
        said = self._ask.get(f"{self._organization}/events/?{urlencode(asked)}")
        with understood("Sentry", self.where):
            return list(said["data"])

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[Any]:
        cursor: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            answer = self._ask.ask("GET", path, query={**query, **cursor})
            yield self._ask.accepted(path, answer)
            further = _next(answer)
            if not further:
                return
            cursor = {"cursor": further}
        raise CannotTell(
            "Sentry has more issues than can be looked at",
            where=self.where,
            expected=f"at most {MOST_PAGES * PAGE:,} issues of the release",
            found="more",
            do="look at them there; they are too many for a release in any case",
        )

    @cached_property
    def _project_id(self) -> str:
        """The project's number; it is asked for once, however often the rest is."""
        said = self._ask.get(self._project)
        with understood("Sentry", self.where):
            return str(said["id"])


def _next(answer: Answer) -> str:
    found = NEXT.search(answer.headers.get("link", ""))
    return found[1] if found else ""


def _only(environment: str) -> dict[str, str]:
    return {"environment": environment} if environment else {}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(TIME)


def _issue(said: Mapping[str, Any]) -> SentryIssue:
    return SentryIssue(
        id=said["id"],
        title=said["title"],
        level=said["level"],
        status=said["status"],
        substatus=said.get("substatus") or "",
        count=int(said["count"]),
        first_seen=datetime.fromisoformat(said["firstSeen"]),
        link=said["permalink"],
    )


def _change(said: Mapping[str, Any]) -> SentryChange:
    data = said["data"] or {}
    return SentryChange(
        kind=said["type"],
        at=datetime.fromisoformat(said["dateCreated"]),
        release=data.get("version") or "",
    )
