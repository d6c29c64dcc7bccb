"""Vercel: what it says of a project's deployments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gonogo.errors import CannotTell
from gonogo.vendors.transport import Transport


@dataclass(frozen=True, kw_only=True)
class VercelDeployment:
    """One deployment as Vercel describes it; ``aliases`` are the addresses that lead to it."""

    id: str
    host: str
    state: str
    substate: str
    commit: str
    target: str
    created_at_ms: int


class Vercel:
    """Reads one project; source: vercel.com/docs/rest-api."""

    def __init__(self, transport: Transport) -> None:
        self._ask = transport
        self._team = transport.access.names.get("team", "")
        self._project = transport.access.required("project")
        self.where = transport.where

    def live(self) -> VercelDeployment:
        """Return the deployment that production's address leads to.

        Raises:
            CannotTell: Vercel cannot be asked, or the project has none.
        """
        project = self._get(f"/v9/projects/{self._project}")
        live = (project.get("targets") or {}).get("production")
        if not live:
            raise CannotTell(
                "nothing is deployed to production",
                where=f"{self.where}, project {self._project}",
                expected="a deployment that production's address leads to",
                found="none",
                do="deploy, then run again",
            )
        return self.deployment(live["id"])

    def deployment(self, deployment_id: str) -> VercelDeployment:
        """Return one deployment; raises CannotTell where it cannot be read."""
        return _deployment(self._get(f"/v13/deployments/{deployment_id}"))

    def _get(self, path: str) -> Any:  # noqa: ANN401 - the vendor's own JSON
        return self._ask.get(path, **({"teamId": self._team} if self._team else {}))


def _deployment(said: Any) -> VercelDeployment:  # noqa: ANN401 - the vendor's own JSON
    return VercelDeployment(
        id=said["id"],
        host=said["url"],
        state=said["readyState"],
        substate=said.get("readySubstate") or "",
        commit=(said.get("meta") or {}).get("githubCommitSha", ""),
        target=said.get("target") or "preview",
        created_at_ms=said["createdAt"],
    )
