"""The API."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from staging.services.netlify import answers
from staging.services.netlify.answers import Refused
from staging.services.netlify.publishing import Publishing
from staging.services.netlify.state import PRODUCTION, Deploy, Kept, State
from staging.services.service import Service, Setup, bearer
from staging.services.switches import Break

PRODUCTION_SERVICE = "netlify-production"
OTHER_SITE = ("00000000-0000-4000-8000-0000000000ff", "another-site")
Endpoint = Callable[[Request], Awaitable[Response]]


class Netlify(Service):
    """Netlify's API over one site, whose deploys are really uploaded and served.

    Options: ``token``, ``site_id``, ``site_name``, ``account_id``; ``environment``, the site's
    variables by name; ``serve`` as for Vercel: the ``command`` of a deploy's server, its further
    ``environment``, ``at_most`` servers at once, ended after ``idle_s``.
    """

    name = "netlify"
    stands_in_for: ClassVar[str] = (
        "Netlify: the API for a site, its variables and deploys, uploads, restore; serving"
    )

    def __init__(self, setup: Setup) -> None:
        self._ending: list[asyncio.Task[None]] = []
        self._generation = 0
        super().__init__(setup)

    def reset(self) -> None:
        """Forget all deploys; what served them ends."""
        if self._generation:
            before: Publishing = self.publishing
            self._ending.append(asyncio.create_task(before.stop()))
        self._generation += 1
        self._kept: Kept | None = None
        options, clock = self.setup.options, self.setup.clock
        self.state = State(
            token=options["token"],
            site_id=options["site_id"],
            site_name=options["site_name"],
            account_id=options["account_id"],
            address=self.setup.addresses.get(PRODUCTION_SERVICE, self.setup.address),
            clock=clock,
            variables=dict(options.get("environment", {})),
        )
        self.state.created_at = self.state.now()
        self.publishing: Publishing = Publishing(
            self.state,
            serve=options.get("serve", {}),
            folder=self.setup.folder / f"deploys-{self._generation}",
            switches=self.switches,
        )

    async def keep(self) -> None:
        """Keep which deploys there are, which is published, and the variables."""
        self._kept = Kept.of(self.state)

    async def bring_back(self) -> None:
        """Forget later deploys; serve what was served, by new servers."""
        assert self._kept is not None, "nothing was kept since the last reset"
        for deploy_id in self.state.deploys.keys() - self._kept.deploys.keys():
            self.publishing.take_down(deploy_id)
        self._kept.back_into(self.state)
        await self.restart()

    async def restart(self) -> None:
        """End the servers of all deploys."""
        await self.publishing.servers.end_all()

    def routes(self) -> Sequence[BaseRoute]:
        """Return the API."""
        site, deploy = "/sites/{site_id}", "/deploys/{deploy_id}"
        return [
            Mount(
                "/api/v1",
                routes=[
                    Route("/user", self._guarded(self._user)),
                    Route("/sites", self._guarded(self._sites)),
                    Route(site, self._guarded(self._site)),
                    Route(f"{site}/deploys", self._guarded(self._deploys)),
                    Route(f"{site}/deploys", self._guarded(self._create), methods=["POST"]),
                    Route(f"{site}{deploy}", self._guarded(self._one)),
                    Route(
                        f"{site}{deploy}/restore", self._guarded(self._restore), methods=["POST"]
                    ),
                    Route(deploy, self._guarded(self._one)),
                    Route(
                        f"{deploy}/files/{{path:path}}", self._guarded(self._put), methods=["PUT"]
                    ),
                    Route(
                        f"{deploy}/functions/{{name}}", self._guarded(self._put), methods=["PUT"]
                    ),
                    Route("/accounts/{account_id}/env", self._guarded(self._variables)),
                    Route(
                        "/accounts/{account_id}/env/{key}",
                        self._guarded(self._set_variable),
                        methods=["PUT"],
                    ),
                ],
            )
        ]

    def refusal(self, status: int, request: Request) -> Response:  # noqa: ARG002 - as inherited
        """Return the vendor's own form of an error."""
        return Refused(status).answer()

    def belongings(self) -> Mapping[str, Any]:
        """Return the deploys, and which of them is published."""
        live = self.state.published()
        return {
            "deploys": [
                {
                    "id": each.id,
                    "state": each.state,
                    "context": each.context,
                    "host": each.host,
                    "folder": None if each.folder is None else str(each.folder),
                }
                for each in self.state.deploys.values()
            ],
            "published": None if live is None else live.id,
        }

    async def stop(self) -> None:
        """End all servers."""
        await asyncio.gather(self.publishing.stop(), *self._ending)

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        async def answer(request: Request) -> Response:
            if bearer(request) != self.state.token:
                return Refused(401).answer()
            try:
                return await endpoint(request)
            except Refused as refused:
                return refused.answer()

        return answer

    async def _user(self, _request: Request) -> Response:
        return JSONResponse(
            {"id": "box-deployer", "full_name": "Box", "email": "deployer@example.org"}
        )

    def _shown(self, request: Request) -> tuple[str, str]:
        """Return the id and name of the site; of another where the switch says so."""
        asked = {"path": request.url.path, "method": request.method}
        if self.switches.on(Break.WRONG_PROJECT, **asked):
            return OTHER_SITE
        return self.state.site_id, self.state.site_name

    def _check_site(self, request: Request) -> None:
        name = self.state.site_name
        known = {self.state.site_id, name, f"{name}.netlify.app"}
        if request.path_params["site_id"] not in known:
            raise Refused(404)

    async def _sites(self, request: Request) -> Response:
        site_id, name = self._shown(request)
        return JSONResponse([answers.site(self.state, site_id=site_id, name=name)])

    async def _site(self, request: Request) -> Response:
        self._check_site(request)
        site_id, name = self._shown(request)
        return JSONResponse(answers.site(self.state, site_id=site_id, name=name))

    def _deploy(self, request: Request, each: Deploy, *, status: int = 200) -> Response:
        body = answers.deploy(
            self.state,
            each,
            site_id=self._shown(request)[0],
            required=self.publishing.missing(each),
        )
        return JSONResponse(answers.without_nulls(body), status)

    async def _deploys(self, request: Request) -> Response:
        self._check_site(request)
        every = list(reversed(self.state.deploys.values()))
        if self.switches.on(Break.STALE, path=request.url.path, method="GET"):
            every = every[1:]
        asked = request.query_params
        chosen = [
            each
            for each in every
            if asked.get("production") != "true" or each.context == PRODUCTION
            if asked.get("state", each.state) == each.state
        ]
        if asked.get("latest-published") == "true":
            live = self.state.published()
            chosen = [each for each in chosen if each is live]
        site_id = self._shown(request)[0]
        shown = [answers.deploy(self.state, each, site_id=site_id) for each in chosen]
        return JSONResponse(
            [answers.without_nulls(each) for each in shown[: int(asked.get("per_page", 100))]]
        )

    async def _create(self, request: Request) -> Response:
        self._check_site(request)
        body = await request.json()
        if not isinstance(body.get("files"), dict) or not body["files"]:
            raise Refused(422, "files is required")
        made = self.publishing.begin(
            files=body["files"],
            functions=body.get("functions") or {},
            context="deploy-preview" if body.get("draft") else PRODUCTION,
            title=str(body.get("title") or ""),
            branch=str(body.get("branch") or "main"),
        )
        if not self.publishing.missing(made):
            await self.publishing.finish(made)
        return self._deploy(request, made)

    def _found(self, request: Request) -> Deploy:
        found = self.state.deploys.get(request.path_params["deploy_id"])
        if found is None:
            raise Refused(404)
        return found

    async def _one(self, request: Request) -> Response:
        return self._deploy(request, self._found(request))

    async def _put(self, request: Request) -> Response:
        found = self._found(request)
        content = await request.body()
        name = request.path_params.get("name")
        if name is None:
            digest = hashlib.sha1(content).hexdigest()
            wanted = found.files.get(request.path_params["path"])
        else:
            digest = hashlib.sha256(content).hexdigest()
            wanted = found.functions.get(name)
        if digest != wanted:
            raise Refused(422, "The content is not what the deploy listed")
        self.publishing.take(digest, content)
        if found.state == "uploading" and not self.publishing.missing(found):
            await self.publishing.finish(found)
        return self._deploy(request, found)

    async def _restore(self, request: Request) -> Response:
        self._check_site(request)
        found = self._found(request)
        if found.state != "ready":
            raise Refused(422, "Only a ready deploy can be restored")
        if self.switches.on(Break.NEVER, path=request.url.path, method="POST") is None:
            self.state.publish(found)
        return self._deploy(request, found, status=201)

    async def _variables(self, _request: Request) -> Response:
        at = self.state.created_at
        return JSONResponse(
            [answers.variable(key, value, at) for key, value in self.state.variables.items()]
        )

    async def _set_variable(self, request: Request) -> Response:
        key, body = request.path_params["key"], await request.json()
        self.state.variables[key] = str(body["values"][0]["value"])
        return JSONResponse(answers.variable(key, self.state.variables[key], self.state.now()))
