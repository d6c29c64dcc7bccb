"""Which project a folder belongs to: ``.vercel/project.json``, or two variables."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from staging.services.vercel.command_line.connection import Api, ApiError
from staging.services.vercel.command_line.terminal import Stopped, note

FOLDER = ".vercel"
FILE = f"{FOLDER}/project.json"
README = "Files of `vercel link`: which project this folder belongs to. Not for the repository.\n"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A folder's project; *api* asks in the name of its team."""

    api: Api
    project: Mapping[str, Any]
    team: Mapping[str, Any]

    @property
    def project_id(self) -> str:
        """The project's id."""
        return str(self.project["id"])

    @property
    def name(self) -> str:
        """Team and project, as messages name them."""
        return f"{self.team['slug']}/{self.project['name']}"


def ensure_link(api: Api, folder: Path, *, command: str, yes: bool, scope: str | None) -> Link:
    """Return the folder's project, linking it with ``--yes`` to the one of the folder's name.

    Raises:
        Stopped: it is not linked, or its project is not found.
    """
    ids = _ids_of_environment() or _ids_of_file(folder)
    if ids is not None:
        return _found(api, *ids)
    if not yes:
        raise Stopped(
            f'Command `vercel {command}` requires confirmation. Use option "--yes" to confirm.'
        )
    return make_link(api, folder, project=None, scope=scope)


def make_link(api: Api, folder: Path, *, project: str | None, scope: str | None) -> Link:
    """Link the folder to a project of the team, by name or id."""
    name = project or re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower())
    team = _team(api, scope)
    made = _found(api, team["id"], name)
    (folder / FOLDER).mkdir(exist_ok=True)
    (folder / FOLDER / "README.txt").write_text(README, "utf-8")
    write_project_file(folder, made)
    _ignore(folder)
    note(f"Linked to {made.name} (created {FOLDER} and added it to .gitignore)")
    return made


def write_project_file(folder: Path, link: Link, **more: object) -> None:
    """Write which project the folder belongs to."""
    ids = {"projectId": link.project_id, "orgId": link.team["id"]}
    text = json.dumps({**ids, "projectName": link.project["name"], **more})
    (folder / FILE).write_text(text, "utf-8")


def _ids_of_environment() -> tuple[str, str] | None:
    team, project = os.environ.get("VERCEL_ORG_ID"), os.environ.get("VERCEL_PROJECT_ID")
    if bool(team) != bool(project):
        names = ("VERCEL_ORG_ID", "VERCEL_PROJECT_ID")
        given, missing = names if team else reversed(names)
        raise Stopped(f"You specified `{given}` but you forgot to specify `{missing}`.")
    return (team, project) if team and project else None


def _ids_of_file(folder: Path) -> tuple[str, str] | None:
    try:
        data = json.loads((folder / FILE).read_text("utf-8"))
        return str(data["orgId"]), str(data["projectId"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise Stopped(f"{FILE} cannot be read. Remove it and run `vercel link`.") from None


def _team(api: Api, scope: str | None) -> Mapping[str, Any]:
    """Return the team named by ``--scope``, else the user's own first one."""
    teams: list[Mapping[str, Any]] = api.ask("GET", "/v2/teams")["teams"]
    for each in teams:
        if scope in {None, each["id"], each["slug"]}:
            return each
    raise Stopped("The specified scope does not exist")


def _found(api: Api, team_id: str, project: str) -> Link:
    in_team = replace(api, team_id=team_id)
    try:
        found = in_team.ask("GET", f"/v9/projects/{quote(project, safe='')}")
        team = in_team.ask("GET", f"/v2/teams/{quote(team_id, safe='')}")
    except ApiError as error:
        if error.status == 404:
            raise Stopped(
                f"Project not found ({project} of {team_id}). It was deleted, or the token "
                "cannot see it; run `vercel link` again."
            ) from None
        raise
    return Link(api=in_team, project=found, team=team)


def _ignore(folder: Path) -> None:
    """Add the link's folder to .gitignore, as the vendor's command does."""
    path = folder / ".gitignore"
    text = path.read_text("utf-8") if path.exists() else ""
    if FOLDER not in {line.strip().rstrip("/") for line in text.splitlines()}:
        gap = "" if not text or text.endswith("\n") else "\n"
        path.write_text(f"{text}{gap}{FOLDER}\n", "utf-8")
