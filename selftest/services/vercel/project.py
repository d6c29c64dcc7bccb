"""A small project that builds without packages, and the platform it is deployed to."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from gonogo.waiting import wait_until
from staging.services.company import Company, Order

TOKEN = "vcp_of_the_box"
TEAM = "team_of_the_box"
PROJECT = "prj_of_the_box"
NAME = "small"
OPTIONS: Mapping[str, Any] = {
    "token": TOKEN,
    "team_id": TEAM,
    "team_slug": "acme",
    "project_name": NAME,
    "project_id": PROJECT,
    "environment": {
        "VITE_FLAG": "on",
        "VITE_ONLY_PREVIEW": {"value": "yes", "target": ["preview"], "type": "plain"},
    },
}
Deployment = dict[str, Any]
"""A deployment as the API describes it."""
COMMAND = Path(__file__).parents[3] / "staging/services/vercel/bin/vercel"
API = "staging.services.vercel.service:Vercel"
PRODUCTION = "staging.services.vercel.service:Production"

PACKAGE = '{"name": "small", "type": "module", "scripts": {"build": "node scripts/build.mjs"}}'
BUILD = """
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
console.log("building the page");
if (process.env.VITE_BREAK) process.exit(3);
const { VITE_FLAG, VITE_ONLY_PREVIEW, VERCEL_ENV } = process.env;
const text = [readFileSync("page.txt", "utf8").trim(), VITE_FLAG, VITE_ONLY_PREVIEW, VERCEL_ENV];
mkdirSync("dist", { recursive: true });
writeFileSync("dist/index.html", text.join(" "));
"""
SERVER = """
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
const page = readFileSync(new URL("../dist/index.html", import.meta.url));
if (page.includes("will-not-start")) process.exit(1);
const server = createServer(async (request, response) => {
  let body = "";
  for await (const block of request) body += block;
  response.setHeader("x-frame-options", "SAMEORIGIN");
  if (request.url.startsWith("/echo")) {
    const { VERCEL_GIT_COMMIT_SHA, VITE_FLAG } = process.env;
    const { url, method, headers } = request;
    const variables = { VERCEL_GIT_COMMIT_SHA, VITE_FLAG };
    response.end(JSON.stringify({ url, method, headers, body, ...variables }));
  } else if (request.url === "/breaks-off") request.socket.destroy();
  else response.end(page);
});
server.listen(Number(process.env.PORT), "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`));
"""
HEADERS = """{"headers": [
  {"source": "/(.*)", "headers": [{"key": "X-Frame-Options", "value": "DENY"}]},
  {"source": "/echo/:rest*", "headers": [{"key": "X-Echo", "value": "yes"}]}
]}"""


def write_project(folder: Path, page: str) -> Path:
    """Write the project below *folder*, with *page* in what it serves."""
    files = {
        "package.json": PACKAGE,
        "page.txt": page,
        "scripts/build.mjs": BUILD,
        "server/index.mjs": SERVER,
        "vercel.json": HEADERS,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


class Platform:
    """The running stand-in, asked as a client of the API would."""

    def __init__(self, company: Company, folder: Path) -> None:
        self.company = company
        self.folder = folder
        self.address = company.addresses["vercel"]
        self.production = company.addresses["vercel-production"]
        self.api = httpx.Client(
            base_url=self.address,
            headers={"Authorization": f"Bearer {TOKEN}"},
            params={"teamId": TEAM},
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()

    def uploaded(self, page: str) -> list[dict[str, Any]]:
        """Upload the project and return its files as the API wants them."""
        folder = write_project(self.folder / page, page)
        files = []
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            content = path.read_bytes()
            sha = hashlib.sha1(content).hexdigest()
            digest = {"x-vercel-digest": sha}
            self.api.post("/v2/files", content=content, headers=digest).raise_for_status()
            name = str(path.relative_to(folder))
            files.append({"file": name, "sha": sha, "size": len(content)})
        return files

    def begin(self, page: str, *, target: str | None = "production", **more: object) -> str:
        """Begin a deployment and return its id."""
        body = {"name": NAME, "target": target, "files": self.uploaded(page), **more}
        answer = self.api.post("/v13/deployments", json=body).raise_for_status()
        return str(answer.json()["id"])

    def deploy(self, page: str, *, target: str | None = "production", **more: object) -> Deployment:
        """Deploy and return the deployment when it has ended."""
        return self.ended(self.begin(page, target=target, **more))

    def ended(self, deployment_id: str) -> Deployment:
        """Return the deployment when it has ended."""
        found: Deployment = wait_until(
            lambda: self.api.get(f"/v13/deployments/{deployment_id}").json(),
            lambda found: found["readyState"] in {"READY", "ERROR", "CANCELED"},
            what="the end of the build",
            timeout_s=60,
        )
        return found

    def served(self) -> str:
        """Return what production shows."""
        return httpx.get(self.production, trust_env=False).text

    def log(self, deployment_id: str) -> str:
        """Return a deployment's build log."""
        events = self.api.get(f"/v3/deployments/{deployment_id}/events").json()
        return "\n".join(event["text"] for event in events)

    def switch(self, kind: str, deployment_id: str) -> httpx.Response:
        """Promote, or roll back."""
        version = {"promote": "v10", "rollback": "v1"}[kind]
        return self.api.post(f"/{version}/projects/{PROJECT}/{kind}/{quote(deployment_id)}")

    def run(self, folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the ``vercel`` command in *folder*."""
        own = {"PATH": os.environ["PATH"], "VERCEL_API": self.address, "VERCEL_TOKEN": TOKEN}
        given = more.pop("input", "")
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=folder,
            env={**own, **more},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )


def orders(**options: object) -> tuple[Order, Order]:
    """Return what starts the API and production's address."""
    return (
        Order(name="vercel", service=API, options={**OPTIONS, **options}),
        Order(name="vercel-production", service=PRODUCTION),
    )


def at(
    deployment: Deployment,
    path: str = "/",
    method: str = "GET",
    **how: Any,  # noqa: ANN401 - httpx's own
) -> httpx.Response:
    return httpx.request(method, f"http://{deployment['url']}{path}", **how)
