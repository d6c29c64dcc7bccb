"""Vercel: what it says of a project's deployments."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from gonogo.errors import CannotTell
from gonogo.vendors.hosting import Deployment, LogLine, understood
from gonogo.vendors.transport import Transport

ENDED = frozenset({"READY", "ERROR", "CANCELED"})
COMMITS = (
    "gitCommitSha",
    "githubCommitSha",
    "gitlabCommitSha",
    "bitbucketCommitSha",
)
"""What a deployment's metadata call the commit."""
LISTED = 20
LOG_LINES = 5000


class Vercel:
    """Reads one project; source: vercel.com/docs/rest-api."""

    keeps_log = True

    def __init__(self, transport: Transport) -> None:
        self._ask = transport
        self._team = transport.access.names.get("team", "")
        self._project = transport.access.required("project")
        self.where = f"{transport.where}, project {self._project}"

    def name(self) -> str:
        """Return what Vercel calls the project; the cheapest question of all.

        Raises:
            CannotTell: Vercel cannot be asked, or answers for another project.
        """
        with self._understood():
            return str(self._own_project()["name"])

    def live(self) -> Deployment | None:
        """Return the deployment that production's address leads to; None where there is none.

        Raises:
            CannotTell: as :meth:`name`.
        """
        with self._understood():
            live = (self._own_project().get("targets") or {}).get("production")
            return self.deployment(live["id"]) if live else None

    def newest(self) -> tuple[Deployment, ...]:
        """Return the newest production deployments, live or not, newest first.

        Raises:
            CannotTell: as :meth:`name`.
        """
        asked: dict[str, str | int] = {"target": "production", "limit": LISTED}
        with self._understood():
            project_id = self._own_project()["id"]
            listed = self._get("/v7/deployments", projectId=project_id, **asked)
            found = [self._read(each, each["uid"]) for each in listed["deployments"]]
        return tuple(sorted(found, key=lambda each: each.created_at, reverse=True))

    def deployment(self, deployment_id: str) -> Deployment:
        """Return one deployment; raises CannotTell where it cannot be read."""
        with self._understood():
            said = self._get(f"/v13/deployments/{deployment_id}")
            return self._read(said, said["id"])

    def build_log(self, deployment_id: str) -> tuple[LogLine, ...]:
        """Return the lines of a deployment's build; raises CannotTell where it cannot be read."""
        with self._understood():
            events = self._get(f"/v3/deployments/{deployment_id}/events", limit=LOG_LINES)
            return tuple(
                LogLine(text=each["text"], is_error=each.get("level") == "error")
                for each in events
                if each.get("text")
            )

    def _own_project(self) -> Mapping[str, Any]:
        said: Mapping[str, Any] = self._get(f"/v9/projects/{self._project}")
        if self._project not in {said["id"], said["name"]}:
            raise CannotTell(
                "Vercel answers for another project",
                where=self.where,
                expected=self._project,
                found=said["name"],
                do="correct services.vercel.project, or use a token that may read that project",
            )
        return said

    def _read(self, said: Mapping[str, Any], deployment_id: str) -> Deployment:
        meta = said.get("meta") or {}
        substate = said.get("readySubstate") or ""
        state = said["readyState"]
        scheme = urlsplit(self._ask.access.url).scheme
        return Deployment(
            id=deployment_id,
            address=f"{scheme}://{said['url']}",
            state=f"{state} {substate}".strip(),
            is_ready=state == "READY",
            has_ended=state in ENDED,
            is_production=said.get("target") == "production",
            is_live=substate == "PROMOTED",
            commit=next((meta[name] for name in COMMITS if meta.get(name)), ""),
            created_at=datetime.fromtimestamp(said["createdAt"] / 1000, UTC),
            is_dirty=str(meta.get("gitDirty") or "0") not in {"0", "false"},
            error=said.get("errorMessage") or "",
        )

    def _understood(self) -> AbstractContextManager[None]:
        return understood("Vercel", self.where)

    def _get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - the vendor's own JSON
        team = {"teamId": self._team} if self._team else {}
        return self._ask.get(path, **query, **team)
