"""``deploy``, ``inspect``, ``ls``, ``promote`` and ``rollback``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from gonogo.errors import WaitTimedOut
from gonogo.waiting import wait_until
from staging.services.vercel.build_settings import (
    CONFIG,
    BrokenConfig,
    overrides,
    read_json,
)
from staging.services.vercel.command_line.connection import Api, ApiError
from staging.services.vercel.command_line.link import Link
from staging.services.vercel.command_line.terminal import Stopped, note, result
from staging.services.vercel.command_line.upload import (
    PREBUILT,
    LocalFile,
    files_to_upload,
    git_metadata,
    upload_missing,
)

BUILD_TIMEOUT_S = 900.0
SWITCH_TIMEOUT_S = 180.0
POLL_S = 0.2
ENDED = {"READY", "ERROR", "CANCELED"}
Json = Mapping[str, Any]


def deploy(link: Link, folder: Path, options: Namespace) -> int:
    """Upload, build and serve the folder; print where."""
    if options.prebuilt:
        _check_prebuilt(folder, options.target or "preview")
    try:
        config = read_json(folder / CONFIG)
    except BrokenConfig as error:
        raise Stopped(str(error)) from None
    files = files_to_upload(folder, is_prebuilt=options.prebuilt)
    body = {
        "name": link.project["name"],
        "project": link.project_id,
        "target": options.target if options.target != "preview" else None,
        "files": [file.entry() for file in files],
        "projectSettings": overrides(config),
        "meta": _pairs(options.meta),
        "env": {**config.get("env", {}), **_pairs(options.env)},
        "build": {"env": {**config.get("build", {}).get("env", {}), **_pairs(options.build_env)}},
        "gitMetadata": git_metadata(folder),
        "autoAssignCustomDomains": not options.skip_domain,
    }
    note(f"Deploying {link.name}")
    made = _created(link.api, body, files, is_prebuilt=options.prebuilt)
    kind = "Production" if options.target == "production" else "Preview"
    url = address(link.api, made["url"])
    note(f"Inspect: {made['inspectorUrl']}")
    note(f"{kind}: {url}")
    result(url)
    if options.no_wait:
        note("Note: Deployment is still processing...")
        return 0
    ended = _wait_for_end(link.api, made["id"])
    if ended["readyState"] != "READY" or options.logs:
        _print_log(link.api, made["id"])
    if ended["readyState"] != "READY":
        raise Stopped(ended.get("errorMessage") or f"The deployment is {ended['readyState']}.")
    for alias in ended.get("alias", []):
        note(f"Aliased: {address(link.api, alias)}")
    return 0


def _check_prebuilt(folder: Path, target: str) -> None:
    """Stop when there is no local build, or one for another environment."""
    if not (folder / PREBUILT).is_dir():
        raise Stopped(
            f'The "--prebuilt" option was used, but no prebuilt output found in "{PREBUILT}". '
            "Run `vercel build` to generate a local build."
        )
    built_for = read_json(folder / PREBUILT / "builds.json").get("target")
    if built_for != target:
        raise Stopped(
            f'The "--prebuilt" option was used with the target environment "{target}", but '
            f'the prebuilt output found in "{PREBUILT}" was built for "{built_for}".'
        )


def _created(
    api: Api, body: Json, files: Sequence[LocalFile], *, is_prebuilt: bool
) -> Mapping[str, Any]:
    """Create the deployment, uploading what the API says is missing."""
    query = {"skipAutoDetectionConfirmation": "1", **({"prebuilt": "1"} if is_prebuilt else {})}
    try:
        created: Json = api.ask("POST", "/v13/deployments", query=query, body=body)
    except ApiError as error:
        if error.error.get("code") != "missing_files":
            raise
        upload_missing(api, files, error.error["missing"])
        created = api.ask("POST", "/v13/deployments", query=query, body=body)
    return created


def inspect(api: Api, options: Namespace) -> int:
    """Tell about one deployment; exit status 1 when it failed."""
    found = deployment(api, options.deployment)
    if options.wait:
        found = _wait_for_end(api, found["id"])
    if options.logs:
        _print_log(api, found["id"])
        note(f"status\t{_state(found)}")
    else:
        note("  General\n")
        note(f"    id\t\t{found['id']}\n    name\t{found['name']}")
        note(f"    target\t{found.get('target') or 'preview'}\n    status\t{_state(found)}")
        note(f"    url\t\t{address(api, found['url'])}\n    created\t{found['createdAt']}")
        if found.get("alias"):
            note("\n  Aliases\n")
            note("\n".join(f"    ╶ {address(api, alias)}" for alias in found["alias"]))
    return 1 if found["readyState"] in {"ERROR", "CANCELED"} else 0


def list_deployments(link: Link, options: Namespace) -> int:
    """List the project's deployments, newest first."""
    if options.project not in {None, link.project["name"], link.project_id}:
        raise Stopped(f'The provided argument "{options.project}" is not a valid project name')
    query = {"projectId": link.project_id, "limit": "20"}
    if options.target is not None:
        query["target"] = options.target
    found = link.api.ask("GET", "/v6/deployments", query=query)["deployments"]
    if not found:
        note("No deployments found.")
        return 0
    note(f"Deployments for {link.name}\n")
    for each in found:
        environment = "Production" if each["target"] == "production" else "Preview"
        note(f"  {address(link.api, each['url'])}     {_state(each)}     {environment}")
    result("".join(f"{address(link.api, each['url'])}\n" for each in found))
    return 0


def promote(link: Link, wanted: str, options: Namespace) -> int:
    """Point production at a deployment; a preview is built anew for production."""
    found = deployment(link.api, wanted)
    if found.get("target") != "production":
        if not options.yes:
            raise Stopped(
                "This deployment is not a production deployment and cannot be directly promoted. "
                'Use option "--yes" to build a new one with the production environment.'
            )
        body = {"deploymentId": found["id"], "name": link.project["name"], "target": "production"}
        made = link.api.ask(
            "POST", "/v13/deployments", body={**body, "meta": {"action": "promote"}}
        )
        note(f"Successfully created new deployment of {link.name} at {made['inspectorUrl']}")
        return 0
    path = f"/v10/projects/{link.project_id}/promote/{found['id']}"
    link.api.ask("POST", path, body={})
    return switch_status(link, "promote", options)


def roll_back(link: Link, wanted: str, options: Namespace) -> int:
    """Point production back at a deployment that was live before."""
    found = deployment(link.api, wanted)
    link.api.ask("POST", f"/v9/projects/{link.project_id}/rollback/{found['id']}", body={})
    return switch_status(link, "rollback", options)


def switch_status(link: Link, kind: str, options: Namespace) -> int:
    """Wait for the last promotion or rollback, and tell how it ended."""

    def last() -> Json:
        project = link.api.ask("GET", f"/v9/projects/{link.project_id}")
        return project.get("lastAliasRequest") or {}

    try:
        ended = wait_until(
            last,
            lambda each: each.get("jobStatus") not in {"pending", "in-progress"},
            what=f"the end of the {kind}",
            timeout_s=options.timeout,
            interval_s=POLL_S,
        )
    except WaitTimedOut:
        raise Stopped(f"The {kind} exceeded its deadline - rerun it to try again") from None
    if not ended:
        note(f"No deployment {kind} in progress")
        return 0
    if ended["jobStatus"] != "succeeded":
        raise Stopped(f"Failed to remap all aliases to {ended['toDeploymentId']}")
    done = "was promoted to" if ended["type"] == "promote" else "was rolled back to"
    found = deployment(link.api, ended["toDeploymentId"])
    note(f"Success! {link.name} {done} {found['url']} ({found['id']})")
    return 0


def deployment(api: Api, wanted: str) -> Json:
    """Return the deployment with this id, address or alias."""
    host = urlsplit(wanted).netloc if "://" in wanted else wanted
    try:
        found: Json = api.ask("GET", f"/v13/deployments/{quote(host, safe='')}")
    except ApiError as error:
        if error.status != 404:
            raise
        raise Stopped(f'Can\'t find the deployment "{host}" under the team') from None
    return found


def address(api: Api, host: str) -> str:
    """Return where a deployment is: over plain HTTP in the box, like its API."""
    return f"{urlsplit(api.address).scheme}://{host}"


def _wait_for_end(api: Api, deployment_id: str) -> Json:
    try:
        return wait_until(
            lambda: deployment(api, deployment_id),
            lambda each: each["readyState"] in ENDED,
            what="the end of the build",
            timeout_s=BUILD_TIMEOUT_S,
            interval_s=POLL_S,
        )
    except WaitTimedOut:
        raise Stopped("The deployment did not end in time.") from None


def _print_log(api: Api, deployment_id: str) -> None:
    for event in api.ask("GET", f"/v3/deployments/{deployment_id}/events"):
        note(str(event["text"]))


def _state(found: Json) -> str:
    return f"● {str(found['readyState']).title()}"


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """Return ``NAME=value`` options as a mapping."""
    without = [each for each in given if "=" not in each]
    if without:
        raise Stopped(f'No value specified for "{without[0]}": use NAME=value')
    return dict(each.split("=", 1) for each in given)
