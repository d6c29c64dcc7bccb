"""A few connections to the database, and transactions in the name of whoever asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import psycopg
from psycopg.sql import SQL, Composed, Literal

from staging.services.supabase.refusals import Refusal

SIZE = 4
WAIT_S = 10.0
CONNECT_S = 5
IDLE_S = 5.0
"""After which an unused connection is closed: a database in use cannot be cloned or dropped."""
TIMEOUTS: Mapping[str, str] = {"anon": "3s", "authenticated": "8s"}
"""Supabase's own statement timeouts."""
TIMEOUT = "2min"
Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """In whose name a statement runs, and on what request."""

    role: str
    claims: Mapping[str, Any] = field(default_factory=dict)
    method: str = "GET"
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Pool:
    """At most :data:`SIZE` connections, opened when needed and closed when idle."""

    def __init__(self, conninfo: str, *, idle_s: float = IDLE_S) -> None:
        self._conninfo = conninfo
        self._idle_s = idle_s
        self._free = asyncio.Semaphore(SIZE)
        self._idle: dict[Connection, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> int:
        """How many connections wait to be used."""
        return len(self._idle)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection.

        Raises:
            Refusal: PGRST003 when all are busy for too long.
            psycopg.OperationalError: when the database is not there.
        """
        try:
            async with asyncio.timeout(WAIT_S):
                await self._free.acquire()
        except TimeoutError as error:
            message = "Timed out acquiring connection from connection pool."
            raise Refusal(504, "PGRST003", message) from error
        try:
            connection = self._take() or await self._open()
            try:
                yield connection
            finally:
                await self._give_back(connection)
        finally:
            self._free.release()

    @asynccontextmanager
    async def transaction(
        self, caller: Caller | None = None, *, read_only: bool = False
    ) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction; with *caller*, in their role and with their claims.

        It is rolled back when the block raises.
        """
        async with self.connection() as connection:
            opening = SQL("BEGIN READ ONLY" if read_only else "BEGIN")
            settings = Composed([]) if caller is None else _settings(caller)
            try:
                await connection.execute(SQL("{};{}").format(opening, settings))
                yield connection
            except BaseException:
                if not connection.closed:
                    await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")

    def let_go(self) -> None:
        """Begin to close what is idle."""
        for connection, timer in list(self._idle.items()):
            timer.cancel()
            self._retire(connection)

    async def close(self) -> None:
        """Close what is idle."""
        for connection in list(self._idle):
            self._idle.pop(connection).cancel()
            await connection.close()
        await asyncio.gather(*self._closing)

    def _take(self) -> Connection | None:
        while self._idle:
            connection, timer = self._idle.popitem()
            timer.cancel()
            if _lives(connection):
                return connection
        return None

    async def _open(self) -> Connection:
        return await psycopg.AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            prepare_threshold=None,
            application_name="postgrest",
            connect_timeout=CONNECT_S,
            options="-c timezone=UTC",
        )

    async def _give_back(self, connection: Connection) -> None:
        if connection.closed or connection.info.transaction_status.name != "IDLE":
            await connection.close()
            return
        loop = asyncio.get_running_loop()
        self._idle[connection] = loop.call_later(self._idle_s, self._retire, connection)

    def _retire(self, connection: Connection) -> None:
        if self._idle.pop(connection, None) is None:
            return
        closing = asyncio.get_running_loop().create_task(connection.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


def _lives(connection: Connection) -> bool:
    """Whether the server has not hung up meanwhile: then its last words wait to be read."""
    try:
        for _ in range(2):
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return not connection.closed


def _settings(caller: Caller) -> Composed:
    """Return the statement that makes a transaction the caller's; all ends with it."""
    values = {
        "search_path": '"public", "extensions"',
        "statement_timeout": TIMEOUTS.get(caller.role, TIMEOUT),
        "request.jwt.claims": json.dumps(dict(caller.claims)),
        "request.method": caller.method,
        "request.path": caller.path,
        "request.headers": json.dumps(dict(caller.headers)),
        "role": caller.role,
    }
    each = [
        SQL("set_config({}, {}, true)").format(Literal(name), Literal(value))
        for name, value in values.items()
    ]
    return SQL("SELECT {}").format(SQL(", ").join(each))
