"""``netlify deploy``, ``env:set`` and ``status``, against the API that NETLIFY_API_URL names."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
import zipfile
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

from gonogo.errors import WaitTimedOut
from gonogo.waiting import wait_until

ADDRESS_VARIABLE = "NETLIFY_API_URL"
CONFIG = "netlify.toml"
IN_A_FUNCTION = (CONFIG, "package.json", "*.mjs", "server/*.mjs", "netlify/functions/*.mjs")
"""What a bundler would find from a function on."""
ENDED = {"ready", "error"}
TIMEOUT_S = 60.0
DEPLOY_TIMEOUT_S = 1200.0
Json = Any


class Stopped(Exception):
    """The command ends with exit status 1 and this line."""


class Parser(argparse.ArgumentParser):
    """A parser that refuses with exit status 1."""

    def error(self, message: str) -> NoReturn:
        """Refuse."""
        raise Stopped(f"{message}. The stand-in knows only what deployments need.")


def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit status."""
    try:
        options = _parser().parse_args(argv)
        run: Mapping[str, Any] = {"deploy": _deploy, "env:set": _set_variable, "status": _status}
        run[options.command](options)
    except Stopped as stopped:
        print(f" ›   Error: {stopped}", file=sys.stderr)
        return 1
    return 0


def _parser() -> Parser:
    parser = Parser(prog="netlify", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    deploy = commands.add_parser("deploy", allow_abbrev=False)
    deploy.add_argument("-p", "--prod", action="store_true")
    deploy.add_argument("-d", "--dir", type=Path)
    deploy.add_argument("-m", "--message", default="")
    deploy.add_argument("--no-build", action="store_true")
    deploy.add_argument("--json", action="store_true")
    for each in (deploy, commands.add_parser("status", allow_abbrev=False)):
        each.add_argument("-s", "--site")
        each.add_argument("-a", "--auth")
    variable = commands.add_parser("env:set", allow_abbrev=False)
    variable.add_argument("key")
    variable.add_argument("value")
    return parser


def _deploy(options: Namespace) -> None:
    config = _config()
    build = config.get("build", {})
    site = _ask("GET", f"/sites/{_site(options)}")
    if not options.no_build and build.get("command"):
        _build(build["command"], site)
    folder = options.dir or Path(build.get("publish", "."))
    if not folder.is_dir():
        raise Stopped(f"The deploy directory {folder} has not been found. Did you build it?")
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    bundle = _bundle(config)
    print(f"Deploying to {'main site' if options.prod else 'draft'} URL...")
    body = {
        "files": {f"/{name}": hashlib.sha1(data).hexdigest() for name, data in files.items()},
        "functions": {"server": hashlib.sha256(bundle).hexdigest()} if bundle else {},
        "draft": not options.prod,
        "title": options.message,
    }
    made = _ask("POST", f"/sites/{site['id']}/deploys", body=body)
    print(f"Uploading {len(made['required'])} files")
    missing = set(made["required"])
    for name, data in files.items():
        if hashlib.sha1(data).hexdigest() in missing:
            _ask("PUT", f"/deploys/{made['id']}/files/{quote(name)}", data=data)
    if bundle and body["functions"]["server"] in missing:
        _ask("PUT", f"/deploys/{made['id']}/functions/server?runtime=js", data=bundle)
    _tell(_ended(made["id"]), options)


def _ended(deploy_id: str) -> Json:
    try:
        found = wait_until(
            lambda: _ask("GET", f"/deploys/{deploy_id}"),
            lambda each: each["state"] in ENDED,
            what="the deploy to be live",
            timeout_s=float(os.environ.get("NETLIFY_DEPLOY_TIMEOUT_S", DEPLOY_TIMEOUT_S)),
            interval_s=0.2,
        )
    except WaitTimedOut:
        raise Stopped("Timeout while waiting for deploy") from None
    if found["state"] != "ready":
        raise Stopped(f"Deploy {deploy_id} failed: {found.get('error_message', 'no reason')}")
    return found


def _tell(ended: Json, options: Namespace) -> None:
    if options.json:
        print(json.dumps({name: ended[name] for name in ("id", "site_id", "url", "deploy_url")}))
        return
    print("Deploy is live!\n")
    if options.prod:
        print(f"Production URL:     {ended['url']}")
    print(f"Unique deploy URL:  {ended['deploy_url']}")


def _build(command: str, site: Json) -> None:
    """Run the build command here with the site's variables, as the real command does."""
    print(f"Netlify Build\n$ {command}", flush=True)
    listed = _ask("GET", f"/accounts/{site['account_id']}/env?site_id={site['id']}")
    variables = {each["key"]: each["values"][0]["value"] for each in listed}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={**os.environ, **variables, "NETLIFY": "true", "CONTEXT": "production"},
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        raise Stopped(f'Command "{command}" exited with {done.returncode}')
    print("Netlify Build Complete", flush=True)


def _bundle(config: Mapping[str, Any]) -> bytes:
    """Return the archive of the functions' sources; empty where the site has no functions."""
    folder = Path(config.get("functions", {}).get("directory", "netlify/functions"))
    if not folder.is_dir():
        return b""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        for path in sorted(path for pattern in IN_A_FUNCTION for path in Path().glob(pattern)):
            made.writestr(zipfile.ZipInfo(str(path)), path.read_bytes())
    return archive.getvalue()


def _set_variable(options: Namespace) -> None:
    site = _ask("GET", f"/sites/{_site(options)}")
    body = {"key": options.key, "values": [{"value": options.value, "context": "all"}]}
    path = f"/accounts/{site['account_id']}/env/{quote(options.key)}?site_id={site['id']}"
    _ask("PUT", path, body=body)
    print(f"Set environment variable {options.key} in the all context")


def _status(options: Namespace) -> None:
    site = _ask("GET", f"/sites/{_site(options)}")
    print(f"Current project: {site['name']}\nProject URL: {site['url']}")


def _config() -> Mapping[str, Any]:
    try:
        return tomllib.loads(Path(CONFIG).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise Stopped(f"{CONFIG} cannot be parsed: {error}") from None


def _site(options: Namespace) -> str:
    named = getattr(options, "site", None) or os.environ.get("NETLIFY_SITE_ID")
    if not named:
        raise Stopped("This folder isn't linked to a project yet: run netlify link")
    return str(named)


def _ask(method: str, path: str, *, body: object = None, data: bytes | None = None) -> Json:
    """Return the answer's JSON; raises Stopped where there is none, or an error."""
    address = os.environ.get(ADDRESS_VARIABLE, "").rstrip("/")
    content = json.dumps(body).encode() if body is not None else data
    kind = "application/json" if body is not None else "application/octet-stream"
    request = urllib.request.Request(f"{address}/api/v1{path}", data=content, method=method)
    request.add_header("authorization", f"Bearer {os.environ.get('NETLIFY_AUTH_TOKEN', '')}")
    request.add_header("content-type", kind)
    # The box is on this machine: a proxy of the environment has no part in it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise Stopped(f"{method} {path}: HTTP {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        raise Stopped(f"The API at {address} cannot be asked: {error}") from None
