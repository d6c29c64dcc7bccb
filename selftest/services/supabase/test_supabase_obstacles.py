from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gonogo.waiting import wait_until
from selftest.services.supabase.box import REF, SECRET, Box, credentials
from staging.services.service import Setup
from staging.services.supabase import Supabase
from staging.services.supabase.pool import IDLE_S, Caller, Pool

NOBODY_THERE = "host=127.0.0.1 port=1 dbname=x connect_timeout=1"
KEYS = {"anon_key": "sb_publishable_x", "service_role_key": "sb_secret_x"}


@dataclass
class Now:
    """A clock that is set by hand."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return self.at.timestamp()


def with_gateway(
    dsn: str,
    use: Callable[[httpx.AsyncClient], Awaitable[None]],
    *,
    clock: Now,
    folder: Path,
    users: list[dict[str, Any]] | None = None,
) -> None:
    """Run *use* with a client of a gateway in this process, whose keys are no tokens."""

    async def run() -> None:
        options = {
            "dsn": dsn,
            "jwt_secret": SECRET,
            "project_ref": REF,
            "management_token": "t",
            "users": users or [],
            **KEYS,
        }
        setup = Setup(address="http://box", folder=folder, options=options, clock=clock)
        service = Supabase(setup)
        await service.start() if users else None
        transport = httpx.ASGITransport(Starlette(routes=list(service.routes())))
        headers = {"apikey": KEYS["anon_key"]}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://box", headers=headers
        ) as client:
            await use(client)
        await service.stop()

    asyncio.run(run())


@pytest.fixture
def clock() -> Now:
    return Now(datetime.now(UTC))


def test_without_a_database_every_part_says_so(clock: Now, tmp_path: Path) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        data = await client.get("/rest/v1/contacts")
        assert (data.status_code, data.json()["code"]) == (503, "PGRST000")
        sign_in = await client.post(
            "/auth/v1/token?grant_type=password", json=credentials("member")
        )
        assert (sign_in.status_code, sign_in.json()["error_code"]) == (500, "unexpected_failure")
        token = {"Authorization": "Bearer t"}
        health = await client.get(f"/v1/projects/{REF}/health?services=db", headers=token)
        assert (health.json()[0]["status"], health.json()[0]["healthy"]) == ("UNHEALTHY", False)
        project = await client.get(f"/v1/projects/{REF}", headers=token)
        assert project.json()["status"] == "ACTIVE_UNHEALTHY"

    with_gateway(NOBODY_THERE, use, clock=clock, folder=tmp_path)


def test_an_old_refresh_token_ends_its_session(box: Box, clock: Now, tmp_path: Path) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        async def grant(kind: str, **body: str) -> httpx.Response:
            return await client.post(f"/auth/v1/token?grant_type={kind}", json=body)

        first = (await grant("password", **credentials("late"))).json()["refresh_token"]
        second = (await grant("refresh_token", refresh_token=first)).json()["refresh_token"]
        third = (await grant("refresh_token", refresh_token=second)).json()["refresh_token"]
        assert (await grant("refresh_token", refresh_token=first)).status_code == 200
        clock.at += timedelta(seconds=11)
        reused = await grant("refresh_token", refresh_token=first)
        assert reused.json()["error_code"] == "refresh_token_already_used"
        ended = await grant("refresh_token", refresh_token=third)
        assert ended.json()["error_code"] == "refresh_token_not_found"

    users = [credentials("late")]
    with_gateway(box.owner_dsn, use, clock=clock, folder=tmp_path, users=users)
    box.sql("DELETE FROM auth.users WHERE email = 'late@example.org'")


def test_a_session_runs_out_by_the_clock(box: Box, clock: Now, tmp_path: Path) -> None:
    async def use(client: httpx.AsyncClient) -> None:
        body = credentials("late")
        session = (await client.post("/auth/v1/token?grant_type=password", json=body)).json()
        headers = {"Authorization": f"Bearer {session['access_token']}"}
        assert (await client.get("/rest/v1/campaigns", headers=headers)).status_code == 200
        clock.at += timedelta(seconds=3600 + 31)
        late = await client.get("/rest/v1/campaigns", headers=headers)
        assert (late.status_code, late.json()["message"]) == (401, "JWT expired")
        assert (await client.get("/auth/v1/user", headers=headers)).json()[
            "error_code"
        ] == "bad_jwt"
        key = {"apikey": KEYS["service_role_key"]}
        assert len((await client.get("/rest/v1/staff_members", headers=key)).json()) == 3

    users = [credentials("late")]
    with_gateway(box.owner_dsn, use, clock=clock, folder=tmp_path, users=users)
    box.sql("DELETE FROM auth.users WHERE email = 'late@example.org'")


def test_a_connection_that_the_server_ended_is_not_used_again(box: Box) -> None:
    assert box.get("campaigns").status_code == 200
    ended = box.sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE application_name = 'postgrest'"
    )
    assert ended
    assert box.get("campaigns").status_code == 200


def test_many_at_once_share_four_connections_and_keep_their_own_names(box: Box) -> None:
    tokens = [{"Authorization": f"Bearer {box.token(n)}"} for n in ("admin", "member")]
    expected = ["Ada Admin", "Mika Member"]

    async def ask() -> list[Any]:
        headers = {"apikey": box.anon_key}
        async with httpx.AsyncClient(base_url=box.url, headers=headers, trust_env=False) as client:
            path = "/rest/v1/staff_members?select=display_name"
            asked = [client.get(path, headers=tokens[n % 2]) for n in range(40)]
            return [answer.json() for answer in await asyncio.gather(*asked)]

    found = asyncio.run(ask())
    assert found == [[{"display_name": expected[n % 2]}] for n in range(40)]
    ((connections,),) = box.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postgrest'"
    )
    assert 1 <= connections <= 4


def test_idle_connections_are_closed(box: Box) -> None:
    async def use() -> None:
        pool = Pool(box.owner_dsn, idle_s=0.05)
        caller = Caller(role="authenticated", claims={"role": "authenticated"})
        async with pool.transaction(caller) as connection:
            row = await (await connection.execute("SELECT current_user")).fetchone()
            assert row == ("authenticated",)
        wait = partial(wait_until, lambda: pool.idle, lambda idle: idle == 0, timeout_s=5)
        await asyncio.to_thread(wait, what="the connection to be closed")
        await pool.close()
        assert connection.closed

    asyncio.run(use())
    assert IDLE_S <= 10


def test_what_raises_in_a_transaction_is_taken_back(notebook: Box) -> None:
    async def use() -> None:
        pool = Pool(notebook.owner_dsn)
        try:
            async with pool.transaction() as connection:
                await connection.execute("INSERT INTO notebook (label) VALUES ('lost')")
                raise RuntimeError
        finally:
            await pool.close()

    with pytest.raises(RuntimeError):
        asyncio.run(use())
    assert notebook.sql("SELECT * FROM notebook") == []
