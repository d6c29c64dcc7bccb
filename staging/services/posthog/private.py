"""The endpoints that a personal key opens."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gonogo.clock import rfc3339
from staging.services.posthog.flags import Flag
from staging.services.posthog.hogql import ROWS, answer
from staging.services.posthog.values import NotUnderstood
from staging.services.service import bearer
from staging.services.stranger import listed, mapping
from staging.services.switches import Break

if TYPE_CHECKING:
    from staging.services.posthog.service import PostHog

CREATED = "2026-01-05T09:00:00.000000Z"
PAGE = 100
CACHE_S = 300
PER_MINUTE = 240
FORCED = {"force_blocking"}
BLOCKING = {"blocking", *FORCED}
CHANGEABLE = {"name", "active", "deleted", "filters"}
KINDS = {
    400: "invalid_request",
    401: "authentication_error",
    403: "permission_denied",
    404: "invalid_request",
    429: "throttled_error",
    500: "server_error",
}

Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """The request is refused with *status*, *code* and PostHog's ``detail``."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


def refusal(status: int, code: str, detail: str) -> Response:
    """Return PostHog's own error."""
    body = {"type": KINDS[status], "code": code, "detail": detail, "attr": None}
    return JSONResponse(body, status_code=status)


class Private:
    """The project, its flags, dashboards and definitions; and its figures."""

    def __init__(self, service: PostHog) -> None:
        self._service = service

    def behind(self, scope: str, endpoint: Endpoint) -> Endpoint:
        """Return *endpoint* behind the personal key with *scope*, for the one project."""

        async def guarded(request: Request) -> Response:
            try:
                self._admit(request, scope)
                return await endpoint(request)
            except Refused as refused:
                return refusal(refused.status, refused.code, str(refused))

        return guarded

    def _admit(self, request: Request, scope: str) -> None:
        service = self._service
        key = bearer(request)
        if not key:
            detail = "Authentication credentials were not provided."
            raise Refused(401, "not_authenticated", detail)
        if key != service.setup.options["personal_key"]:
            detail = "Personal API key found in request Authorization header is invalid."
            raise Refused(401, "authentication_failed", detail)
        if scope and not {scope, "*"} & set(service.scopes):
            detail = f"API key missing required scope '{scope}'"
            raise Refused(403, "permission_denied", detail)
        wanted = request.path_params.get("project_id", "@current")
        if wanted not in {"@current", str(service.project_id)}:
            raise Refused(404, "not_found", "Project not found.")

    async def me(self, _request: Request) -> Response:
        """Return whose key it is."""
        service = self._service
        team = {"id": service.project_id, "name": service.project_name}
        user = {"uuid": service.uuid("user"), "email": "ops@logos-vision.example", "team": team}
        return JSONResponse(user | {"organization": {"id": service.uuid("organization")}})

    async def key(self, _request: Request) -> Response:
        """Return what the key may do."""
        return JSONResponse(
            {
                "id": "key_1",
                "label": "gonogo",
                "scopes": list(self._service.scopes),
                "scoped_teams": [self._service.project_id],
                "scoped_organizations": None,
                "created_at": CREATED,
            }
        )

    async def project(self, request: Request) -> Response:
        """Return the project."""
        service = self._service
        on = service.switches.on(Break.WRONG_PROJECT, path=request.url.path, method="GET")
        return JSONResponse(
            {
                "id": 999_999 if on else service.project_id,
                "uuid": service.uuid("elsewhere" if on else "project"),
                "name": "Somebody Else" if on else service.project_name,
                "api_token": "phc_somebodyelse" if on else service.api_token,
                "ingested_event": bool(service.store.rows()),
                "timezone": "UTC",
            }
        )

    async def query(self, request: Request) -> Response:
        """Answer a HogQL query, from the cache unless that is forbidden."""
        service, now = self._service, self._service.setup.clock.now()
        if service.is_throttled(now):
            return refusal(429, "throttled", "Request was throttled.")
        given = await _json(request)
        query = mapping(given.get("query"))
        if query.get("kind") != "HogQLQuery" or not isinstance(query.get("query"), str):
            raise Refused(400, "invalid_input", "the stand-in answers queries of kind HogQLQuery")
        refresh = given.get("refresh", "blocking")
        if refresh not in BLOCKING:
            raise Refused(400, "invalid_input", f"the stand-in does not know refresh={refresh!r}")
        name = json.dumps([query["query"], query.get("values")])
        made = service.cache.get(name)
        cached = refresh not in FORCED and made is not None
        if not cached or made is None or (now - made[0]).total_seconds() > CACHE_S:
            cached = False
            made = service.cache[name] = (now, self._answered(request, query))
        body = {"is_cached": cached, "last_refresh": rfc3339(made[0]), "query_status": None}
        return JSONResponse(made[1] | body)

    def _answered(self, request: Request, query: Mapping[str, Any]) -> dict[str, Any]:
        service = self._service
        on = service.switches.on(Break.STALE, path=request.url.path, method="POST")
        try:
            found = answer(
                query["query"],
                mapping(query.get("values")),
                service.store.rows(stale=bool(on)),
                now=service.setup.clock.now(),
            )
        except NotUnderstood as error:
            raise Refused(400, "invalid_input", str(error)) from None
        return {
            "results": found.results,
            "columns": found.columns,
            "types": [],
            "hasMore": found.has_more,
            "limit": ROWS,
            "offset": 0,
            "error": None,
            "hogql": query["query"],
        }

    async def dashboards(self, request: Request) -> Response:
        """List the dashboards."""
        return _page(request, self._searched(request, self._service.dashboards))

    async def dashboard(self, request: Request) -> Response:
        """Return one dashboard with its tiles."""
        for each in self._service.dashboards:
            if each["id"] == request.path_params["id"]:
                tiles = [{"id": n + 1} for n in range(each["tile_count"])]
                return JSONResponse({**each, "tiles": tiles})
        raise Refused(404, "not_found", "Not found.")

    async def definitions(self, request: Request) -> Response:
        """List the names of the events that were seen."""
        found = self._searched(request, self._service.store.definitions())
        if names := request.query_params.get("names"):
            wanted = set(_names(names))
            found = [each for each in found if each["name"] in wanted]
        return _page(request, found)

    def _searched(
        self, request: Request, found: Sequence[Mapping[str, Any]], *, by: str = "name"
    ) -> list[Mapping[str, Any]]:
        wanted = request.query_params.get("search", "").lower()
        return [each for each in found if wanted in str(each[by] or "").lower()]

    async def flags(self, request: Request) -> Response:
        """List the feature flags."""
        shapes = [each.shape() for each in self._service.flags.values() if not each.deleted]
        if active := request.query_params.get("active"):
            shapes = [each for each in shapes if str(each["active"]).lower() == active.lower()]
        return _page(request, self._searched(request, shapes, by="key"))

    async def flag(self, request: Request) -> Response:
        """Return one flag."""
        return JSONResponse(self._flag(request).shape())

    async def change_flag(self, request: Request) -> Response:
        """Change one flag."""
        flag, given = self._flag(request), await _json(request)
        _check_filters(given.get("filters", {"groups": []}))
        for name in CHANGEABLE & given.keys():
            setattr(flag, name, given[name])
        flag.version += 1
        return JSONResponse(flag.shape())

    async def create_flag(self, request: Request) -> Response:
        """Make a flag."""
        given = await _json(request)
        flags = self._service.flags
        if not given.get("key") or any(each.key == given["key"] for each in flags.values()):
            detail = "There is already a feature flag with this key, or none was given."
            raise Refused(400, "invalid_input", detail)
        filters = given.get("filters", {"groups": []})
        _check_filters(filters)
        number = max(flags, default=0) + 1
        made = Flag(id=number, key=given["key"], filters=filters, active=given.get("active", True))
        flags[number] = made
        return JSONResponse(made.shape(), status_code=201)

    async def local_definitions(self, _request: Request) -> Response:
        """Return what an SDK needs to evaluate flags by itself."""
        shapes = [each.shape() for each in self._service.flags.values() if not each.deleted]
        return JSONResponse({"flags": shapes, "group_type_mapping": {}, "cohorts": {}})

    def _flag(self, request: Request) -> Flag:
        found = self._service.flags.get(request.path_params["id"])
        if found is None or found.deleted:
            raise Refused(404, "not_found", "Not found.")
        return found


def _check_filters(filters: object) -> None:
    """Raise Refused for filters that are none, and for a share that is none."""
    if not isinstance(filters, dict):
        raise Refused(400, "invalid_input", "filters must be an object.")
    for group in map(mapping, listed(filters.get("groups"))):
        share = group.get("rollout_percentage")
        if share is not None and not (isinstance(share, int | float) and 0 <= share <= 100):
            raise Refused(400, "invalid_input", "rollout_percentage must be between 0 and 100.")


def _names(text: str) -> list[str]:
    """Return the names of a JSON list, or between commas; raises Refused."""
    try:
        return [str(each) for each in listed(json.loads(text))] if "[" in text else text.split(",")
    except ValueError:
        raise Refused(400, "invalid_input", "names must be a JSON list.") from None


def _page(request: Request, found: Sequence[Any]) -> Response:
    limit, offset = _number(request, "limit", PAGE) or PAGE, _number(request, "offset", 0)

    def to(start: int) -> str:
        return str(request.url.include_query_params(limit=limit, offset=start))

    return JSONResponse(
        {
            "count": len(found),
            "next": to(offset + limit) if offset + limit < len(found) else None,
            "previous": to(max(offset - limit, 0)) if offset else None,
            "results": list(found[offset : offset + limit]),
        }
    )


def _number(request: Request, name: str, otherwise: int) -> int:
    """Return a figure of the query; what is none is as good as not given, as in Django."""
    given = request.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() else otherwise


async def _json(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "parse_error", "JSON parse error")
    return found
