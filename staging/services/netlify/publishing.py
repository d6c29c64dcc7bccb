"""Takes a deploy from its uploads to its own address, and production from one to another."""

from __future__ import annotations

import asyncio
import io
import shutil
import socket
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from staging.services.listener import OwnedServer, quiet_server
from staging.services.netlify.answers import Refused
from staging.services.netlify.state import PRODUCTION, Deploy, State
from staging.services.switches import Break, Switchboard
from staging.services.vercel.building import machine
from staging.services.vercel.forwarding import Edge
from staging.services.vercel.header_rules import HeaderRules
from staging.services.vercel.serving import Servers

CONFIG = "netlify.toml"


class Publishing:
    """What runs for the deploys: uploaded files, addresses, server processes."""

    def __init__(
        self, state: State, *, serve: Mapping[str, Any], folder: Path, switches: Switchboard
    ) -> None:
        self.state = state
        self._extra = dict(serve.get("environment", {}))
        self._folder = folder
        self._switches = switches
        self._contents: dict[str, bytes] = {}
        self._fronts: dict[str, tuple[OwnedServer, asyncio.Task[None]]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.servers = Servers(
            serve.get("command", ("node", "server/index.mjs")),
            environment=self._environment,
            clock=state.clock,
            logs=folder,
            at_most=serve.get("at_most", 2),
            idle_s=serve.get("idle_s", 120.0),
        )
        self.edge = Edge(self.servers, vendor="Netlify")

    def begin(
        self,
        *,
        files: Mapping[str, str],
        functions: Mapping[str, str],
        **more: Any,  # noqa: ANN401 - as in Deploy
    ) -> Deploy:
        """Give a new deploy its address; it is ready when all that it lists has been uploaded."""
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        deploy = Deploy(
            files={_safe(path): sha for path, sha in files.items()},
            functions=functions,
            created_at=self.state.now(),
            host=f"127.0.0.1:{listening.getsockname()[1]}",
            variables=dict(self.state.variables),
            **more,
        )
        self.state.deploys[deploy.id] = deploy
        server = quiet_server(self.edge.app(deploy))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        self._fronts[deploy.id] = (server, serving)
        return deploy

    def missing(self, deploy: Deploy) -> list[str]:
        """Return the digests that have not been uploaded."""
        wanted = {*deploy.files.values(), *deploy.functions.values()}
        return sorted(wanted - self._contents.keys())

    def take(self, digest: str, content: bytes) -> None:
        """Keep an uploaded file."""
        self._contents[digest] = content

    async def finish(self, deploy: Deploy) -> None:
        """Serve a deploy that has all its files; a production one is published at once."""
        if self._switches.on(Break.NEVER, path=f"/api/v1/deploys/{deploy.id}", method="PUT"):
            deploy.state = "processing"
            return
        folder = self._folder / deploy.id
        try:
            await asyncio.to_thread(self._write, deploy, folder)
        except (OSError, zipfile.BadZipFile) as error:
            deploy.state, deploy.error_message = "error", f"Failed to process: {error}"
            return
        deploy.header_rules = HeaderRules(_headers(folder))
        deploy.folder, deploy.state = folder, "ready"
        if deploy.context == PRODUCTION:
            self.state.publish(deploy)

    def _write(self, deploy: Deploy, folder: Path) -> None:
        for digest in deploy.functions.values():
            with zipfile.ZipFile(io.BytesIO(self._contents[digest])) as archive:
                archive.extractall(folder)
        for path, sha in deploy.files.items():
            place = folder / "dist" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(self._contents[sha])

    def _environment(self, deploy: Deploy) -> dict[str, str]:
        """Return what a deploy's functions see: the site's variables, and the few of their own."""
        return {
            **machine(),
            **deploy.variables,
            "NODE_ENV": "production",
            "SITE_ID": self.state.site_id,
            "SITE_NAME": self.state.site_name,
            "URL": self.state.address,
            **self._extra,
        }

    def take_down(self, deploy_id: str) -> None:
        """Stop serving a deploy."""
        self.servers.end(deploy_id)
        server, _ = self._fronts[deploy_id]
        server.should_exit = True
        shutil.rmtree(self._folder / deploy_id, ignore_errors=True)

    async def stop(self) -> None:
        """Stop all that runs and remove what was served."""
        for server, _ in self._fronts.values():
            server.should_exit = True
        await self.servers.end_all()
        await asyncio.gather(*(serving for _, serving in self._fronts.values()))
        await self.edge.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _safe(path: str) -> str:
    parts = PurePosixPath(path.lstrip("/"))
    if not parts.parts or ".." in parts.parts:
        raise Refused(422, f"Invalid file path: {path}")
    return str(parts)


def _headers(folder: Path) -> list[dict[str, Any]]:
    """Return the header rules of netlify.toml in the form that Vercel's have."""
    config = folder / CONFIG
    rules = tomllib.loads(config.read_text("utf-8")).get("headers", []) if config.exists() else []
    return [
        {
            "source": rule["for"].replace("*", "(.*)"),
            "headers": [{"key": key, "value": value} for key, value in rule["values"].items()],
        }
        for rule in rules
    ]
