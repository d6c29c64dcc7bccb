"""Sentry's addresses, and who may ask what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from staging.services.sentry import account as box
from staging.services.sentry.asking import Refused, paged
from staging.services.sentry.ingest import CORS, Ingest
from staging.services.sentry.reading import Reading, releases_of
from staging.services.sentry.release_routes import ReleaseRoutes
from staging.services.sentry.releases import FORBIDDEN, Releases
from staging.services.sentry.store import Store
from staging.services.sentry.uploads import Chunks
from staging.services.service import Service, bearer
from staging.services.switches import Break

SETTLE_S = 0.3
"""How long an event takes to be found, when the option ``settle_s`` says nothing else."""
DETAILS = {
    401: "Invalid token",
    403: "You do not have permission to perform this action.",
    404: "The requested resource does not exist",
    429: "You are attempting to use this endpoint too frequently.",
    500: "Internal Error",
}
ORG = "/api/0/organizations/{org}"
PROJECT = "/api/0/projects/{org}/{project}"

Endpoint = Callable[[Request], Awaitable[Response]]


class Sentry(Service):
    """Options: ``org``, ``project``, ``project_id``, ``public_key``, ``auth_token``.

    And, when they are to be other than usual, ``name``, ``keys``, ``workflows``, ``detectors`` (as
    in ``account.py``) and ``settle_s``.
    """

    name = "sentry"
    stands_in_for = "Sentry: envelopes, events, issues, figures, sessions, releases, source maps"

    def reset(self) -> None:
        """Make the state what it was at the start."""
        options, clock = self.setup.options, self.setup.clock
        self.account = box.Account(
            org=options["org"],
            project=options["project"],
            name=options.get("name", box.NAME),
            project_id=str(options["project_id"]),
            address=self.setup.address,
            keys=options.get("keys") or [{"public": options["public_key"]}],
            workflows=options.get("workflows", box.WORKFLOWS),
            detectors=options.get("detectors", box.DETECTORS),
        )
        self.store = Store(clock=clock, settle_s=options.get("settle_s", SETTLE_S))
        self.releases = Releases(clock=clock)
        self.chunks = Chunks(self.setup.folder / "chunks")

    def routes(self) -> Sequence[BaseRoute]:
        """Return what it answers."""
        ingest, reading, releases = Ingest(self), Reading(self), ReleaseRoutes(self)
        version = f"{ORG}/releases/{{version}}"
        of_project = f"{PROJECT}/releases/{{version}}"
        get: Mapping[str, Endpoint] = {
            f"{ORG}/projects/": self._projects,
            f"{ORG}/project-keys/": self._keys,
            f"{ORG}/workflows/": self._workflows,
            f"{ORG}/detectors/": self._detectors,
            f"{ORG}/issues/": reading.issues,
            f"{ORG}/issues/{{issue_id:int}}/": reading.one_issue,
            f"{ORG}/events/": reading.figures,
            f"{ORG}/sessions/": reading.sessions,
            f"{ORG}/releases/": releases.listed,
            f"{version}/deploys/": releases.deploys,
            f"{version}/files/": releases.files,
            f"{of_project}/files/": releases.files,
            f"{version}/": releases.one,
            f"{ORG}/chunk-upload/": releases.upload_options,
            f"{PROJECT}/": self._project,
            f"{PROJECT}/keys/": self._keys,
            f"{PROJECT}/environments/": reading.environments,
            f"{PROJECT}/events/": reading.events,
            f"{PROJECT}/events/{{event_id}}/": reading.event,
            f"{PROJECT}/files/artifact-bundles/": releases.bundles,
            f"{PROJECT}/files/artifact-bundles/{{bundle_id}}/files/": releases.bundle_files,
        }
        post: Mapping[str, Endpoint] = {
            f"{ORG}/releases/": releases.created,
            f"{version}/deploys/": releases.deployed,
            f"{version}/files/": releases.filed,
            f"{of_project}/files/": releases.filed,
            f"{PROJECT}/releases/": releases.created,
            f"{ORG}/chunk-upload/": releases.uploaded,
            f"{ORG}/artifactbundle/assemble/": releases.assembled,
        }
        put: Mapping[str, Endpoint] = {
            f"{version}/": releases.changed,
            f"{of_project}/": releases.changed,
            f"{ORG}/issues/{{issue_id:int}}/": reading.change_issue,
        }
        by_method = {"GET": get, "POST": post, "PUT": put}
        return [
            *(
                Route(path, self._behind_token(endpoint), methods=[method])
                for method, endpoints in by_method.items()
                for path, endpoint in endpoints.items()
            ),
            *(
                Route(f"/api/{{project_id:int}}/{kind}/", endpoint, methods=[method])
                for kind, take in (("envelope", ingest.envelope), ("store", ingest.store))
                for method, endpoint in (("POST", take), ("OPTIONS", ingest.preflight))
            ),
        ]

    def refusal(self, status: int, request: Request) -> Response:
        """Return Sentry's own refusal; a browser may read the one of an envelope."""
        headers = {} if request.url.path.startswith("/api/0/") else CORS
        return JSONResponse({"detail": DETAILS[status]}, status_code=status, headers=headers)

    def belongings(self) -> Mapping[str, Any]:
        """Return the DSN, the ids of what came, and how many items of each type."""
        return {
            "dsn": self.account.dsn(self.account.keys[0]["public"]),
            "events": [each.id for each in self.store.errors()],
            "spans": sum(1 for _ in self.store.spans()),
            "sessions": sum(each.count for each in self.store.sessions()),
            "items": self.store.outcomes,
        }

    def shown_account(self, request: Request) -> box.Account:
        """Return whose answer this is: a switch makes it another project's."""
        if self.switches.on(Break.WRONG_PROJECT, path=request.url.path, method=request.method):
            keys = [{"public": "f" * 32}]
            name, other = "Somebody Else", "somebody-else"
            return replace(self.account, name=name, project=other, project_id="999999", keys=keys)
        return self.account

    def notice_releases(self) -> None:
        """Make a release of every version that an event named, as Sentry does."""
        for version in sorted(releases_of(list(self.store.errors()))):
            if not FORBIDDEN.search(version):
                self.releases.touch(version)

    def _behind_token(self, endpoint: Endpoint) -> Endpoint:
        """Return *endpoint* behind the token, for the one organization and project."""

        async def guarded(request: Request) -> Response:
            try:
                self._admit(request)
                kind, path = Break.STALE, request.url.path
                self.store.stale = bool(self.switches.on(kind, path=path, method=request.method))
                return await endpoint(request)
            except Refused as refused:
                return JSONResponse({"detail": str(refused)}, status_code=refused.status)

        return guarded

    def _admit(self, request: Request) -> None:
        if not request.headers.get("authorization"):
            raise Refused(401, "Authentication credentials were not provided.")
        if bearer(request) != self.setup.options["auth_token"]:
            raise Refused(401, DETAILS[401])
        account, names = self.account, request.path_params
        if names["org"] not in {account.org, "1"}:
            raise Refused(404, DETAILS[404])
        known = {account.project, account.project_id}
        if names.get("project", account.project) not in known:
            raise Refused(404, DETAILS[404])
        if not set(request.query_params.getlist("project")) <= {*known, "-1"}:
            raise Refused(403, DETAILS[403])

    def _seen(self) -> bool:
        return any(True for _ in self.store.errors())

    async def _projects(self, request: Request) -> Response:
        return paged(request, [self.shown_account(request).summary(seen=self._seen())])

    async def _project(self, request: Request) -> Response:
        return JSONResponse(self.shown_account(request).detail(seen=self._seen()))

    async def _keys(self, request: Request) -> Response:
        status = request.query_params.get("status", "")
        return paged(request, self.shown_account(request).key_list(status))

    async def _workflows(self, request: Request) -> Response:
        return paged(request, _named(request, self.shown_account(request).workflow_list()))

    async def _detectors(self, request: Request) -> Response:
        return paged(request, _named(request, self.shown_account(request).detector_list()))


def _named(request: Request, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that fit the query: ``type:…`` or part of a name."""
    query = request.query_params.get("query", "")
    if query.startswith("type:"):
        return [each for each in rows if each.get("type") == query.removeprefix("type:")]
    return [each for each in rows if query.lower() in each["name"].lower()]
