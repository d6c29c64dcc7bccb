"""Conditions, columns and sort keys as SQL; every name and value is quoted by psycopg."""

from __future__ import annotations

import re
from collections.abc import Sequence

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from staging.services.supabase.grammar import Column, Condition, Field, Filter, Order, Step, Window
from staging.services.supabase.operators import OPERATORS, SEARCHES, TRUTHS
from staging.services.supabase.plan import Node
from staging.services.supabase.refusals import Refusal, not_embedded, unreadable

TYPE_NAME = re.compile(r"[A-Za-z0-9_ ]+")
JSON_TYPES = frozenset({"json", "jsonb"})


def field_sql(node: Node, field: Field) -> Composed:
    """Return a column of *node*, or the place inside it."""
    column = SQL("{}.{}").format(Identifier(node.alias), Identifier(field.name))
    if not field.steps:
        return column
    known = node.table.columns.get(field.name) if node.table is not None else None
    if known is None or known.type not in JSON_TYPES:
        column = SQL("to_jsonb({})").format(column)
    return Composed([column, *map(_step_sql, field.steps)])


def _step_sql(step: Step) -> Composable:
    arrow = SQL("->>" if step.as_text else "->")
    operand = SQL("{}::int" if step.is_index else "{}").format(Literal(step.operand))
    return arrow + operand


def select_sql(node: Node, column: Column) -> Composed:
    """Return a selected column with the name it has in the answer."""
    field = column.field
    if field.name == "*" and not field.steps:
        return SQL("{}.*").format(Identifier(node.alias))
    value = field_sql(node, field)
    if column.cast is not None:
        if not TYPE_NAME.fullmatch(column.cast):
            raise unreadable("select parameter", column.cast, 1, "unexpected type name")
        value = SQL("CAST({} AS {})").format(value, SQL(column.cast))
    return SQL("{} AS {}").format(value, Identifier(column.alias or _natural_name(field)))


def _natural_name(field: Field) -> str:
    """Return the last key on the way into a JSON value, else the column."""
    keys = [step.operand for step in field.steps if not step.is_index]
    return keys[-1] if keys else field.name


def condition_sql(node: Node, condition: Condition) -> Composed:
    """Return *condition* on the rows of *node*."""
    if isinstance(condition, Filter):
        return _filter_sql(node, condition)
    joint = SQL(" AND " if condition.operator == "and" else " OR ")
    inside = joint.join(condition_sql(node, term) for term in condition.terms)
    return SQL("NOT ({})" if condition.negated else "({})").format(inside)


def _filter_sql(node: Node, condition: Filter) -> Composed:
    child = None if condition.field.steps else node.child(condition.field.name)
    if child is not None:
        return _presence_sql(child, condition)
    column = field_sql(node, condition.field)
    negation = SQL("NOT ") if condition.negated else SQL("")
    return Composed([negation, column, SQL(" "), _comparison(condition)])


def _presence_sql(child: Node, condition: Filter) -> Composed:
    """Return whether there are related rows: a filter on an embedded resource itself."""
    assert child.embed is not None
    if condition.operator != "is" or condition.value not in {"null", "not_null"}:
        details = "Only is null or not is null filters are allowed on embedded resources"
        message = f"Bad operator on the '{child.embed.key}' embedded resource"
        raise Refusal(400, "PGRST120", message, details=details)
    absent = (condition.value == "null") != condition.negated
    comparison = "IS NOT DISTINCT FROM NULL" if absent else "IS DISTINCT FROM NULL"
    return SQL("{} {}").format(Identifier(child.alias), SQL(comparison))


def _comparison(condition: Filter) -> Composable:
    operator, value = condition.operator, condition.value
    if operator == "in":
        elements = () if value == ("",) else tuple(value)
        return SQL("= ANY ({})").format(Literal(array_text(elements)))
    assert isinstance(value, str)
    if operator == "is":
        return SQL("IS ") + SQL(TRUTHS[value])
    if operator in SEARCHES:
        language = [Literal(condition.language)] if condition.language else []
        arguments = SQL(", ").join([*language, Literal(value)])
        return SQL("@@ {}({})").format(SQL(SEARCHES[operator]), arguments)
    if operator in {"like", "ilike"}:
        value = value.replace("*", "%")
    operand: Composable = Literal(value)
    if condition.quantifier is not None:
        operand = SQL("{}({})").format(SQL(condition.quantifier.upper()), operand)
    return SQL("{} {}").format(SQL(OPERATORS[operator]), operand)


def array_text(elements: Sequence[str]) -> str:
    r"""Return PostgreSQL's text of an array, every element quoted.

    >>> array_text(['a', 'say "hi"'])
    '{"a","say \\"hi\\""}'
    """
    quoted = (each.replace("\\", "\\\\").replace('"', '\\"') for each in elements)
    return "{" + ",".join(f'"{each}"' for each in quoted) + "}"


def where_sql(parts: Sequence[Composable]) -> Composable:
    """Return the WHERE clause that joins *parts*, or nothing."""
    return SQL(" WHERE ") + SQL(" AND ").join(parts) if parts else SQL("")


def order_sql(node: Node) -> Composable:
    """Return the ORDER BY clause of *node*, or nothing.

    Raises:
        Refusal: PGRST108 or PGRST118 for a related table that is not there, or is no single row.
    """
    if not node.order:
        return SQL("")
    return SQL(" ORDER BY ") + SQL(", ").join(_order_key(node, each) for each in node.order)


def _order_key(node: Node, order: Order) -> Composable:
    place = node
    if order.relation is not None:
        child = node.child(order.relation)
        if child is None:
            raise not_embedded(order.relation)
        if child.relationship is None or not child.relationship.to_one:
            message = f"A related order on '{order.relation}' is not possible"
            details = (
                f"'{node.alias}' and '{order.relation}' do not form a many-to-one or "
                "one-to-one relationship"
            )
            raise Refusal(400, "PGRST118", message, details=details)
        place = child
    words = f" {order.direction}" if order.direction else ""
    words += f" NULLS {order.nulls}" if order.nulls else ""
    return field_sql(place, order.field) + SQL(words)


def window_sql(window: Window) -> Composable:
    """Return LIMIT and OFFSET, or nothing."""
    limit = SQL("") if window.limit is None else SQL(" LIMIT {}").format(Literal(window.limit))
    offset = SQL(" OFFSET {}").format(Literal(window.offset)) if window.offset else SQL("")
    return limit + offset
