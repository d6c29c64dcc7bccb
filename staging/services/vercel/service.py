"""The API, and the address of production."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Router
from starlette.types import Receive, Scope, Send

from staging.services.service import Service, Setup
from staging.services.switches import Break
from staging.services.vercel.access import Access
from staging.services.vercel.build_variables import Withheld
from staging.services.vercel.building import Builder
from staging.services.vercel.deployment_routes import DeploymentRoutes
from staging.services.vercel.project_routes import ProjectRoutes
from staging.services.vercel.publishing import Publishing
from staging.services.vercel.refusals import Refused
from staging.services.vercel.state import (
    PRODUCTION,
    Account,
    Kept,
    Project,
    State,
    Variable,
)

PRODUCTION_SERVICE = "vercel-production"
SETTINGS: Mapping[str, Any] = {
    "buildCommand": None,
    "commandForIgnoringBuildStep": None,
    "devCommand": None,
    "framework": "vite",
    "installCommand": None,
    "nodeVersion": "20.x",
    "outputDirectory": None,
    "rootDirectory": None,
}


class Vercel(Service):
    """Vercel's API over one project of one team, whose deployments really build and serve.

    Options: ``token``, ``team_id``, ``team_slug``, ``project_name``, ``project_id``; ``role`` of
    the token's owner in the team; ``environment``, the platform's variables by name (a value, or
    an object with ``value``, ``target`` and ``type``); ``settings`` and ``link`` of the project;
    ``domains`` besides production's own address; ``serve`` with the ``command`` of a deployment's
    server, its further ``environment``, ``at_most`` servers at once, ended after ``idle_s``;
    ``node_modules``, a folder of installed packages beside their lock file; ``build_cache``, the
    folder of finished builds; ``withheld``, the variables that builds do without (see Withheld).
    """

    name = "vercel"
    stands_in_for: ClassVar[str] = (
        "Vercel: the API for projects, variables, domains, files, deployments, promotion and "
        "rollback; builds; serving"
    )

    def __init__(self, setup: Setup) -> None:
        self._ending: list[asyncio.Task[None]] = []
        self._generation = 0
        super().__init__(setup)

    def reset(self) -> None:
        """Forget all deployments; what served them ends."""
        if self._generation > 0:
            before: Publishing = self.publishing
            self._ending.append(asyncio.create_task(before.stop()))
        self._generation += 1
        self._kept: Kept | None = None
        self.state = self._first_state()
        uploads = self.setup.folder / "files"
        uploads.mkdir(parents=True, exist_ok=True)
        self.publishing: Publishing = self._new_publishing(uploads)
        access = Access(self.state, self.switches)
        projects = ProjectRoutes(self.state, access, self.switches)
        deployments = DeploymentRoutes(
            access,
            self.switches,
            publishing=self.publishing,
            uploads=uploads,
            address=self.setup.address,
        )
        self._api = Router([*projects.routes(), *deployments.routes()], default=_not_found)

    async def keep(self) -> None:
        """Keep the state and what is served."""
        self._kept = self.publishing.keep()

    async def bring_back(self) -> None:
        """Forget later deployments; serve what was served, by new servers."""
        assert self._kept is not None, "nothing was kept since the last reset"
        await self.publishing.bring_back(self._kept)

    async def restart(self) -> None:
        """End the servers of all deployments."""
        await self.publishing.servers.end_all()

    def _new_publishing(self, uploads: Path) -> Publishing:
        options = self.setup.options
        packages = options.get("node_modules")
        cache = options.get("build_cache")
        withheld = options.get("withheld")
        return Publishing(
            self.state,
            builder=Builder(
                uploads=uploads,
                cache=self.setup.folder / "builds" if cache is None else Path(cache),
                node_modules=None if packages is None else Path(packages),
                gate=asyncio.Semaphore(1),
                withheld=None if withheld is None else Withheld.from_json(withheld),
            ),
            serve=options.get("serve", {}),
            folder=self.setup.folder / f"deployments-{self._generation}",
            switches=self.switches,
        )

    def _first_state(self) -> State:
        options = self.setup.options
        clock = self.setup.clock
        slug = options["team_slug"]
        project = Project(
            id=options["project_id"],
            name=options["project_name"],
            created_ms=round(clock.now().timestamp() * 1000),
            link=options.get("link", _link(slug, options["project_name"])),
            settings={**SETTINGS, **options.get("settings", {})},
        )
        account = Account(
            token=options["token"],
            team_id=options["team_id"],
            team_slug=slug,
            role=options.get("role", "OWNER"),
        )
        state = State(account=account, project=project, clock=clock)
        production = self.setup.addresses.get(PRODUCTION_SERVICE)
        state.domains = [] if production is None else [urlsplit(production).netloc]
        state.domains += options.get("domains", [])
        for key, given in options.get("environment", {}).items():
            each = {"value": given} if isinstance(given, str) else given
            state.variables.append(
                Variable(
                    key=key,
                    value=each["value"],
                    targets=tuple(each.get("target", (PRODUCTION, "preview"))),
                    type=each.get("type", "encrypted"),
                    created_ms=project.created_ms,
                )
            )
        return state

    def routes(self) -> Sequence[BaseRoute]:
        """Return the API."""
        return [Mount("/", app=self._answer)]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._api(scope, receive, send)

    def refusal(self, status: int, request: Request) -> Response:  # noqa: ARG002 - as inherited
        """Return the vendor's own form of an error."""
        return Refused(status).answer()

    def belongings(self) -> Mapping[str, Any]:
        """Return the deployments, which of them is live, and whose server runs."""
        live = self.state.live()
        return {
            "deployments": [
                {
                    "id": d.id,
                    "state": d.state,
                    "target": d.target,
                    "host": d.host,
                    "folder": None if d.folder is None else str(d.folder),
                }
                for d in self.state.deployments.values()
            ],
            "live": None if live is None else live.id,
            "servers": list(self.publishing.servers.running),
        }

    async def stop(self) -> None:
        """End all builds and servers."""
        await asyncio.gather(self.publishing.stop(), *self._ending)


class Production(Service):
    """The one address of production: it answers with the deployment that is live.

    With the switch ``stale`` it answers with the one before, as a cache that was not told.
    """

    name = PRODUCTION_SERVICE
    stands_in_for: ClassVar[str] = "Vercel's edge: what visitors of production are served"

    def reset(self) -> None:
        """Nothing is kept here."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return every address."""
        return [Mount("/", app=self._answer)]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        vercel = self.setup.others["vercel"]
        assert isinstance(vercel, Vercel)
        stale = self.switches.on(Break.STALE, path=scope["path"], method=scope["method"])
        live = vercel.state.live(ago=1 if stale else 0)
        await vercel.publishing.edge.answer(live, scope, receive, send)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    await Refused(404).answer()(scope, receive, send)


def _link(slug: str, repository: str) -> dict[str, Any]:
    """Return how the project is connected to a repository at GitHub."""
    return {
        "type": "github",
        "org": slug,
        "repo": repository,
        "repoId": 1,
        "gitCredentialId": "cred_box",
        "productionBranch": "main",
        "sourceless": False,
        "deployHooks": [],
    }
