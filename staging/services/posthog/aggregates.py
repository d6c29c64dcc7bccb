"""HogQL's functions over groups of rows, as far as the stand-in knows them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from sqlglot import exp

from staging.services.posthog.values import NotUnderstood, as_number
from staging.services.quantile import quantile

Values = list[Any]
Aggregate = Callable[[Values], Any]


def _numbers(values: Values) -> list[float]:
    return [number for each in values if (number := as_number(each)) is not None]


def _sum(values: Values) -> float:
    found = sum(_numbers(values))
    return int(found) if all(isinstance(each, int) for each in values) else found


def _mean(values: Values) -> float | None:
    found = _numbers(values)
    return sum(found) / len(found) if found else None


def _spread(values: Values) -> float | None:
    found = _numbers(values)
    return statistics.stdev(found) if len(found) > 1 else None


SIMPLE: Mapping[str, Aggregate] = {
    "count": len,
    "sum": _sum,
    "avg": _mean,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "uniq": lambda values: len(set(values)),
    "uniqexact": lambda values: len(set(values)),
    "countdistinct": lambda values: len(set(values)),
    "any": lambda values: values[0] if values else None,
    "grouparray": list,
    "stddevsamp": _spread,
}
"""Each gets the values that are not null."""
CLASSES: Mapping[type[exp.Expr], str] = {
    exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max", exp.ApproxDistinct: "uniq",
    exp.AnyValue: "any",
}  # fmt: skip
NAMED = (exp.AnonymousAggFunc, exp.CombinedAggFunc)
PARAMETERIZED = (exp.ParameterizedAgg, exp.CombinedParameterizedAgg)
QUANTILES = {"quantile", "quantileexact", "quantiles"}

Part = tuple[exp.Expr | None, exp.Expr | None, Aggregate]
"""Of which values, of which rows (None: all), and what of them."""


def aggregate(node: exp.Expr) -> Part | None:
    """Return what *node* asks of a group, or None when it is no such function.

    Raises:
        NotUnderstood: it is one that the stand-in does not know.
    """
    if isinstance(node, exp.Count):
        return _count(node)
    if isinstance(node, exp.CountIf):
        return None, node.this, SIMPLE["count"]
    if type(node) in CLASSES or isinstance(node, exp.Quantile):
        return node.this, None, _of_class(node)
    if isinstance(node, NAMED):
        return _named(node.name, node.expressions)
    if isinstance(node, PARAMETERIZED):
        shares = [float(each.this) for each in node.expressions]
        return _parameterized(node.name, shares, node.args["params"])
    if isinstance(node, exp.AggFunc):
        raise NotUnderstood(f"Unsupported aggregation: {node.sql('clickhouse')}")
    return None


def _of_class(node: exp.Expr) -> Aggregate:
    if isinstance(node, exp.Quantile):
        return _quantile(float(node.args["quantile"].this))
    return SIMPLE[CLASSES[type(node)]]


def _count(node: exp.Count) -> Part:
    if node.this is None or isinstance(node.this, exp.Star):
        return None, None, SIMPLE["count"]
    if isinstance(node.this, exp.Distinct):
        return node.this.expressions[0], None, SIMPLE["uniq"]
    return node.this, None, SIMPLE["count"]


def _named(name: str, arguments: list[exp.Expr]) -> Part:
    plain = name.lower()
    condition = None
    if plain not in SIMPLE and plain.endswith("if"):
        plain, condition = plain.removesuffix("if"), arguments[-1]
    if plain not in SIMPLE or not arguments:
        raise NotUnderstood(f"Unsupported aggregation: {name}")
    return arguments[0], condition, SIMPLE[plain]


def _parameterized(name: str, shares: list[float], arguments: list[exp.Expr]) -> Part:
    plain = name.lower()
    condition = None
    if plain.endswith("if"):
        plain, condition = plain.removesuffix("if"), arguments[-1]
    if plain not in QUANTILES or not shares:
        raise NotUnderstood(f"Unsupported aggregation: {name}")
    if plain == "quantiles":
        return arguments[0], condition, _quantiles(shares)
    return arguments[0], condition, _quantile(shares[0])


def _quantiles(shares: list[float]) -> Aggregate:
    return lambda values: [quantile(_numbers(values), share) for share in shares]


def _quantile(share: float) -> Aggregate:
    return lambda values: quantile(_numbers(values), share)
