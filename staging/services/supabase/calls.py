"""Calls of functions as SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable

from psycopg.sql import SQL, Composed, Identifier

from staging.services.supabase.catalogue import Catalogue, Function
from staging.services.supabase.changes import BODY, Payload, rows_sql
from staging.services.supabase.refusals import Refusal
from staging.services.supabase.statements import Shape, table_sql


def find_function(
    catalogue: Catalogue, schema: str, name: str, arguments: Iterable[str]
) -> Function:
    """Return the one function *name* that takes exactly *arguments*.

    Raises:
        Refusal: PGRST202 when there is none, PGRST203 when there are several.
    """
    wanted = frozenset(arguments)
    found = [
        each
        for each in catalogue.functions
        if (each.relation.schema, each.relation.name) == (schema, name) and each.takes(wanted)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ways = [
            f"{schema}.{name}({', '.join(f'{a.name} => {a.type}' for a in each.arguments)})"
            for each in found
        ]
        message = f"Could not choose the best candidate function between: {', '.join(ways)}"
        hint = (
            "Try renaming the parameters or the function itself in the database so function "
            "overloading can be resolved"
        )
        raise Refusal(300, "PGRST203", message, hint=hint)
    listed = ", ".join(sorted(wanted))
    shown = f"({listed})" if wanted else " without parameters"
    plural = "parameters" if len(wanted) > 1 else "parameter"
    searched = f" with {plural} {listed}" if wanted else " without parameters"
    raise Refusal(
        404,
        "PGRST202",
        f"Could not find the function {schema}.{name}{shown} in the schema cache",
        details=f"Searched for the function {schema}.{name}{searched}, but no matches were "
        "found in the schema cache.",
    )


def arguments_payload(given: Iterable[tuple[str, str]]) -> Payload:
    """Return the arguments of a query string as a body."""
    values = dict(given)
    return Payload(text=json.dumps(values), is_list=False, names=tuple(values))


def call_sql(function: Function, payload: Payload) -> Composed:
    """Return the SELECT of what *function* returns for *payload*."""
    types = {argument.name: argument.type for argument in function.arguments}
    rows = rows_sql(payload, [(name, types[name]) for name in payload.names])
    arguments = SQL(", ").join(
        SQL("{} := {}.{}").format(Identifier(name), BODY, Identifier(name))
        for name in payload.names
    )
    called = SQL("{}({})").format(table_sql(function.relation), arguments)
    if function.is_composite:
        return SQL("SELECT _c.* FROM ({}) AS {}, LATERAL {} AS _c").format(rows, BODY, called)
    return SQL("SELECT {} AS pgrst_scalar FROM ({}) AS {}").format(called, rows, BODY)


def shape_of(function: Function) -> Shape:
    """Return how its rows become JSON."""
    if function.is_composite:
        return "rows" if function.is_set else "row"
    return "scalars" if function.is_set else "scalar"
