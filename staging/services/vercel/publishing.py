"""Takes a deployment from its upload to its own address, and production from one to another."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from staging.services.listener import OwnedServer, quiet_server
from staging.services.switches import Break, Switchboard
from staging.services.vercel.build_settings import CONFIG, read_json
from staging.services.vercel.building import Builder, BuildFailed, machine
from staging.services.vercel.forwarding import Edge
from staging.services.vercel.header_rules import HeaderRules
from staging.services.vercel.serving import Servers
from staging.services.vercel.state import (
    PRODUCTION,
    ROLLBACK,
    AliasRequest,
    Deployment,
    Event,
    Kept,
    State,
    UploadedFile,
)


class Publishing:
    """What runs for the deployments: builds, addresses, server processes."""

    def __init__(
        self,
        state: State,
        *,
        builder: Builder,
        serve: Mapping[str, Any],
        folder: Path,
        switches: Switchboard,
    ) -> None:
        self.state = state
        self._builder = builder
        self._extra = dict(serve.get("environment", {}))
        self._folder = folder
        self._switches = switches
        self._fronts: dict[str, tuple[OwnedServer, asyncio.Task[None]]] = {}
        self._builds: dict[str, asyncio.Task[None]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.servers = Servers(
            serve.get("command", ("node", "server/index.mjs")),
            environment=self._server_environment,
            clock=state.clock,
            logs=folder,
            at_most=serve.get("at_most", 2),
            idle_s=serve.get("idle_s", 120.0),
        )
        self.edge = Edge(self.servers)

    def publish(
        self,
        files: Sequence[UploadedFile],
        *,
        target: str | None,
        meta: Mapping[str, str],
        **more: Any,  # noqa: ANN401 - as in Deployment
    ) -> Deployment:
        """Give a new deployment its address at once and begin to build it."""
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        deployment = Deployment(
            files=files,
            target=target,
            meta=meta,
            created_ms=self.state.now_ms(),
            host=f"127.0.0.1:{listening.getsockname()[1]}",
            **more,
        )
        deployment.variables = {
            **self.state.values_for(deployment.environment),
            **deployment.env,
        }
        self.state.deployments[deployment.id] = deployment
        server = quiet_server(self.edge.app(deployment))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        self._fronts[deployment.id] = (server, serving)
        if not self._switches.on(Break.NEVER, path="/v13/deployments", method="POST"):
            self._builds[deployment.id] = asyncio.create_task(self._build(deployment))
        return deployment

    async def _build(self, deployment: Deployment) -> None:
        deployment.state, deployment.building_ms = "BUILDING", self.state.now_ms()
        folder = self._folder / deployment.id

        def log(text: str) -> None:
            deployment.events.append(Event(at_ms=self.state.now_ms(), text=text))

        try:
            await self._builder.build(deployment, self.state.project.settings, into=folder, log=log)
        except BuildFailed as error:
            self._fail(deployment, error.code, str(error))
        except Exception as error:
            self._fail(deployment, "INTERNAL_ERROR", repr(error))
            raise
        else:
            deployment.header_rules = HeaderRules(read_json(folder / CONFIG).get("headers", []))
            log("Deployment completed")
            deployment.folder = folder
            deployment.state, deployment.ended_ms = "READY", self.state.now_ms()
            if deployment.target == PRODUCTION and self._goes_live_by_itself(deployment):
                self.state.make_live(deployment)

    def _goes_live_by_itself(self, deployment: Deployment) -> bool:
        """After a rollback nothing does, until somebody promotes."""
        last = self.state.last_request
        is_rolled_back = last is not None and last.kind == ROLLBACK
        return (
            deployment.assigns_domains and self.state.project.assigns_domains and not is_rolled_back
        )

    def _fail(self, deployment: Deployment, code: str, message: str) -> None:
        now_ms = self.state.now_ms()
        deployment.state, deployment.ended_ms = "ERROR", now_ms
        deployment.error = (code, message)
        deployment.events.append(Event(at_ms=now_ms, text=f"Error: {message}", type="stderr"))

    def point_production(self, deployment: Deployment, kind: str, *, path: str) -> None:
        """Point production at *deployment* at once, by a promotion or a rollback."""
        live = self.state.live()
        never = self._switches.on(Break.NEVER, path=path, method="POST")
        self.state.last_request = AliasRequest(
            kind=kind,
            to_id=deployment.id,
            from_id="" if live is None else live.id,
            at_ms=self.state.now_ms(),
            status="in-progress" if never else "succeeded",
        )
        if never is None:
            self.state.make_live(deployment)

    def cancel(self, deployment: Deployment) -> None:
        """Stop a build."""
        self._stop_build(deployment.id)
        deployment.state, deployment.ended_ms = "CANCELED", self.state.now_ms()

    def delete(self, deployment: Deployment) -> None:
        """Forget a deployment; where production points at it, it points at nothing."""
        del self.state.deployments[deployment.id]
        self._take_down(deployment.id)
        shutil.rmtree(self._folder / deployment.id, ignore_errors=True)

    def keep(self) -> Kept:
        """Return the state, and copy what is served."""
        kept = self.state.kept()
        for folder, copy in self._copies(kept):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(folder, copy, symlinks=True)
        return kept

    async def bring_back(self, kept: Kept) -> None:
        """Delete what came later and serve what was served; a deleted one does not come back."""
        for deployment in list(self.state.deployments.values()):
            if deployment.id not in kept.deployments:
                self.delete(deployment)
        await self.servers.end_all()
        for folder, copy in self._copies(kept):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(copy, folder, symlinks=True)
        self.state.bring_back(kept)

    def _copies(self, kept: Kept) -> Iterator[tuple[Path, Path]]:
        """Yield each folder that is served, and where its copy is kept."""
        for deployment in kept.deployments.values():
            if deployment.folder is not None:
                yield deployment.folder, self._folder / "kept" / deployment.id

    def _take_down(self, deployment_id: str) -> None:
        self._stop_build(deployment_id)
        self.servers.end(deployment_id)
        front, _ = self._fronts[deployment_id]
        front.should_exit = True

    def _stop_build(self, deployment_id: str) -> None:
        build = self._builds.get(deployment_id)
        if build is not None:
            build.cancel()

    def _server_environment(self, deployment: Deployment) -> dict[str, str]:
        """Return what a deployment's server sees: the platform's variables, and no others."""
        commit = deployment.commit
        return {
            **machine(),
            **deployment.variables,
            "NODE_ENV": "production",
            "VERCEL": "1",
            "VERCEL_ENV": deployment.environment,
            "VERCEL_TARGET_ENV": deployment.environment,
            "VERCEL_URL": deployment.host,
            "VERCEL_DEPLOYMENT_ID": deployment.id,
            "VERCEL_PROJECT_ID": self.state.project.id,
            **({"VERCEL_GIT_COMMIT_SHA": commit} if commit else {}),
            **self._extra,
        }

    async def stop(self) -> None:
        """Stop all that runs and remove what was served."""
        fronts = list(self._fronts.values())
        for deployment_id in list(self._fronts):
            self._take_down(deployment_id)
        await asyncio.gather(*self._builds.values(), return_exceptions=True)
        await self.servers.end_all()
        await asyncio.gather(*(serving for _, serving in fronts))
        await self.edge.close()
        shutil.rmtree(self._folder, ignore_errors=True)
