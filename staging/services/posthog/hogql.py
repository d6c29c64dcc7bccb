"""Answers the part of HogQL that checks use, and refuses the rest as PostHog refuses nonsense."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from staging.services.posthog.aggregates import aggregate
from staging.services.posthog.functions import operation
from staging.services.posthog.values import NotUnderstood, shown

UNCOMPUTABLE = (TypeError, ValueError, AttributeError, ArithmeticError, re.error)
"""What values that do not fit a function raise; at PostHog, too, such a query is a bad one."""
ROWS = 100
"""How many rows a query without a limit returns."""
MOST_ROWS = 50_000
PIECE = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.|'')*'|`[^`]*`|"[^"]*")|\{(?P<value>\w+)\}|(?P<dollar>\$[\w$]+)"""
)
CLAUSES = {
    "expressions", "from_", "where", "group", "having", "order", "limit", "offset", "distinct",
    "kind",
}  # fmt: skip

Row = Mapping[str, Any]
Of = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a query found."""

    columns: list[str]
    results: list[list[Any]]
    has_more: bool


def answer(query: str, values: Mapping[str, Any], rows: Sequence[Row], *, now: datetime) -> Answer:
    """Return what *query* finds in the table ``events``; raises NotUnderstood."""
    try:
        tree = sqlglot.parse_one(_plain(query, values), dialect="clickhouse")
    except SqlglotError as error:
        raise NotUnderstood(str(error).partition("\n")[0]) from None
    if not isinstance(tree, exp.Select):
        raise NotUnderstood("only SELECT is understood")
    try:
        found, more = _Select(tree, rows, now).run()
    except UNCOMPUTABLE as error:
        raise NotUnderstood(f"the query cannot be computed: {error}") from None
    names = [each.alias_or_name if each.alias else each.sql("clickhouse") for each in tree.selects]
    return Answer(
        columns=names,
        results=[[shown(value) for value in row.values()] for row in found],
        has_more=more,
    )


def _plain(query: str, values: Mapping[str, Any]) -> str:
    """Return *query* with its placeholders filled in, and ``$names`` quoted."""

    def replaced(found: re.Match[str]) -> str:
        if found["dollar"]:
            return f"`{found['dollar']}`"
        if found["text"] is not None:
            return found["text"]
        if found["value"] not in values:
            raise NotUnderstood(f"Unresolved placeholder: {{{found['value']}}}")
        return _literal(values[found["value"]])

    return PIECE.sub(replaced, query)


def _literal(value: Any) -> str:  # noqa: ANN401 - what JSON can say
    if isinstance(value, list):
        return "(" + ", ".join(_literal(each) for each in value) + ")"
    return str(exp.convert(value).sql("clickhouse"))


class _Select:
    """One SELECT over rows."""

    def __init__(self, tree: exp.Select, rows: Sequence[Row], now: datetime) -> None:
        odd = [key for key, value in tree.args.items() if value and key not in CLAUSES]
        if odd or not tree.selects:
            odd = odd or ["a SELECT of nothing"]
            raise NotUnderstood(f"the stand-in does not understand {odd[0]}")
        self._tree = tree
        self._now = now
        self._aliases = {each.alias: each.this for each in tree.selects if each.alias}
        self._rows, self._table, self._known = self._from(rows)
        group = tree.args.get("group")
        self._keys = [self._placed(each) for each in group.expressions] if group else []

    def _from(self, rows: Sequence[Row]) -> tuple[Sequence[Row], set[str], Collection[str]]:
        """Return the rows to read, the names of their table, and their columns."""
        source = self._tree.args.get("from_")
        if source is None:
            return [{}], set(), ()
        inner = source.this
        if isinstance(inner, exp.Subquery) and isinstance(inner.this, exp.Select):
            found, _ = _Select(inner.this, rows, self._now).run(most=len(rows) + 1)
            names = [each.alias or each.sql("clickhouse") for each in inner.this.selects]
            return found, {inner.alias} - {""}, names
        if isinstance(inner, exp.Table) and inner.name == "events":
            return rows, {"events", inner.alias} - {""}, COLUMNS
        raise NotUnderstood(f'Unknown table "{inner.name}".')

    def run(self, *, most: int = ROWS) -> tuple[list[dict[str, Any]], bool]:
        """Return the rows found, up to the limit, and whether there were more."""
        where = self._tree.args.get("where")
        kept = self._rows
        if where:
            wanted = self._scalar(where.this)
            kept = [row for row in kept if wanted(row)]
        names = [each.alias or each.sql("clickhouse") for each in self._tree.selects]
        if self._is_grouped():
            found = self._grouped(kept, names)
        else:
            found = self._selected(kept, names, self._scalar)
        if self._tree.args.get("distinct"):
            found = list({repr(row): row for row in found}.values())
        limit, offset = self._number("limit", most), self._number("offset", 0)
        shown_rows = found[offset : offset + min(limit, max(most, MOST_ROWS))]
        return shown_rows, offset + len(shown_rows) < len(found)

    def _is_grouped(self) -> bool:
        parts = [*self._tree.selects, *filter(None, [self._tree.args.get("having")])]
        return bool(self._keys) or any(_has_aggregate(each) for each in parts)

    def _grouped(self, rows: Sequence[Row], names: Sequence[str]) -> list[dict[str, Any]]:
        keys = [self._scalar(each) for each in self._keys]
        groups: dict[str, list[Row]] = {} if keys else {repr([]): []}
        for row in rows:
            groups.setdefault(repr([key(row) for key in keys]), []).append(row)
        having = self._tree.args.get("having")
        kept = list(groups.values())
        if having:
            wanted = self._over_group(having.this)
            kept = [group for group in kept if wanted(group)]
        return self._selected(kept, names, self._over_group)

    def _selected(
        self, things: Sequence[Any], names: Sequence[str], compiled: Callable[[exp.Expr], Of]
    ) -> list[dict[str, Any]]:
        """Return the columns of every row or group, in order."""
        order = self._tree.args.get("order")
        for each in reversed(order.expressions if order else []):
            of = compiled(self._placed(each.this))
            things = sorted(things, key=_sortable(of), reverse=bool(each.args.get("desc")))
        columns = list(zip(names, [compiled(each) for each in self._tree.selects], strict=True))
        return [{name: of(thing) for name, of in columns} for thing in things]

    def _number(self, clause: str, otherwise: int) -> int:
        found = self._tree.args.get(clause)
        return int(found.expression.this) if found else otherwise

    def _placed(self, node: exp.Expr) -> exp.Expr:
        """Return what GROUP BY or ORDER BY names by its place, by its alias, or as it is."""
        if isinstance(node, exp.Literal) and not node.is_string:
            place = int(node.this)
            if not 1 <= place <= len(self._tree.selects):
                raise NotUnderstood(f"there is no column {place}")
            chosen: exp.Expr = self._tree.selects[place - 1].unalias()
            return chosen
        return self._meant(node)

    def _meant(self, node: exp.Expr) -> exp.Expr:
        """Return what an alias stands for, and any other node itself."""
        if isinstance(node, exp.Column) and not node.table and node.name in self._aliases:
            meant: exp.Expr = self._aliases[node.name]
            return meant
        return node

    def _constant(self, node: exp.Expr) -> tuple[Any] | None:
        if isinstance(node, exp.Literal):
            text = node.this
            return (text if node.is_string else float(text) if "." in text else int(text),)
        if isinstance(node, exp.Boolean):
            return (node.this,)
        if isinstance(node, exp.Null):
            return (None,)
        if isinstance(node, exp.Anonymous) and str(node.this).lower() in {"now", "today"}:
            today = self._now.replace(hour=0, minute=0, second=0, microsecond=0)
            return (self._now if str(node.this).lower() == "now" else today,)
        return None

    def _scalar(self, node: exp.Expr) -> Of:
        """Return how to get *node*'s value of one row."""
        if (constant := self._constant(node)) is not None:
            return lambda _row: constant[0]
        if isinstance(node, exp.Column):
            return self._field([part.name for part in node.parts])
        if isinstance(node, exp.Bracket | exp.JSONExtractScalar):
            inner, key = self._scalar(node.this), _key(node)
            return lambda row: _inside(inner(row), [key])
        if aggregate(node) is not None:
            raise NotUnderstood(f"Aggregation is not allowed here: {node.sql('clickhouse')}")
        parts, how = operation(node)
        values = [self._scalar(part) for part in parts]
        return lambda row: how(*(value(row) for value in values))

    def _over_group(self, node: exp.Expr) -> Of:
        """Return how to get *node*'s value of a group of rows."""
        node = self._meant(node)
        if (constant := self._constant(node)) is not None:
            return lambda _rows: constant[0]
        inner = node.this if isinstance(node, exp.Alias) else node
        if inner in self._keys:
            of_row = self._scalar(inner)
            return lambda rows: of_row(rows[0])
        if (asked := aggregate(node)) is not None:
            of, where, how = asked
            value = self._scalar(of) if of is not None else lambda _row: True
            wanted = self._scalar(where) if where is not None else lambda _row: True
            return lambda rows: how(
                [found for row in rows if wanted(row) and (found := value(row)) is not None]
            )
        if isinstance(node, exp.Column | exp.Bracket):
            raise NotUnderstood(f"{node.sql('clickhouse')} is neither grouped by nor aggregated")
        parts, over = operation(node)
        values = [self._over_group(part) for part in parts]
        return lambda rows: over(*(each(rows) for each in values))

    def _field(self, path: Sequence[str]) -> Of:
        """Return how to read a column; raises NotUnderstood for one that there is not."""
        if path[0] in self._table and len(path) > 1:
            path = path[1:]
        if path[0] not in self._known:
            if len(path) == 1 and path[0] in self._aliases:
                return self._scalar(self._aliases[path[0]])
            raise NotUnderstood(f"Unable to resolve field: {path[0]}")
        name, rest = path[0], path[1:]
        return lambda row: _inside(row[name], rest)


COLUMNS = frozenset({"uuid", "event", "distinct_id", "timestamp", "created_at", "properties",
                     "person", "person_id", "$session_id"})  # fmt: skip


def _inside(value: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _key(node: exp.Bracket | exp.JSONExtractScalar) -> str:
    """Return the name within a JSON value that *node* reads; raises NotUnderstood."""
    path = node.expressions or node.expression.expressions[1:]
    if len(path) != 1 or not isinstance(path[0], exp.Literal | exp.JSONPathKey):
        raise NotUnderstood(f"the stand-in does not understand: {node.sql('clickhouse')}")
    return str(path[0].this)


def _has_aggregate(node: exp.Expr) -> bool:
    return any(aggregate(each) is not None for each in node.walk())


def _sortable(of: Of) -> Callable[[Any], tuple[bool, Any]]:
    def key(thing: Any) -> tuple[bool, Any]:  # noqa: ANN401 - a row or a group
        value = of(thing)
        return (value is None, 0 if value is None else value)

    return key
