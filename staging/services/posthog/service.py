"""PostHog's addresses, for SDKs and for people with a personal key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from staging.services.posthog.flags import Flag
from staging.services.posthog.private import CREATED, PER_MINUTE, Endpoint, Private, refusal
from staging.services.posthog.public import WRONG_TOKEN, Public, cors
from staging.services.posthog.store import Store
from staging.services.service import REASONS, Service

SETTLE_S = 0.3
"""How long an event takes to be found, when the option ``settle_s`` says nothing else."""
FLAGS: Sequence[Mapping[str, Any]] = ({"key": "contacts-redesign", "rollout_percentage": 10},)
DASHBOARDS: Sequence[Mapping[str, Any]] = (
    {"name": "Contacts redesign", "tiles": 4},
    {"name": "Web vitals", "tiles": 3},
)
CODES = {
    401: "authentication_failed",
    403: "permission_denied",
    404: "not_found",
    429: "throttled",
    500: "error",
}
CAPTURE = ("e", "i/v0/e", "batch", "capture", "track")


class PostHog(Service):
    """Options: ``project_id``, ``api_token``, ``personal_key``.

    And, when they are to be other than usual, ``name``, ``scopes``, ``flags`` (``key`` with
    ``rollout_percentage`` or ``filters``), ``dashboards`` (``name``, ``tiles``), ``quota_limited``,
    ``settle_s``; and ``assets``, the folder of the scripts that posthog-js loads at run time
    (``posthog-js/dist``).
    """

    name = "posthog"
    stands_in_for = "PostHog: capture, flags, HogQL queries, dashboards, definitions"

    def reset(self) -> None:
        """Make the state what it was at the start."""
        options = self.setup.options
        self.project_id = int(options["project_id"])
        self.project_name = str(options.get("name", "Logos Vision CRM"))
        self.api_token = str(options["api_token"])
        self.scopes: Sequence[str] = options.get("scopes", ("*",))
        clock, settle_s = self.setup.clock, options.get("settle_s", SETTLE_S)
        self.store = Store(clock=clock, settle_s=settle_s)
        self.cache: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._asked: list[datetime] = []
        self.flags = {
            number: _flag(number, given)
            for number, given in enumerate(options.get("flags", FLAGS), start=1)
        }
        self.dashboards = [
            _dashboard(number, given, self.project_id)
            for number, given in enumerate(options.get("dashboards", DASHBOARDS), start=1)
        ]

    def routes(self) -> Sequence[BaseRoute]:
        """Return what it answers."""
        public, private = Public(self), Private(self)
        project = "/api/projects/{project_id}"
        capture = [path for name in CAPTURE for path in (f"/{name}", f"/{name}/")]
        flags = ["/flags", "/flags/", "/decide", "/decide/"]
        opened: Sequence[tuple[str, str, str, Endpoint]] = (
            ("GET", "/api/users/@me/", "user:read", private.me),
            ("GET", "/api/personal_api_keys/@current", "", private.key),
            ("GET", "/api/personal_api_keys/@current/", "", private.key),
            ("GET", f"{project}/", "project:read", private.project),
            ("POST", f"{project}/query/", "query:read", private.query),
            ("GET", f"{project}/dashboards/", "dashboard:read", private.dashboards),
            ("GET", f"{project}/dashboards/{{id:int}}/", "dashboard:read", private.dashboard),
            ("GET", f"{project}/event_definitions/", "event_definition:read", private.definitions),
            ("GET", f"{project}/feature_flags/", "feature_flag:read", private.flags),
            ("POST", f"{project}/feature_flags/", "feature_flag:write", private.create_flag),
            ("GET", f"{project}/feature_flags/{{id:int}}/", "feature_flag:read", private.flag),
            (
                "PATCH",
                f"{project}/feature_flags/{{id:int}}/",
                "feature_flag:write",
                private.change_flag,
            ),
            ("GET", "/flags/definitions", "feature_flag:read", private.local_definitions),
        )
        return [
            *(
                Route(path, private.behind(scope, endpoint), methods=[method])
                for method, path, scope, endpoint in opened
            ),
            *(Route(path, public.capture, methods=["POST"]) for path in capture),
            *(Route(path, public.flags, methods=["POST"]) for path in flags),
            *(Route(path, public.preflight, methods=["OPTIONS"]) for path in [*capture, *flags]),
            Route("/static/{name}.js", public.asset),
            Route("/static/{version}/{name}.js", public.asset),
            Route("/array/{token}/config", public.config),
            Route("/array/{token}/config.js", public.config_script),
        ]

    def refusal(self, status: int, request: Request) -> Response:
        """Return PostHog's own refusal; a browser may read the one of a public address."""
        if request.url.path.startswith("/api/"):
            return refusal(status, CODES[status], REASONS[status])
        text = WRONG_TOKEN if status == 401 else REASONS[status]
        return PlainTextResponse(text, status_code=status, headers=cors(request))

    def belongings(self) -> Mapping[str, Any]:
        """Return how often each event has come, and the flags."""
        names = [row["event"] for row in self.store.rows()]
        return {
            "events": {name: names.count(name) for name in sorted(set(names))},
            "flags": [each.shape() for each in self.flags.values()],
        }

    def uuid(self, what: str) -> str:
        """Return the same id for the same thing of this project, every time."""
        return str(uuid5(NAMESPACE_URL, f"{what}:{self.project_id}"))

    def is_throttled(self, now: datetime) -> bool:
        """Note a query; whether there were too many within a minute."""
        recent = [each for each in self._asked if (now - each).total_seconds() < 60]
        self._asked = [*recent, now]
        return len(recent) >= int(self.setup.options.get("queries_per_minute", PER_MINUTE))


def _flag(number: int, given: Mapping[str, Any]) -> Flag:
    group = {"properties": [], "rollout_percentage": given.get("rollout_percentage", 100)}
    filters = given.get("filters") or {"groups": [{**group, "variant": None}]}
    active = given.get("active", True)
    return Flag(id=number, key=given["key"], name=given["key"], active=active, filters=filters)


def _dashboard(number: int, given: Mapping[str, Any], project_id: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": given["name"],
        "description": "",
        "pinned": False,
        "deleted": given.get("deleted", False),
        "created_at": CREATED,
        "tags": [],
        "team_id": project_id,
        "tile_count": given.get("tiles", 1),
    }
