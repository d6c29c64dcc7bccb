"""Who may ask for what: the token, the team, the project."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from staging.services.service import bearer
from staging.services.switches import Break, Switchboard
from staging.services.vercel.refusals import Refused
from staging.services.vercel.state import Project, State

Endpoint = Callable[[Request], Awaitable[Response]]
OTHER_PROJECT = "prj_another0of0the0same0team0"


class Access:
    """The door of the API."""

    def __init__(self, state: State, switches: Switchboard) -> None:
        self._state = state
        self._switches = switches

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        """Return *endpoint* for those who hold the token; refusals in the vendor's form."""

        @functools.wraps(endpoint)
        async def answer(request: Request) -> Response:
            try:
                self._check_token(request)
                return await endpoint(request)
            except Refused as refused:
                return refused.answer()

        return answer

    def _check_token(self, request: Request) -> None:
        token = bearer(request)
        if not token:
            message = "The request is missing an authentication token"
            raise Refused(403, message, missingToken=True)
        if token != self._state.account.token:
            raise Refused(403, invalidToken=True)

    def in_team(self, request: Request) -> bool:
        """Whether the request is made in the team's name; without one it is the user's own.

        Raises:
            Refused: 404, the team is not one of the user's.
        """
        account = self._state.account
        team_id, slug = request.query_params.get("teamId"), request.query_params.get("slug")
        if team_id is None and slug is None:
            return False
        if team_id not in {None, account.team_id} or slug not in {None, account.team_slug}:
            raise Refused(404, "The specified team was not found", code="team_not_found")
        return True

    def project(self, request: Request, name: str = "idOrName") -> Project:
        """Return the project that the path names; without the team's name it is not found."""
        project = self._state.project
        asked = request.path_params[name]
        if not self.in_team(request) or asked not in {project.id, project.name}:
            raise Refused(404, "Project not found.")
        return self.shown(request)

    def shown(self, request: Request) -> Project:
        """Return the project, or another where the switch says so."""
        project = self._state.project
        asked = {"path": request.url.path, "method": request.method}
        if self._switches.on(Break.WRONG_PROJECT, **asked):
            return replace(project, id=OTHER_PROJECT, name=f"{project.name}-old")
        return project
