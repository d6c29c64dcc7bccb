"""The tables and functions over HTTP, as PostgREST serves them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import psycopg
from psycopg.sql import SQL, Composed
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from staging.services.supabase.answers import (
    Asked,
    Found,
    change_answer,
    read_answer,
    refused,
)
from staging.services.supabase.calls import arguments_payload, call_sql, find_function, shape_of
from staging.services.supabase.catalogue import LOOK, Catalogue, Relation
from staging.services.supabase.changes import (
    delete_sql,
    insert_sql,
    read_payload,
    returning_sql,
    update_sql,
)
from staging.services.supabase.doorman import Doorman
from staging.services.supabase.grammar import Window
from staging.services.supabase.plan import plan
from staging.services.supabase.pool import Connection, Pool
from staging.services.supabase.preferences import Preferences, Wanted, narrowed
from staging.services.supabase.query_string import read_query
from staging.services.supabase.reads import Read
from staging.services.supabase.refusals import (
    STALE_CATALOGUE,
    SYNTAX_OR_ACCESS,
    Refusal,
    not_single,
    of_database,
)
from staging.services.supabase.statements import SOURCE, Shape, answer_sql, read_sql

READS = frozenset({"GET", "HEAD"})
Answering: TypeAlias = Callable[[Asked, Catalogue], Awaitable[Response]]
METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE", "PUT")


class Rest:
    """Answers for the tables and functions of some schemas."""

    def __init__(
        self, pool: Pool, doorman: Doorman, *, schemas: Sequence[str], most_rows: int
    ) -> None:
        self._pool = pool
        self._doorman = doorman
        self._schemas = list(schemas)
        self._most_rows = most_rows
        self._catalogue: Catalogue | None = None
        self._looking = asyncio.Lock()

    def forget(self) -> None:
        """Look at the database's tables anew before the next answer."""
        self._catalogue = None

    async def table(self, request: Request) -> Response:
        """Answer for one table or view."""
        return await self._answer(request, self._for_table)

    async def function(self, request: Request) -> Response:
        """Answer for one function."""
        return await self._answer(request, self._for_function)

    async def root(self, request: Request) -> Response:
        """Answer with the paths there are."""

        async def listed(asked: Asked, catalogue: Catalogue) -> Response:
            names = [each.name for each in catalogue.tables if each.schema == asked.schema]
            paths: dict[str, Any] = {"/": {}, **{f"/{name}": {} for name in names}}
            info = {"title": "standard public schema", "version": "13.0"}
            return JSONResponse({"swagger": "2.0", "info": info, "paths": paths})

        return await self._answer(request, listed)

    async def _answer(self, request: Request, how: Answering) -> Response:
        """Return the answer; asked again, once, when the catalogue turns out to be old."""
        role = ""
        try:
            asked = await self._asked(request)
            role = asked.caller.role
            catalogue = self._catalogue or await self._look()
            try:
                answer = await how(asked, catalogue)
            except (Refusal, psycopg.Error) as error:
                newer = await self._look() if _of_catalogue(error) else catalogue
                if newer == catalogue:
                    raise
                answer = await how(asked, newer)
        except Refusal as refusal:
            answer = refused(refusal)
        except psycopg.Error as error:
            answer = refused(of_database(error, role=role))
        return answer

    async def _asked(self, request: Request) -> Asked:
        caller = self._doorman.admit(request)
        reading = request.method in READS
        header = "accept-profile" if reading else "content-profile"
        schema = request.headers.get(header, self._schemas[0])
        if schema not in self._schemas:
            hint = f"Only the following schemas are exposed: {', '.join(self._schemas)}"
            raise Refusal(406, "PGRST106", f"Invalid schema: {schema}", hint=hint)
        sent = request.headers.get("content-type", "application/json").partition(";")[0]
        body = await request.body()
        if body and sent != "application/json":
            raise Refusal(415, "PGRST107", f"Content-Type not acceptable: {sent}")
        return Asked(
            request=request,
            caller=caller,
            schema=schema,
            preferences=Preferences.read(", ".join(request.headers.getlist("prefer"))),
            wanted=Wanted.read(request.headers.get("accept", "*/*")),
            body=body,
        )

    async def _look(self) -> Catalogue:
        async with self._looking, self._pool.transaction(read_only=True) as connection:
            await connection.execute("SET LOCAL search_path TO ''")
            row = await (await connection.execute(LOOK, {"schemas": self._schemas})).fetchone()
            assert row is not None
            self._catalogue = Catalogue(row[0])
            return self._catalogue

    async def _for_table(self, asked: Asked, catalogue: Catalogue) -> Response:
        name = asked.request.path_params["name"]
        relation = catalogue.table(asked.schema, name).relation
        if asked.method in READS:
            query = read_query(asked.query)
            node = plan(query, catalogue, relation, most=self._most_rows)
            window = narrowed(query.windows.get((), Window()), _range(asked))
            node.window = window.at_most(self._most_rows)
            return await self._read(asked, Read(node=node))
        if asked.method == "PUT":
            raise Refusal(405, "PGRST117", "Unsupported HTTP method: PUT")
        return await self._change(asked, catalogue, relation)

    async def _for_function(self, asked: Asked, catalogue: Catalogue) -> Response:
        name = asked.request.path_params["name"]
        if asked.method in READS:
            known = {a.name for f in catalogue.functions if f.relation.name == name
                     for a in f.arguments}  # fmt: skip
            query = read_query(asked.query, arguments=known)
            names = [argument for argument, _ in query.arguments]
            function = find_function(catalogue, asked.schema, name, names)
            payload = arguments_payload(query.arguments)
        elif asked.method == "POST":
            query = read_query(asked.query)
            payload = read_payload(asked.body or b"{}", query.columns)
            function = find_function(catalogue, asked.schema, name, payload.names)
        else:
            message = f"Cannot use the {asked.method} method on RPC"
            raise Refusal(405, "PGRST101", message)
        root = Relation(schema=asked.schema, name=function.table or name)
        node = plan(query, catalogue, root, most=self._most_rows)
        node.window = narrowed(node.window, _range(asked))
        read = Read(
            node=node,
            shape=shape_of(function),
            call=call_sql(function, payload),
            writes=asked.method not in READS and function.volatility not in {"s", "i"},
            is_void=function.type == "void",
        )
        return await self._read(asked, read)

    async def _read(self, asked: Asked, read: Read) -> Response:
        most = self._most_rows
        statement = read.statement(asked, most_rows=most)
        caller, read_only = asked.caller, not read.writes
        async with self._pool.transaction(caller, read_only=read_only) as connection:
            found = await _found(connection, statement)
            whole = found.total
            if read.guesses(asked.preferences.given.get("count"), whole, most_rows=most):
                whole = max(await _guessed(connection, read), whole or 0)
            if asked.wanted.single and read.wants_one and found.rows != 1:
                raise not_single(found.rows)
        return read_answer(asked, read.node.window.offset, found, whole, is_void=read.is_void)

    async def _change(self, asked: Asked, catalogue: Catalogue, relation: Relation) -> Response:
        preferences = asked.preferences
        query = read_query(asked.query)
        node = plan(query, catalogue, relation, most=None)
        assert node.table is not None
        returning = returning_sql(node, wanted=preferences.shows_rows)
        if asked.method == "POST":
            change = insert_sql(
                node.table,
                read_payload(asked.body, query.columns),
                returning=returning,
                resolution=preferences.resolution,
                on_conflict=query.on_conflict,
                missing_is_default=preferences.given.get("missing") == "default",
            )
        elif asked.method == "PATCH":
            payload = read_payload(asked.body, query.columns)
            change = update_sql(node, payload, returning=returning)
        else:
            change = delete_sql(node, returning=returning)
        node.conditions = []
        node.window = Window()
        shape: Shape = "row" if asked.wanted.single else "rows"
        statement = answer_sql(
            change,
            shape=shape if preferences.shows_rows else "nothing",
            strip_nulls=asked.wanted.strip_nulls,
            answer=read_sql(node, origin=SOURCE) if preferences.shows_rows else None,
        )
        async with self._pool.transaction(asked.caller) as connection:
            found = await _found(connection, statement)
            if asked.wanted.single and preferences.shows_rows and found.rows != 1:
                raise not_single(found.rows)
            most = preferences.most_affected
            if most is not None and asked.method != "POST" and found.rows > most:
                message = "Query result exceeds max-affected preference constraint"
                details = f"The query affects {found.rows} rows"
                raise Refusal(400, "PGRST124", message, details=details)
        return change_answer(asked, found)


def _of_catalogue(error: Refusal | psycopg.Error) -> bool:
    """Whether a newer catalogue may change the answer."""
    if isinstance(error, Refusal):
        return error.code in STALE_CATALOGUE
    return (error.sqlstate or "").startswith(SYNTAX_OR_ACCESS)


def _range(asked: Asked) -> str | None:
    return asked.request.headers.get("range") if asked.method == "GET" else None


async def _found(connection: Connection, statement: Composed) -> Found:
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    total, rows, body, updated = row
    return Found(total=total, rows=rows, body=body, updated=updated or 0)


async def _guessed(connection: Connection, read: Read) -> int:
    """Return how many rows the planner expects."""
    everything = read.everything()
    assert everything is not None
    explain = SQL("EXPLAIN (FORMAT JSON) {}").format(everything)
    row = await (await connection.execute(explain)).fetchone()
    assert row is not None
    return int(row[0][0]["Plan"]["Plan Rows"])
