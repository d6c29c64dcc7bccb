"""The API's part about people, the project, its variables and its domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from staging.services.switches import Break, Switchboard
from staging.services.vercel import answers
from staging.services.vercel.access import Access
from staging.services.vercel.refusals import Refused
from staging.services.vercel.state import TARGETS, State, Variable

CHANGEABLE = {
    "buildCommand",
    "commandForIgnoringBuildStep",
    "devCommand",
    "framework",
    "installCommand",
    "nodeVersion",
    "outputDirectory",
    "rootDirectory",
}
TYPES = {"system", "encrypted", "plain", "sensitive", "secret"}
CONFLICT = (
    "Another Environment Variable with the same Name and Environment exists in your project. "
    'If you want to override it, use the "upsert" query.'
)


class ProjectRoutes:
    """Answers from the state; with the switch ``stale`` production lags behind by one."""

    def __init__(self, state: State, access: Access, switches: Switchboard) -> None:
        self._state = state
        self._access = access
        self._switches = switches

    def routes(self) -> Sequence[BaseRoute]:
        """Return what is answered here."""
        project = "/v{version:int}/projects/{idOrName}"
        guarded = self._access.guarded
        return [
            Route("/v2/user", guarded(self._user)),
            Route("/v2/teams", guarded(self._teams)),
            Route("/v2/teams/{teamId}", guarded(self._team)),
            Route(project, guarded(self._project)),
            Route(project, guarded(self._change_project), methods=["PATCH"]),
            Route(f"{project}/env", guarded(self._variables)),
            Route(f"{project}/env", guarded(self._add_variables), methods=["POST"]),
            Route(f"{project}/env/{{id}}", guarded(self._variable)),
            Route(f"{project}/env/{{id}}", guarded(self._remove_variable), methods=["DELETE"]),
            Route("/v3/env/pull/{idOrName}/{target}", guarded(self._pull)),
            Route(f"{project}/domains", guarded(self._domains)),
            Route(f"{project}/domains/{{domain}}", guarded(self._domain)),
            Route("/v6/domains/{domain}/config", guarded(self._domain_config)),
        ]

    async def _user(self, _: Request) -> Response:
        return JSONResponse(answers.user(self._state.account))

    async def _teams(self, _: Request) -> Response:
        teams = [answers.team(self._state.account)]
        return JSONResponse({"teams": teams, "pagination": answers.pagination(1)})

    async def _team(self, request: Request) -> Response:
        account = self._state.account
        if request.path_params["teamId"] not in {account.team_id, account.team_slug}:
            raise Refused(404, "The specified team was not found", code="team_not_found")
        return JSONResponse(answers.team(account))

    async def _project(self, request: Request) -> Response:
        shown = self._access.project(request)
        stale = self._switches.on(Break.STALE, path=request.url.path, method="GET")
        live = self._state.live(ago=1 if stale else 0)
        return JSONResponse(answers.project(self._state, shown, live=live))

    async def _change_project(self, request: Request) -> Response:
        project = self._access.project(request)
        changes = await json_object(request)
        domains = changes.pop("autoAssignCustomDomains", None)
        if unknown := sorted(changes.keys() - CHANGEABLE):
            message = f"Invalid request: should NOT have additional property `{unknown[0]}`."
            raise Refused(400, message)
        if isinstance(domains, bool):
            project.assigns_domains = domains
        project.settings.update(changes)
        return await self._project(request)

    async def _variables(self, request: Request) -> Response:
        self._access.project(request)
        is_decrypted = request.query_params.get("decrypt") == "true"
        account = self._state.account
        envs = [
            answers.variable(v, account, is_decrypted=is_decrypted) for v in self._state.variables
        ]
        return JSONResponse({"envs": envs})

    async def _variable(self, request: Request) -> Response:
        self._access.project(request)
        found = self._found(request.path_params["id"])
        return JSONResponse(answers.variable(found, self._state.account, is_decrypted=True))

    async def _add_variables(self, request: Request) -> Response:
        self._access.project(request)
        given = await json_body(request)
        is_upsert = request.query_params.get("upsert") == "true"
        made = [self._made(each) for each in (given if isinstance(given, list) else [given])]
        for each in made:
            same = [v for v in self._state.variables if _overlaps(v, each)]
            if same and not is_upsert:
                raise Refused(400, CONFLICT, code="ENV_CONFLICT", key=each.key)
            self._state.variables = [v for v in self._state.variables if v not in same]
            self._state.variables.append(each)
        created = [answers.variable(each, self._state.account) for each in made]
        one_or_all = created if isinstance(given, list) else created[0]
        return JSONResponse({"created": one_or_all, "failed": []}, status_code=201)

    def _made(self, given: object) -> Variable:
        """Return the variable of a request's JSON."""
        if not isinstance(given, Mapping):
            raise Refused(400, "Invalid request: body should be object.")
        targets = given.get("target", [])
        targets = (targets,) if isinstance(targets, str) else tuple(targets)
        if not targets or not set(targets) <= set(TARGETS):
            raise Refused(400, "Invalid request: `target` should be equal to one of the values.")
        if given.get("type") not in TYPES:
            raise Refused(400, "Invalid request: `type` should be equal to one of the values.")
        if not isinstance(given.get("key"), str) or not isinstance(given.get("value"), str):
            raise Refused(400, "Invalid request: `key` and `value` should be string.")
        return Variable(
            key=given["key"],
            value=given["value"],
            targets=targets,
            type=given["type"],
            created_ms=self._state.now_ms(),
        )

    async def _remove_variable(self, request: Request) -> Response:
        self._access.project(request)
        found = self._found(request.path_params["id"])
        self._state.variables.remove(found)
        return JSONResponse(answers.variable(found, self._state.account))

    def _found(self, variable_id: str) -> Variable:
        for each in self._state.variables:
            if each.id == variable_id:
                return each
        raise Refused(404, "Environment Variable not found.", code="ENV_NOT_FOUND")

    async def _pull(self, request: Request) -> Response:
        self._access.project(request)
        environment = request.path_params["target"]
        if environment not in TARGETS:
            raise Refused(400, f"Unknown environment: {environment}")
        return JSONResponse({"env": self._state.values_for(environment), "buildEnv": {}})

    async def _domains(self, request: Request) -> Response:
        project = self._access.project(request)
        domains = [answers.domain(name, project.id) for name in self._state.domains]
        pages = answers.pagination(len(domains))
        return JSONResponse({"domains": domains, "pagination": pages})

    async def _domain(self, request: Request) -> Response:
        project = self._access.project(request)
        name = request.path_params["domain"]
        if name not in self._state.domains:
            raise Refused(404, f"The domain {name} is not assigned to this project.")
        return JSONResponse(answers.domain(name, project.id))

    async def _domain_config(self, request: Request) -> Response:
        self._access.in_team(request)
        is_configured = request.path_params["domain"] in self._state.domains
        return JSONResponse(answers.domain_config(is_configured=is_configured))


def _overlaps(one: Variable, other: Variable) -> bool:
    return one.key == other.key and bool(set(one.targets) & set(other.targets))


async def json_body(request: Request) -> object:
    """Return the request's JSON; raises Refused 400 when it is none."""
    try:
        return await request.json()
    except ValueError:
        raise Refused(400, "Invalid JSON", code="invalid_json") from None


async def json_object(request: Request) -> dict[str, Any]:
    """Return the request's JSON object; raises Refused 400 when it is none."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise Refused(400, "Invalid request: body should be object.")
    return body
