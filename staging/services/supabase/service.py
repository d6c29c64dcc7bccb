"""Supabase's gateway: tables, sign-in and the platform's view of one project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from staging.services.service import REASONS, Service, Setup
from staging.services.supabase.accounts import Accounts, AuthRefusal
from staging.services.supabase.auth import Auth
from staging.services.supabase.auth import refused as auth_refused
from staging.services.supabase.cors import Endpoint, open_to_pages, shared
from staging.services.supabase.doorman import Doorman
from staging.services.supabase.management import Management
from staging.services.supabase.pool import Pool
from staging.services.supabase.rest import METHODS, Rest
from staging.services.supabase.tokens import Signer

TOKEN_HOLDS_S = 3600
MOST_ROWS = 1000
"""Rows a read returns at most, as in every new project of Supabase."""
AUTH_CODES = {
    401: "no_authorization",
    403: "bad_jwt",
    404: "not_found",
    429: "over_request_rate_limit",
    500: "unexpected_failure",
}


class Supabase(Service):
    """One project of Supabase over a real PostgreSQL.

    Options: ``dsn``, a login that may SET ROLE to the three roles and write ``auth.users``;
    ``jwt_secret``, ``anon_key``, ``service_role_key``, ``project_ref``, ``management_token``;
    ``users``, each with ``email`` and ``password``, perhaps ``id`` and ``metadata``; ``schemas``;
    and perhaps ``token_holds_s``, ``max_rows``, ``pitr``.
    """

    name = "supabase"
    stands_in_for: ClassVar[str] = (
        "Supabase: data by PostgREST's rules, password sign-in, management of backups and health"
    )

    def __init__(self, setup: Setup) -> None:
        options = setup.options
        signer = Signer(secret=options["jwt_secret"])
        now = setup.clock.now
        self._pool = Pool(options["dsn"])
        self._accounts = Accounts(
            self._pool,
            signer,
            issuer=f"{setup.address}/auth/v1",
            now=now,
            holds_s=options.get("token_holds_s", TOKEN_HOLDS_S),
        )
        roles = {options["anon_key"]: "anon", options["service_role_key"]: "service_role"}
        doorman = Doorman(roles=roles, signer=signer, now=now)
        self._rest = Rest(
            self._pool,
            doorman,
            schemas=options.get("schemas", ["public"]),
            most_rows=options.get("max_rows", MOST_ROWS),
        )
        self._auth = Auth(self._accounts, doorman, signer, now=now)
        super().__init__(setup)
        self._management = Management(
            pool=self._pool,
            switches=self.switches,
            now=now,
            project_ref=options["project_ref"],
            token=options["management_token"],
            pitr=options.get("pitr", False),
        )

    def reset(self) -> None:
        """End all sessions; the data is the database's own business, and may be another now."""
        self._accounts.forget()
        self._rest.forget()
        self._pool.let_go()

    async def start(self) -> None:
        """Write the users into the database."""
        await self._accounts.add(self.setup.options.get("users", []))

    async def stop(self) -> None:
        """Close the connections."""
        await self._pool.close()

    def routes(self) -> Sequence[BaseRoute]:
        """Return the paths of data, sign-in and management."""
        rest, auth, management = self._rest, self._auth, self._management
        project = "/v1/projects/{ref}"
        return [
            _open("/rest/v1/", rest.root, "GET", "HEAD"),
            _open("/rest/v1/rpc/{name}", rest.function, *METHODS),
            _open("/rest/v1/{name}", rest.table, *METHODS),
            _open("/auth/v1/token", auth.token, "POST"),
            _open("/auth/v1/user", auth.user, "GET"),
            _open("/auth/v1/logout", auth.logout, "POST"),
            _open("/auth/v1/signup", auth.signup, "POST"),
            _open("/auth/v1/settings", auth.settings, "GET"),
            _open("/auth/v1/health", auth.health, "GET"),
            _open("/auth/v1/.well-known/jwks.json", auth.keys, "GET"),
            Route("/v1/projects", management.projects),
            Route(project, management.project),
            Route(f"{project}/health", management.health),
            Route(f"{project}/database/backups", management.backups),
            Route(f"{project}/database/backups/schedule", management.schedule),
            Route(f"{project}/config/database/pooler", management.pooler),
        ]

    def refusal(self, status: int, request: Request) -> Response:
        """Return the error of the part that was asked."""
        path = request.url.path
        reason = REASONS[status]
        if path.startswith("/auth/"):
            return open_to_pages(
                auth_refused(AuthRefusal(status, AUTH_CODES[status], reason), request)
            )
        body: dict[str, Any] = {"message": reason}
        if path.startswith("/rest/"):
            body = {"code": str(status), "details": None, "hint": None, "message": reason}
            if status == 401:
                hint = "Double check your Supabase `anon` or `service_role` API key."
                body = {"message": "Invalid API key", "hint": hint}
        return open_to_pages(JSONResponse(body, status_code=status))

    def belongings(self) -> Mapping[str, Any]:
        """Return the open sessions: who, and how many tokens they have used."""
        return {
            "sessions": [
                {"id": each.id, "user_id": each.user_id, "refreshed": len(each.used)}
                for each in self._accounts.sessions
            ]
        }


def _open(path: str, endpoint: Endpoint, *methods: str) -> Route:
    return Route(path, shared(endpoint), methods=[*methods, "OPTIONS"])
