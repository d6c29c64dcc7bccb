"""A whole read as one SQL statement that returns counts and the JSON text of the answer."""

from __future__ import annotations

from typing import Literal, TypeAlias

from psycopg.sql import SQL, Composable, Composed, Identifier

from staging.services.supabase.catalogue import Relation
from staging.services.supabase.conditions import (
    condition_sql,
    order_sql,
    select_sql,
    where_sql,
    window_sql,
)
from staging.services.supabase.grammar import Condition, Filter
from staging.services.supabase.plan import Node

Shape: TypeAlias = Literal["rows", "row", "scalars", "scalar", "nothing"]
"""How the rows become JSON."""
SOURCE = Identifier("pgrst_source")
BODIES = {
    "rows": "coalesce({strip}(json_agg(_t)), '[]')::text",
    "row": "coalesce({strip}(json_agg(_t) -> 0), 'null')::text",
    "scalars": "coalesce(json_agg(_t.pgrst_scalar), '[]')::text",
    "scalar": "coalesce(json_agg(_t.pgrst_scalar) -> 0, 'null')::text",
    "nothing": "''",
}


def table_sql(relation: Relation) -> Identifier:
    """Return the table's full name, quoted."""
    return Identifier(relation.schema, relation.name)


def read_sql(
    node: Node, *, origin: Composable | None = None, parent: Node | None = None
) -> Composed:
    """Return the SELECT of *node* and all inside it, from its table or from *origin*."""
    columns: list[Composable] = [select_sql(node, column) for column in node.columns]
    columns += [_embedded_sql(child) for child in node.children if _shows(child)]
    chosen = [
        _from_sql(node, origin),
        where_sql([*_conditions(node), *_link_sql(node, parent)]),
        order_sql(node),
        window_sql(node.window),
    ]
    joins = [_join_sql(child, node) for child in node.children]
    if not joins or _is_chosen_by(node) or node.relationship is not None:
        return Composed([SQL("SELECT "), SQL(", ").join(columns), chosen[0], *joins, *chosen[1:]])
    alias = Identifier(node.alias)
    first = Composed([SQL("SELECT {}.*").format(alias), *chosen])
    return SQL("SELECT {} FROM ({}) AS {}{}{}").format(
        SQL(", ").join(columns), first, alias, Composed(joins), order_sql(node)
    )


def _conditions(node: Node) -> list[Composable]:
    return [condition_sql(node, each) for each in node.conditions]


def _is_chosen_by(node: Node) -> list[Node]:
    """Return the related tables that decide which rows of *node* there are, and in what order.

    Where there are none the rows are chosen first: the others are then looked up for them alone.
    """
    asked = {name for each in node.conditions for name in _names(each)}
    asked |= {order.relation for order in node.order if order.relation is not None}
    return [
        child
        for child in node.children
        if child.embed is not None
        and (child.embed.inner or asked & {child.embed.key, child.embed.name})
    ]


def count_sql(node: Node, *, origin: Composable | None = None) -> Composed:
    """Return a SELECT with one row for each row of *node*, whatever its window is."""
    joins = [_join_sql(child, node) for child in _is_chosen_by(node)]
    where = where_sql(_conditions(node))
    return Composed([SQL("SELECT 1"), _from_sql(node, origin), *joins, where])


def answer_sql(
    source: Composable,
    *,
    shape: Shape,
    strip_nulls: bool = False,
    total: Composable | None = None,
    answer: Composable | None = None,
) -> Composed:
    """Return the statement whose one row is total, rows, body and rows updated by an upsert.

    *source* gives the rows; *answer*, where there is one, reads them again from
    ``pgrst_source``; *total* has one row for every row there is.
    """
    parts: list[Composable] = [SQL("{} AS ({})").format(SOURCE, source)]
    if total is not None:
        parts.append(SQL("pgrst_total AS ({})").format(total))
    body = SQL(BODIES[shape].replace("{strip}", "json_strip_nulls" if strip_nulls else ""))
    return SQL(
        "WITH {parts} SELECT {total}, count(_t), {body}, "
        "nullif(current_setting('pgrst.updated', true), '')::int FROM ({answer}) AS _t"
    ).format(
        parts=SQL(", ").join(parts),
        total=SQL("(SELECT count(*) FROM pgrst_total)" if total is not None else "NULL::bigint"),
        body=body,
        answer=answer if answer is not None else SQL("SELECT * FROM {}").format(SOURCE),
    )


def _names(condition: Condition) -> set[str]:
    """Return the names of the fields in *condition*."""
    if isinstance(condition, Filter):
        return {condition.field.name}
    return {name for term in condition.terms for name in _names(term)}


def _shows(child: Node) -> bool:
    """Whether anything of it is in the answer: ``table()`` is there to filter by alone."""
    return bool(child.columns or child.children)


def _from_sql(node: Node, origin: Composable | None) -> Composed:
    if origin is None:
        assert node.table is not None
        origin = table_sql(node.table.relation)
    found = SQL(" FROM {} AS {}").format(origin, Identifier(node.alias))
    way = node.relationship
    if way is None or way.junction is None:
        return found
    junction = table_sql(way.junction.relation)
    return SQL("{}, {} AS {}").format(found, junction, _junction_alias(node))


def _junction_alias(node: Node) -> Identifier:
    return Identifier(f"{node.alias}_junction")


def _embedded_sql(child: Node) -> Composed:
    assert child.embed is not None
    assert child.relationship is not None
    alias = Identifier(child.alias)
    if child.embed.spread:
        return SQL("{}.*").format(alias)
    key = Identifier(child.embed.key)
    if child.relationship.to_one:
        return SQL("row_to_json({}.*) AS {}").format(alias, key)
    return SQL("coalesce({}.{}, '[]') AS {}").format(alias, alias, key)


def _join_sql(child: Node, parent: Node) -> Composed:
    """Return the lateral join that finds a row's related rows."""
    assert child.embed is not None
    assert child.relationship is not None
    rows = read_sql(child, parent=parent)
    alias = Identifier(child.alias)
    held = SQL("TRUE")
    kind = SQL(" INNER JOIN" if child.embed.inner else " LEFT JOIN")
    if child.relationship.to_one:
        return SQL("{} LATERAL ({}) AS {} ON TRUE").format(kind, rows, alias)
    together = SQL("SELECT json_agg({}) AS {} FROM ({}) AS {}").format(alias, alias, rows, alias)
    found = SQL("{} IS NOT NULL").format(alias) if child.embed.inner else held
    return SQL("{} LATERAL ({}) AS {} ON {}").format(kind, together, alias, found)


def _link_sql(node: Node, parent: Node | None) -> list[Composable]:
    """Return what ties *node* to the row of *parent*."""
    way = node.relationship
    if way is None or parent is None:
        return []
    own, other = Identifier(parent.alias), Identifier(node.alias)
    equal = SQL("{}.{} = {}.{}")
    if way.junction is None:
        return [equal.format(own, Identifier(a), other, Identifier(b)) for a, b in way.pairs]
    between = _junction_alias(node)
    links: list[Composable] = []
    for side, pairs in ((own, way.junction.source), (other, way.junction.target)):
        links += [equal.format(between, Identifier(a), side, Identifier(b)) for a, b in pairs]
    return links
