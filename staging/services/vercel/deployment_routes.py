"""The API's part about files and deployments, promotion and rollback."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gonogo.clock import rfc3339
from staging.services.switches import Break, Switchboard
from staging.services.vercel import answers
from staging.services.vercel.access import Access
from staging.services.vercel.build_settings import OVERRIDES
from staging.services.vercel.project_routes import json_object
from staging.services.vercel.publishing import Publishing
from staging.services.vercel.refusals import Refused
from staging.services.vercel.state import PRODUCTION, PROMOTE, ROLLBACK, Deployment
from staging.services.vercel.state import UploadedFile as File

GIT = {
    "commitSha": "githubCommitSha",
    "commitRef": "githubCommitRef",
    "commitMessage": "githubCommitMessage",
    "commitAuthorName": "githubCommitAuthorName",
}
"""What a deployment's metadata call the commit's details."""
EXECUTABLE = 0o111
LIMIT = 20


class DeploymentRoutes:
    """Answers from the state, and sets builds and switches of production going."""

    def __init__(
        self,
        access: Access,
        switches: Switchboard,
        *,
        publishing: Publishing,
        uploads: Path,
        address: str,
    ) -> None:
        self._state = publishing.state
        self._access = access
        self._switches = switches
        self._publishing = publishing
        self._uploads = uploads
        self._address = address

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered here."""
        guarded = self._access.guarded
        one = "/v{version:int}/deployments/{id}"
        project = "/v{version:int}/projects/{idOrName}"
        return [
            Route("/v2/files", guarded(self._upload), methods=["POST"]),
            Route("/v13/deployments", guarded(self._create), methods=["POST"]),
            Route("/v6/deployments", guarded(self._list)),
            Route("/v7/deployments", guarded(self._list)),
            Route("/v3/deployments/{id}/events", guarded(self._events)),
            Route("/v2/deployments/{id}/aliases", guarded(self._aliases)),
            Route(f"{one}/cancel", guarded(self._cancel), methods=["PATCH"]),
            Route(one, guarded(self._one)),
            Route(one, guarded(self._delete), methods=["DELETE"]),
            Route(f"{project}/promote/aliases", guarded(self._promoted)),
            Route(f"{project}/promote/{{id}}", guarded(self._promote), methods=["POST"]),
            Route(f"{project}/rollback/{{id}}", guarded(self._roll_back), methods=["POST"]),
        ]

    async def _upload(self, request: Request) -> Response:
        self._access.in_team(request)
        content = await request.body()
        sha = hashlib.sha1(content).hexdigest()
        wanted = request.headers.get("x-vercel-digest") or request.headers.get("x-now-digest")
        if wanted != sha:
            raise Refused(400, "File digest does not match its content", code="invalid_digest")
        await asyncio.to_thread((self._uploads / sha).write_bytes, content)
        return JSONResponse({"urls": []})

    async def _create(self, request: Request) -> Response:
        body = await json_object(request)
        project = self._state.project
        if not self._access.in_team(request):
            raise Refused(404, "Project not found.")
        if body.get("project", body.get("name")) not in {project.id, project.name}:
            raise Refused(404, "Project not found.")
        target = body.get("target")
        if target not in {None, PRODUCTION, "preview"}:
            raise Refused(400, "Invalid request: `target` should be equal to one of the values.")
        if target == PRODUCTION and not self._state.account.may_deploy_to_production:
            raise Refused(403, "You don't have permission to deploy to production.")
        again = body.get("deploymentId")
        if again is not None:
            origin = self._found(request, again)
            more: dict[str, Any] = {"source": "redeploy", "settings": origin.settings}
            files, meta = origin.files, {**origin.meta, **_texts(body.get("meta"))}
        else:
            settings = body.get("projectSettings") or {}
            more = {
                "settings": {k: settings[k] for k in OVERRIDES if k in settings},
                "env": _texts(body.get("env")),
                "build_env": _texts((body.get("build") or {}).get("env")),
                "is_prebuilt": request.query_params.get("prebuilt") == "1",
                "assigns_domains": body.get("autoAssignCustomDomains") is not False,
            }
            files, meta = self._files(body.get("files")), _meta(body)
        made = self._publishing.publish(
            files, target=PRODUCTION if target == PRODUCTION else None, meta=meta, **more
        )
        return self._shown(request, made)

    def _files(self, given: object) -> list[File]:
        """Return the files of a request; raises Refused 400 naming those not uploaded."""
        if not isinstance(given, list) or not given:
            raise Refused(400, "Invalid request: `files` should be a non-empty array.")
        files = [self._file(each) for each in given]
        missing = sorted({f.sha for f in files if not (self._uploads / f.sha).exists()})
        if missing:
            raise Refused(400, "Missing files", code="missing_files", missing=missing)
        return files

    def _file(self, given: Mapping[str, Any]) -> File:
        path = PurePosixPath(str(given.get("file", "")))
        if path.is_absolute() or not path.parts or ".." in path.parts:
            raise Refused(400, f"Invalid file path: {path}", code="invalid_path")
        sha = str(given.get("sha", ""))
        if "data" in given:
            sha = self._keep(given)
        if len(sha) != hashlib.sha1().digest_size * 2 or not sha.isalnum():
            raise Refused(400, "Invalid request: `sha` should be a SHA-1.")
        executable = bool(int(given.get("mode", 0)) & EXECUTABLE)
        return File(path=str(path), sha=sha, is_executable=executable)

    def _keep(self, given: Mapping[str, Any]) -> str:
        """Keep a file that came within the request."""
        try:
            is_base64 = given.get("encoding") == "base64"
            data = str(given["data"]).encode()
            content = base64.b64decode(data, validate=True) if is_base64 else data
        except binascii.Error:
            raise Refused(400, "Invalid request: `data` should be base64.") from None
        sha = hashlib.sha1(content).hexdigest()
        (self._uploads / sha).write_bytes(content)
        return sha

    async def _one(self, request: Request) -> Response:
        return self._shown(request, self._found(request))

    def _shown(self, request: Request, each: Deployment) -> Response:
        shown, aliases = self._access.shown(request), self._aliases_of(each)
        return JSONResponse(
            answers.deployment(self._state, shown, each, self._address, aliases=aliases)
        )

    def _aliases_of(self, each: Deployment) -> list[str]:
        return list(self._state.domains) if each is self._state.live() else []

    def _found(self, request: Request, id_or_host: str = "") -> Deployment:
        found = self._state.find(id_or_host or request.path_params["id"])
        if found is None or not self._access.in_team(request):
            raise Refused(404, "The deployment could not be found.")
        return found

    async def _list(self, request: Request) -> Response:
        if not self._access.in_team(request):
            return JSONResponse({"deployments": [], "pagination": answers.pagination(0)})
        every = list(reversed(self._state.deployments.values()))
        if self._switches.on(Break.STALE, path=request.url.path, method="GET"):
            every = every[1:]
        shown = self._access.shown(request)
        chosen = [each for each in every if self._is_asked_for(each, request)]
        chosen = chosen[: int(request.query_params.get("limit", LIMIT))]
        body = [answers.listed(self._state, shown, each, self._address) for each in chosen]
        return JSONResponse({"deployments": body, "pagination": answers.pagination(len(body))})

    def _is_asked_for(self, each: Deployment, request: Request) -> bool:
        asked = request.query_params
        project = self._state.project
        states = asked.get("state", each.state).upper().split(",")
        candidate = asked.get("rollbackCandidate")
        return (
            asked.get("projectId", project.id) in {project.id, project.name}
            and asked.get("app", project.name) == project.name
            and asked.get("target", each.environment) == each.environment
            and each.state in states
            and asked.get("sha", each.commit) == each.commit
            and (
                candidate is None
                or (candidate == "true") == answers.is_rollback_candidate(self._state, each)
            )
            and all(
                each.meta.get(key.removeprefix("meta-")) == value
                for key, value in asked.items()
                if key.startswith("meta-")
            )
        )

    async def _events(self, request: Request) -> Response:
        found = self._found(request)
        return JSONResponse([answers.event(e, n, found.id) for n, e in enumerate(found.events)])

    async def _aliases(self, request: Request) -> Response:
        found = self._found(request)
        created = rfc3339(datetime.fromtimestamp((found.ended_ms or 0) / 1000, UTC))
        aliases = [
            {"uid": f"als_{hashlib.sha1(name.encode()).hexdigest()}", "alias": name}
            for name in self._aliases_of(found)
        ]
        return JSONResponse({"aliases": [{**each, "created": created} for each in aliases]})

    async def _promoted(self, request: Request) -> Response:
        self._access.project(request)
        last, names = self._state.last_request, self._state.domains
        status = "completed" if last is not None and last.status == "succeeded" else "pending"
        to = "" if last is None else last.to_id
        aliases = [{"alias": name, "id": to, "status": status} for name in (names if last else [])]
        return JSONResponse({"aliases": aliases, "pagination": answers.pagination(len(aliases))})

    async def _promote(self, request: Request) -> Response:
        self._access.project(request)
        found = self._ready(request)
        if found.target != PRODUCTION:
            raise Refused(
                409, "Only production deployments can be promoted.", code="not_production"
            )
        if found is self._state.live():
            raise Refused(409, "Deployment is already the current production deployment.")
        self._publishing.point_production(found, PROMOTE, path=request.url.path)
        return Response(status_code=201)

    async def _roll_back(self, request: Request) -> Response:
        self._access.project(request)
        found = self._ready(request)
        if not answers.is_rollback_candidate(self._state, found):
            raise Refused(422, "The deployment is not eligible for a rollback.")
        self._publishing.point_production(found, ROLLBACK, path=request.url.path)
        return Response(status_code=201)

    def _ready(self, request: Request) -> Deployment:
        found = self._found(request)
        if not self._state.account.may_deploy_to_production:
            raise Refused(403, "You don't have permission to change production.")
        if found.state != "READY":
            raise Refused(409, "The deployment is not ready.", code="deployment_not_ready")
        return found

    async def _cancel(self, request: Request) -> Response:
        found = self._found(request)
        if found.state not in {"QUEUED", "BUILDING"}:
            raise Refused(400, "Deployment is already finished.")
        self._publishing.cancel(found)
        return self._shown(request, found)

    async def _delete(self, request: Request) -> Response:
        found = self._found(request)
        self._publishing.delete(found)
        return JSONResponse({"uid": found.id, "state": "DELETED"})


def _texts(given: object) -> dict[str, str]:
    """Return an object of texts."""
    return {str(k): str(v) for k, v in given.items()} if isinstance(given, Mapping) else {}


def _meta(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the deployment's metadata: what was given, and the commit's details."""
    git = body.get("gitMetadata") or {}
    of_git = {name: str(git[key]) for key, name in GIT.items() if git.get(key) is not None}
    if git.get("dirty"):
        of_git["gitDirty"] = "1"
    return {**of_git, **_texts(body.get("meta"))}
