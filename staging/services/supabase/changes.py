"""Inserts, upserts, updates and deletes as SQL; the body stays one JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg.sql import SQL, Composable, Composed, Identifier
from psycopg.sql import Literal as Value

from staging.services.supabase.catalogue import Table, TableColumn
from staging.services.supabase.conditions import condition_sql, where_sql
from staging.services.supabase.plan import Node
from staging.services.supabase.refusals import Refusal, bad_body, no_column
from staging.services.supabase.statements import table_sql

BODY = Identifier("pgrst_body")
COUNT_UPDATED = (
    "set_config('pgrst.updated', (coalesce(nullif(current_setting('pgrst.updated', true), ''), "
    "'0')::int + 1)::text, true) <> ''"
)
"""True for every row, and counts them: the rest of an upsert's rows were inserted."""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """A body: its text, whether it is a list, and the names of its members."""

    text: str
    is_list: bool
    names: tuple[str, ...]


def read_payload(body: bytes, columns: Sequence[str] | None) -> Payload:
    """Return the rows of *body*; *columns*, when given, says which members count.

    Raises:
        Refusal: PGRST102 when it is no object or list of alike objects.
    """
    try:
        text = body.decode("utf-8")
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad_body("Empty or invalid json") from error
    rows = value if isinstance(value, list) else [value]
    if not all(isinstance(row, dict) for row in rows):
        raise bad_body("Empty or invalid json")
    if columns is None:
        columns = tuple(rows[0]) if rows else ()
        if any(set(row) != set(columns) for row in rows):
            raise bad_body("All object keys must match")
    return Payload(text=text, is_list=isinstance(value, list), names=tuple(dict.fromkeys(columns)))


def named_columns(table: Table, names: Iterable[str]) -> list[TableColumn]:
    """Return the table's columns *names*; raises Refusal PGRST204 for one it has not."""
    for name in names:
        if name not in table.columns:
            raise no_column(table.relation.name, name)
    return [table.columns[name] for name in names]


def rows_sql(
    payload: Payload, columns: Sequence[tuple[str, str]], *, defaults: Sequence[TableColumn] = ()
) -> Composed:
    """Return a SELECT of the payload's rows with *columns* of names and types.

    A member that a row lacks is NULL, or what *defaults* has for it.
    """
    kind = "jsonb" if defaults else "json"
    body: Composable = SQL("{}::{}").format(Value(payload.text), SQL(kind))
    if defaults:
        parts = SQL(", ").join(
            SQL("{}, {}").format(Value(each.name), SQL(each.default or "NULL")) for each in defaults
        )
        made = SQL("jsonb_build_object({})").format(parts)
        whole = "(SELECT jsonb_agg({} || _e) FROM jsonb_array_elements({}) AS _e)"
        body = SQL(whole if payload.is_list else "({} || {})").format(made, body)
    if not columns:
        each = SQL(f"{kind}_array_elements({{}})") if payload.is_list else SQL("(VALUES ({}))")
        return SQL("SELECT FROM {} AS _").format(each.format(body))
    names = SQL(", ").join(Identifier(name) for name, _ in columns)
    typed = SQL(", ").join(
        SQL("{} {}").format(Identifier(name), SQL(type_)) for name, type_ in columns
    )
    function = SQL(f"{kind}_to_recordset" if payload.is_list else f"{kind}_to_record")
    return SQL("SELECT {} FROM {}({}) AS _({})").format(names, function, body, typed)


def insert_sql(  # noqa: PLR0913 - the parts of one statement
    table: Table,
    payload: Payload,
    *,
    returning: Composable,
    resolution: Literal["merge", "ignore"] | None = None,
    on_conflict: Sequence[str] | None = None,
    missing_is_default: bool = False,
) -> Composed:
    """Return the INSERT of *payload*, with what to do about rows that are there."""
    columns = named_columns(table, payload.names)
    names = [Identifier(column.name) for column in columns]
    into = SQL("({})").format(SQL(", ").join(names)) if names else SQL("")
    defaults = [c for c in columns if c.default] if missing_is_default else []
    rows = rows_sql(payload, [(c.name, c.type) for c in columns], defaults=defaults)
    conflict: Composable = SQL("")
    unique = on_conflict if on_conflict is not None else table.key
    if resolution is not None and unique:
        target = SQL(", ").join(map(Identifier, unique))
        change: Composable = SQL("DO NOTHING")
        if resolution == "merge" and names:
            sets = SQL(", ").join(SQL("{} = EXCLUDED.{}").format(name, name) for name in names)
            change = SQL("DO UPDATE SET {} WHERE {}").format(sets, SQL(COUNT_UPDATED))
        conflict = SQL(" ON CONFLICT ({}) {}").format(target, change)
    return SQL("INSERT INTO {}{} {}{} {}").format(
        table_sql(table.relation), into, rows, conflict, returning
    )


def update_sql(node: Node, payload: Payload, *, returning: Composable) -> Composed:
    """Return the UPDATE of the rows that the conditions of *node* name."""
    table = _table(node, "UPDATE")
    columns = named_columns(table, payload.names)
    if not columns:
        nothing = SQL(", ").join(Identifier(name) for name in table.columns)
        return SQL("SELECT {} FROM {} WHERE false").format(nothing, table_sql(table.relation))
    sets = SQL(", ").join(
        SQL("{} = {}.{}").format(Identifier(c.name), BODY, Identifier(c.name)) for c in columns
    )
    return SQL("UPDATE {} SET {} FROM ({}) AS {}{} {}").format(
        table_sql(table.relation),
        sets,
        rows_sql(payload, [(c.name, c.type) for c in columns]),
        BODY,
        where_sql([condition_sql(node, each) for each in node.conditions]),
        returning,
    )


def delete_sql(node: Node, *, returning: Composable) -> Composed:
    """Return the DELETE of the rows that the conditions of *node* name."""
    table = _table(node, "DELETE")
    where = where_sql([condition_sql(node, each) for each in node.conditions])
    return SQL("DELETE FROM {}{} {}").format(table_sql(table.relation), where, returning)


def _table(node: Node, verb: str) -> Table:
    """Return the table to change; Supabase loads safeupdate, which wants a condition."""
    assert node.table is not None
    if not node.conditions:
        raise Refusal(400, "21000", f"{verb} requires a WHERE clause")
    return node.table


def returning_sql(node: Node, *, wanted: bool) -> Composable:
    """Return the RETURNING clause with what the answer shows, sorts by and joins by."""
    if not wanted:
        return SQL("RETURNING 1")
    names = [column.field.name for column in node.columns]
    names += [order.field.name for order in node.order if order.relation is None]
    for child in node.children:
        way = child.relationship
        assert way is not None
        if way.junction is not None:
            names += [own for _, own in way.junction.source]
        names += [own for own, _ in way.pairs]
    table = Identifier(node.alias)
    if "*" in names or not names:
        return SQL("RETURNING {}.*").format(table)
    columns = [SQL("{}.{}").format(table, Identifier(name)) for name in dict.fromkeys(names)]
    return SQL("RETURNING ") + SQL(", ").join(columns)
