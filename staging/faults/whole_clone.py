"""What a fault of a later phase breaks: a clone whose services and deployed product are its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from gonogo.probes.database.server import EmbeddedServer
from gonogo.provider import Instance
from gonogo.repository import run_git
from gonogo.repository_copy import COMMIT_IDENTITY
from staging import offices
from staging.faults.clone import Clone
from staging.faults.text_file import PlaceNotFoundError, TextFile
from staging.opening import Opening
from staging.services.company import Company
from staging.services.pulse import Pulse
from staging.services.switches import Break
from staging.services.vercel.service import Production, Vercel

OLDER_LINE = 'document.documentElement.dataset.release = "older";'
"""What the older deployment's application has more than the release's."""
OLDER_IN = "src/main.tsx"


class WholeClone(Clone):
    """A clone with the services around it; the box takes back whatever is changed by this."""

    def __init__(
        self,
        instance: Instance,
        *,
        server: EmbeddedServer,
        owner_dsn: str,
        target: TextFile,
        opening: Opening,
    ) -> None:
        super().__init__(instance, server=server, owner_dsn=owner_dsn, target=target)
        self.opening = opening
        self._serves_other_files = False

    @property
    def company(self) -> Company:
        """The running services: their switches, their state, what they were asked."""
        return self.opening.company

    @property
    def keys(self) -> offices.Keys:
        """Every key of the box."""
        return self.opening.keys

    @property
    def repository(self) -> Path:
        """The copy of the product's repository."""
        return Path(self.instance.repository)

    def source(self, path: str) -> TextFile:
        """Return a file of the repository; production has it after :meth:`redeploy`."""
        return TextFile(self.repository / path)

    def commit(self) -> str:
        """Commit all changes, with an author and a date that give the same commit every time."""
        run_git(self.repository, "add", "--all")
        run_git(
            self.repository,
            *("commit", "--quiet", "--no-verify", "-m", "Changed by a fault"),
            variables=COMMIT_IDENTITY,
        )
        commit = run_git(self.repository, "rev-parse", "HEAD").strip()
        self.instance = replace(self.instance, commit=commit)
        return commit

    def redeploy(self, *, commit: bool = True) -> None:
        """Build the repository and make it production; the release is then the new *commit*."""
        if commit:
            self.commit()
        self.opening.release(self.instance)

    def older_deployment(self) -> str:
        """Return the id of a deployment of an older commit that production served before."""
        deployments = self.deployments
        if len(deployments) > 1:
            return str(deployments[0]["id"])
        deploy_older(self.opening, self.repository)
        older = str(self.deployments[-1]["id"])
        if deployments:
            self.opening.release(self.instance)
        return older

    @property
    def deployments(self) -> list[Mapping[str, Any]]:
        """What the platform has, oldest first: ``id``, ``state``, ``target``, ``folder``."""
        found: list[Mapping[str, Any]] = self.company.state(Vercel.name)["deployments"]
        return found

    def roll_back(self, deployment: str) -> None:
        """Make production serve an earlier *deployment* again."""
        self.vercel("POST", f"/v9/projects/{{project}}/rollback/{deployment}")

    def vercel(self, method: str, path: str, **how: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """Ask the platform's API as its owner; ``{project}`` in *path* is filled in."""
        address = self.company.addresses[Vercel.name]
        return httpx.request(
            method,
            f"{address}{path.replace('{project}', offices.VERCEL_PROJECT_ID)}",
            params={"teamId": offices.VERCEL_TEAM_ID},
            headers={"Authorization": f"Bearer {self.keys.vercel_token}"},
            trust_env=False,
            **how,
        ).raise_for_status()

    def served(self, pattern: str) -> TextFile:
        """Return the one file that production runs or serves by this *pattern*, to be changed.

        Raises:
            PlaceNotFoundError: no file has such a name, or more than one.
        """
        state = self.company.state(Vercel.name)
        (live,) = (each for each in state["deployments"] if each["id"] == state["live"])
        found = list(Path(live["folder"]).glob(pattern))
        if len(found) != 1:
            raise PlaceNotFoundError(f"{len(found)} served files are called {pattern}, expected 1")
        self._serves_other_files = True
        return TextFile(found[0])

    def serve(
        self,
        path: str,
        text: str,
        *,
        status: int = 200,
        content_type: str = "text/plain; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Let production answer *text* for *path*, a shell pattern."""
        told = {"content-type": content_type, **(headers or {})}
        self.answer(Production.name, path, text, status=status, headers=told)

    def answer(  # noqa: PLR0913 - each is one part of an answer
        self,
        service: str,
        path: str,
        text: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        method: str = "*",
        times: int | None = None,
    ) -> None:
        """Let a service answer *text*, JSON unless its *headers* say otherwise, for *path*."""
        told = {"content-type": "application/json", **(headers or {})}
        value = json.dumps({"status": status, "headers": told, "body": text})
        self.company.turn_on(
            service, Break.INSTEAD, path=path, method=method, value=value, times=times
        )

    def set_runtime(self, **variables: str) -> None:
        """Lay *variables* over the platform's, as the product's running server reads them."""
        self.opening.set_runtime(**variables)

    def pulse_changes(self, profile: str, **change: object) -> None:
        """Change a profile as its own people would in Pulse; the product hears of it."""
        httpx.patch(
            f"{self.company.addresses[Pulse.name]}/box/contacts/{profile}",
            json=change,
            headers={"Authorization": f"Bearer {self.keys.pulse_box_key}"},
            trust_env=False,
        ).raise_for_status()

    def settle(self) -> None:
        """Start the product's server anew where a file of it was changed."""
        if self._serves_other_files:
            self.company.restart(Vercel.name)


def deploy_older(opening: Opening, repository: Path) -> None:
    """Deploy *repository* as an older commit, the same in every box, then take it back."""
    TextFile(repository / OLDER_IN).append(OLDER_LINE)
    identity = COMMIT_IDENTITY
    run_git(repository, "commit", "--quiet", "--no-verify", "-am", "Older", variables=identity)
    opening.deploy(repository)
    run_git(repository, "reset", "--quiet", "--hard", "HEAD~1")
