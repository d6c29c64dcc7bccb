"""The endpoints that tell what was received: events, issues, figures, sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from staging.services.sentry import discover
from staging.services.sentry.asking import Refused, json_object, linked, paged, period, seconds
from staging.services.sentry.records import ErrorEvent
from staging.services.sentry.search import Fields, matching
from staging.services.sentry.sessions import health
from staging.services.sentry.shapes import brief, detailed, full, issue
from staging.services.sentry.store import Issue

if TYPE_CHECKING:
    from staging.services.sentry.service import Sentry

DATASETS = {"errors", "spans"}
STATUSES = {"resolved", "unresolved", "ignored"}


class Reading:
    """What Sentry tells of its one project."""

    def __init__(self, service: Sentry) -> None:
        self._service = service

    def _groups(self) -> dict[str, str]:
        return {each.fingerprint: str(each.number) for each in self._service.store.issues()}

    async def event(self, request: Request) -> Response:
        """Return one event; 404 until it has settled."""
        wanted = request.path_params["event_id"].replace("-", "").lower()
        found = next((e for e in self._service.store.errors() if e.id == wanted), None)
        if found is None:
            raise Refused(404, "Event not found")
        group = self._groups()[found.fingerprint]
        project_id = self._service.shown_account(request).project_id
        return JSONResponse(full(found, group=group, project_id=project_id))

    async def events(self, request: Request) -> Response:
        """List the events of the project, newest first."""
        within = period(request, now=self._service.setup.clock.now(), usual="90d")
        found = [each for each in self._service.store.errors() if within.has(each.happened)]
        groups, project_id = self._groups(), self._service.shown_account(request).project_id
        newest = sorted(found, key=lambda each: each.happened, reverse=True)
        rows = [brief(e, group=groups[e.fingerprint], project_id=project_id) for e in newest]
        return paged(request, rows)

    async def environments(self, _request: Request) -> Response:
        """List the environments that events came from."""
        names = {each.fields["environment"] for each in self._service.store.errors()}
        names |= {each.fields["environment"] for each in self._service.store.spans()}
        shown = enumerate(sorted(name for name in names if name), start=1)
        rows = [{"id": str(number), "name": name, "isHidden": False} for number, name in shown]
        return JSONResponse(rows)

    async def issues(self, request: Request) -> Response:
        """List issues by a query; without one, the unresolved ones."""
        service = self._service
        now = service.setup.clock.now()
        within = period(request, now=now, usual="90d")
        wanted = matching(request.query_params.get("query", "is:unresolved"))
        environments = request.query_params.getlist("environment")
        rows = []
        for each in service.store.issues():
            seen = each.seen_in(environments)
            fits = (
                event.happened
                for event in seen
                if within.has(event.happened) and wanted({**event.fields, "is": each.status})
            )
            if latest := max(fits, default=None):
                rows.append((latest, self._issue(request, each, seen)))
        rows.sort(key=lambda row: row[0], reverse=True)
        answer = paged(request, [row for _, row in rows], size="limit")
        answer.headers["X-Hits"] = str(len(rows))
        return answer

    async def one_issue(self, request: Request) -> Response:
        """Return one issue, and what became of it."""
        found = self._asked_for(request)
        shown = self._issue(request, found, found.events)
        return JSONResponse(detailed(found, shown, now=self._service.setup.clock.now()))

    def _asked_for(self, request: Request) -> Issue:
        number = request.path_params["issue_id"]
        found = (each for each in self._service.store.issues() if each.number == number)
        if issue := next(found, None):
            return issue
        raise Refused(404, "The requested resource does not exist")

    def _issue(self, request: Request, found: Issue, seen: Sequence[ErrorEvent]) -> dict[str, Any]:
        account, now = self._service.shown_account(request), self._service.setup.clock.now()
        link = f"{account.address}/organizations/{account.org}"
        project = account.summary(seen=True)
        return issue(found, seen=seen, project=project, permalink=link, now=now)

    async def change_issue(self, request: Request) -> Response:
        """Resolve an issue, or open it again."""
        given = await json_object(request)
        if given.get("status") not in STATUSES:
            raise Refused(400, "status: This field must be one of resolved, unresolved, ignored.")
        self._service.store.set_status(self._asked_for(request).number, given["status"])
        found = self._asked_for(request)
        return JSONResponse(self._issue(request, found, found.events))

    async def figures(self, request: Request) -> Response:
        """Return a table over errors or spans."""
        query = request.query_params
        fields, dataset = query.getlist("field"), query.get("dataset", "")
        if not fields:
            raise Refused(400, "No columns selected")
        if dataset not in DATASETS:
            raise Refused(400, f"dataset must be one of: {', '.join(sorted(DATASETS))}")
        within = period(request, now=self._service.setup.clock.now(), usual="90d")
        wanted = matching(query.get("query", ""))
        environments = query.getlist("environment")
        rows = [
            each
            for happened, each in self._records(dataset)
            if within.has(happened)
            and (not environments or each["environment"] in environments)
            and wanted(each)
        ]
        length_s = (within.end - within.start).total_seconds()
        table = discover.table(fields, rows, period_s=length_s)
        page, link = linked(request, discover.ordered(table, query.get("sort", "")))
        meta = {"fields": discover.kinds(fields), "dataset": dataset}
        return JSONResponse({"data": page, "meta": meta}, headers={"Link": link})

    def _records(self, dataset: str) -> Iterator[tuple[datetime, Fields]]:
        """Yield when each record of *dataset* happened, and its fields."""
        store = self._service.store
        if dataset == "spans":
            yield from ((each.happened, each.fields) for each in store.spans())
            return
        groups = self._groups()
        for each in store.errors():
            # One that settled between the two looks belongs to the next look.
            if each.fingerprint in groups:
                number = int(groups[each.fingerprint])
                yield each.happened, {**each.fields, "issue.id": number}

    async def sessions(self, request: Request) -> Response:
        """Return release health."""
        query = request.query_params
        within = period(request, now=self._service.setup.clock.now(), usual="90d")
        wanted = matching(query.get("query", ""))
        environments = query.getlist("environment")
        found = [
            each
            for each in self._service.store.sessions()
            if (not environments or each.environment in environments)
            and wanted({"release": each.release, "environment": each.environment})
        ]
        return JSONResponse(
            health(
                found,
                fields=query.getlist("field"),
                by=query.getlist("groupBy"),
                period=within,
                interval_s=seconds(query.get("interval", "1h")),
                project_id=int(self._service.shown_account(request).project_id),
            )
            | {"query": query.get("query", "")}
        )


def releases_of(events: list[ErrorEvent]) -> set[str]:
    """Return the releases that *events* name."""
    return {str(each.fields["release"]) for each in events if each.fields["release"]}
