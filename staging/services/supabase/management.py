"""The platform's own view of the project: backups, health, pooler."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from staging.services.service import bearer
from staging.services.supabase.auth import HEALTH
from staging.services.supabase.pool import Pool
from staging.services.switches import Break, Switchboard

REGION = "us-east-1"
BACKUPS_KEPT = 7
BACKUP_HOUR_UTC = 3
STALE_DAYS = 3
CREATED_AT = "2024-02-29T09:30:00Z"
ELSEWHERE = "anotherprojectofours"
"""The project that a misled platform answers for."""
SERVICES = ("auth", "db", "db_postgres_user", "pooler", "realtime", "rest", "storage",
            "pg_bouncer")  # fmt: skip
OF_DATABASE = frozenset({"auth", "db", "db_postgres_user", "rest"})
"""The services that are not well without the database."""
FORBIDDEN = (
    "Your account does not have the necessary privileges to access this endpoint. For more "
    "details, refer to our documentation https://supabase.com/docs/guides/platform/access-control"
)


@dataclass(frozen=True, kw_only=True)
class Management:
    """Answers for one project and one token."""

    pool: Pool
    switches: Switchboard
    now: Callable[[], datetime]
    project_ref: str
    token: str
    pitr: bool = False
    """Whether backups are continuous."""

    async def projects(self, request: Request) -> Response:
        """Answer ``GET /v1/projects``."""
        refused = self._refused(request, ref=self.project_ref)
        return refused or JSONResponse([await self._project(request)])

    async def project(self, request: Request) -> Response:
        """Answer ``GET /v1/projects/{ref}``."""
        return self._refused(request) or JSONResponse(await self._project(request))

    async def backups(self, request: Request) -> Response:
        """Answer ``GET /v1/projects/{ref}/database/backups``: one every night."""
        if refused := self._refused(request):
            return refused
        moments = self._backups(request)
        physical = {}
        if self.pitr:
            latest = self.now() - timedelta(minutes=2)
            if self.switches.on(Break.STALE, path=request.url.path):
                latest -= timedelta(days=STALE_DAYS)
            physical = {
                "earliest_physical_backup_date_unix": int(moments[-1].timestamp()),
                "latest_physical_backup_date_unix": int(latest.timestamp()),
            }
        listed = [
            {
                "id": moment.toordinal(),
                "is_physical_backup": True,
                "status": "COMPLETED",
                "inserted_at": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            }
            for moment in moments
        ]
        return JSONResponse(
            {
                "region": REGION,
                "walg_enabled": True,
                "pitr_enabled": self.pitr,
                "backups": [] if self.pitr else listed,
                "physical_backup_data": physical,
            }
        )

    async def schedule(self, request: Request) -> Response:
        """Answer ``GET /v1/projects/{ref}/database/backups/schedule``."""
        told = {"schedule_for": f"{BACKUP_HOUR_UTC:02}:00:00", "updated_at": CREATED_AT}
        return self._refused(request) or JSONResponse(told)

    async def health(self, request: Request) -> Response:
        """Answer ``GET /v1/projects/{ref}/health`` for the ``services`` asked for."""
        if refused := self._refused(request):
            return refused
        given = request.query_params.getlist("services")
        names = [name for part in given for name in part.split(",")]
        if not names or not set(names) <= set(SERVICES):
            message = f"services: must be among {', '.join(SERVICES)}"
            return JSONResponse({"message": message}, status_code=400)
        problem = await self._problem()
        return JSONResponse([_health(name, problem) for name in names])

    async def pooler(self, request: Request) -> Response:
        """Answer ``GET /v1/projects/{ref}/config/database/pooler``."""
        if refused := self._refused(request):
            return refused
        ref = self._ref(request)
        user, host = f"postgres.{ref}", f"aws-0-{REGION}.pooler.supabase.com"
        address = f"postgresql://{user}:[YOUR-PASSWORD]@{host}:6543/postgres"
        return JSONResponse(
            [
                {
                    "identifier": ref,
                    "database_type": "PRIMARY",
                    "is_using_scram_auth": True,
                    "db_user": user,
                    "db_host": host,
                    "db_port": 6543,
                    "db_name": "postgres",
                    "connection_string": address,
                    "connectionString": address,
                    "default_pool_size": 15,
                    "max_client_conn": 200,
                    "pool_mode": "transaction",
                }
            ]
        )

    def _refused(self, request: Request, ref: str | None = None) -> Response | None:
        """Return why *request* is not answered, if so: a wrong token, another's project."""
        if not hmac.compare_digest(bearer(request).encode(), self.token.encode()):
            return JSONResponse({"message": "Unauthorized"}, status_code=401)
        if (ref or request.path_params["ref"]) != self.project_ref:
            return JSONResponse({"message": FORBIDDEN}, status_code=403)
        return None

    def _ref(self, request: Request) -> str:
        """Return the project that the answer is about."""
        wrong = self.switches.on(Break.WRONG_PROJECT, path=request.url.path)
        return ELSEWHERE if wrong else self.project_ref

    def _backups(self, request: Request) -> list[datetime]:
        """Return when the last backups were made, the newest first."""
        now = self.now()
        latest = now.replace(hour=BACKUP_HOUR_UTC, minute=0, second=0, microsecond=0)
        if latest > now:
            latest -= timedelta(days=1)
        if self.switches.on(Break.STALE, path=request.url.path):
            latest -= timedelta(days=STALE_DAYS)
        return [latest - timedelta(days=days) for days in range(BACKUPS_KEPT)]

    async def _project(self, request: Request) -> Mapping[str, Any]:
        ref = self._ref(request)
        version, problem = "", await self._problem()
        if problem is None:
            async with self.pool.connection() as connection:
                row = await (await connection.execute("SHOW server_version")).fetchone()
                version = str(row[0]).partition(" ")[0] if row else ""
        return {
            "id": ref,
            "ref": ref,
            "organization_id": "hopewellfoundation",
            "organization_slug": "hopewellfoundation",
            "name": "crm",
            "region": REGION,
            "created_at": CREATED_AT,
            "status": "ACTIVE_HEALTHY" if problem is None else "ACTIVE_UNHEALTHY",
            "database": {
                "host": f"db.{ref}.supabase.co",
                "version": version,
                "postgres_engine": version.partition(".")[0],
                "release_channel": "ga",
            },
        }

    async def _problem(self) -> str | None:
        """Return why the database does not answer, if so."""
        try:
            async with self.pool.connection() as connection:
                await connection.execute("SELECT 1")
        except psycopg.Error as error:
            return str(error).strip().splitlines()[0]
        return None


def _health(name: str, problem: str | None) -> dict[str, Any]:
    well = problem is None or name not in OF_DATABASE
    told: dict[str, Any] = {
        "name": name,
        "healthy": well,
        "status": "ACTIVE_HEALTHY" if well else "UNHEALTHY",
    }
    if not well:
        told["error"] = problem
    elif name == "auth":
        told["info"] = HEALTH
    elif name == "rest":
        told["info"] = {"db_schema": "public"}
    return told
