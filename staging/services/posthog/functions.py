"""HogQL's functions and operators over single values, as far as the stand-in knows them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlglot import exp

from staging.services.posthog.values import (
    NotUnderstood,
    as_number,
    as_text,
    as_time,
    compared,
    like,
    unit,
)

Of = Callable[..., Any]
Operation = tuple[list[exp.Expr], Of]
"""What a node is made of, and how to make its value of theirs."""

COMPARISONS: Mapping[type[exp.Expr], Of] = {
    exp.EQ: operator.eq, exp.GT: operator.gt, exp.GTE: operator.ge, exp.LT: operator.lt,
    exp.LTE: operator.le,
}  # fmt: skip
ARITHMETIC: Mapping[type[exp.Expr], Of] = {
    exp.Add: operator.add, exp.Sub: operator.sub, exp.Mul: operator.mul, exp.Div: operator.truediv,
    exp.Mod: operator.mod,
}  # fmt: skip


def _calculated(how: Of) -> Of:
    def of(left: Any, right: Any) -> Any:  # noqa: ANN401 - any value of a query
        if isinstance(left, timedelta) or isinstance(right, timedelta):
            left = left if isinstance(left, timedelta) else as_time(left)
            return None if left is None or right is None else how(left, right)
        a, b = as_number(left), as_number(right)
        try:
            return None if a is None or b is None else _whole(how(a, b), left, right)
        except ZeroDivisionError:
            return None

    return of


def _whole(found: float, *given: Any) -> float:  # noqa: ANN401 - any value of a query
    """Return a whole number where only whole ones were given."""
    if found == int(found) and all(isinstance(each, int) for each in given):
        return int(found)
    return found


def _floor(value: Any, length: timedelta) -> datetime | None:  # noqa: ANN401 - any value
    time = as_time(value)
    if time is None:
        return None
    start = datetime(1970, 1, 5, tzinfo=UTC)
    return start + (time - start) // length * length


def _apart(name: str, start: Any, end: Any) -> int | None:  # noqa: ANN401 - any value
    """Return how many borders of the unit lie between, as dateDiff counts."""
    length, a, b = unit(name), as_time(start), as_time(end)
    if a is None or b is None:
        return None
    low, high = _floor(a, length), _floor(b, length)
    assert low is not None
    assert high is not None
    return int((high - low) / length)


def _first(*values: Any) -> Any:  # noqa: ANN401 - any value of a query
    return next((each for each in values if each is not None), None)


def _chosen(*values: Any) -> Any:  # noqa: ANN401 - any value of a query
    """Return the first value whose condition holds: conditions and values take turns."""
    pairs = zip(values[::2], values[1::2], strict=False)
    return next((value for condition, value in pairs if condition), values[-1])


def _rounded(value: Any, digits: Any = 0) -> float | None:  # noqa: ANN401 - any value
    number = as_number(value)
    return None if number is None else round(number, int(digits or 0))


def _integer(value: Any) -> int | None:  # noqa: ANN401 - any value of a query
    number = as_number(value)
    return None if number is None else int(number)


NAMED: Mapping[str, Of] = {
    "todatetime": lambda value, _zone=None: as_time(value),
    "todatetime64": lambda value, _digits=None, _zone=None: as_time(value),
    "parsedatetimebesteffort": lambda value, _zone=None: as_time(value),
    "todate": lambda value: _floor(value, unit("day")),
    "totimezone": lambda value, _zone: as_time(value),
    "tounixtimestamp": as_number,
    "tofloat": as_number,
    "tofloat64": as_number,
    "tofloatorzero": lambda value: as_number(value) or 0.0,
    "toint": _integer,
    "toint64": _integer,
    "tostring": as_text,
    "isnull": lambda value: value is None,
    "isnotnull": lambda value: value is not None,
    "notempty": bool,
    "empty": lambda value: not value,
    "multiif": _chosen,
    "tostartoffiveminutes": lambda value: _floor(value, timedelta(minutes=5)),
    "tostartofinterval": _floor,
    **{f"tointerval{name}": lambda n, name=name: n * unit(name) for name in
       ("second", "minute", "hour", "day", "week")},
}  # fmt: skip


def operation(node: exp.Expr) -> Operation:
    """Return what *node* does with the values of its parts; raises NotUnderstood."""
    kind = type(node)
    both: list[Any] = [node.args.get("this"), node.args.get("expression")]
    if kind in COMPARISONS:
        how = COMPARISONS[kind]
        return both, lambda a, b: compared(a, b, how)
    if kind is exp.NEQ:
        return both, lambda a, b: not compared(a, b, operator.eq)
    if kind in ARITHMETIC:
        return both, _calculated(ARITHMETIC[kind])
    if kind in SHAPES:
        return SHAPES[kind](node)
    if kind is exp.Anonymous:
        name = str(node.this).lower()
        if name in NAMED:
            return node.expressions, NAMED[name]
        raise NotUnderstood(f"Unsupported function call '{node.this}(...)'")
    raise NotUnderstood(f"the stand-in does not understand: {node.sql('clickhouse')}")


def _in(node: Any) -> Operation:  # noqa: ANN401 - sqlglot's arguments are untyped
    if node.args.get("query"):
        raise NotUnderstood("the stand-in does not understand IN with a query")
    return [node.this, *node.expressions], lambda value, *listed: any(
        compared(value, each, operator.eq) for each in listed
    )


def _interval(node: Any) -> Operation:  # noqa: ANN401 - sqlglot's arguments are untyped
    length = unit(node.unit.name)
    return [node.this], lambda count: float(count) * length


def _truncated(node: Any) -> Operation:  # noqa: ANN401 - sqlglot's arguments are untyped
    length = unit(node.unit.name)
    return [node.this], lambda value: _floor(value, length)


def _case(node: Any) -> Operation:  # noqa: ANN401 - sqlglot's arguments are untyped
    if node.this is not None:
        raise NotUnderstood("the stand-in does not understand CASE with a value")
    parts = [part for each in node.args["ifs"] for part in (each.this, each.args["true"])]
    return [*parts, node.args.get("default") or exp.Null()], _chosen


SHAPES: Mapping[type[exp.Expr], Callable[[Any], Operation]] = {
    exp.And: lambda n: ([n.left, n.right], lambda a, b: bool(a) and bool(b)),
    exp.Or: lambda n: ([n.left, n.right], lambda a, b: bool(a) or bool(b)),
    exp.Not: lambda n: ([n.this], lambda a: not a),
    exp.Paren: lambda n: ([n.this], lambda a: a),
    exp.Alias: lambda n: ([n.this], lambda a: a),
    exp.Neg: lambda n: ([n.this], lambda a: None if as_number(a) is None else -a),
    exp.Is: lambda n: ([n.this, n.expression], lambda a, b: a is b),
    exp.Between: lambda n: (
        [n.this, n.args["low"], n.args["high"]],
        lambda a, low, high: compared(a, low, operator.ge) and compared(a, high, operator.le),
    ),
    exp.In: _in,
    exp.Like: lambda n: ([n.this, n.expression], lambda a, b: like(a, b, any_case=False)),
    exp.ILike: lambda n: ([n.this, n.expression], lambda a, b: like(a, b, any_case=True)),
    exp.RegexpLike: lambda n: (
        [n.this, n.expression], lambda a, b: re.search(str(b), as_text(a) or "") is not None
    ),
    exp.Coalesce: lambda n: ([n.this, *n.expressions], _first),
    exp.If: lambda n: ([n.this, n.args["true"], n.args.get("false") or exp.Null()], _chosen),
    exp.Case: _case,
    exp.Interval: _interval,
    exp.TimestampTrunc: _truncated,
    exp.DateTrunc: _truncated,
    exp.DateDiff: lambda n: (
        [n.expression, n.this], lambda start, end: _apart(n.unit.name, start, end)
    ),
    exp.Round: lambda n: ([n.this, n.args.get("decimals") or exp.Literal.number(0)], _rounded),
    exp.Lower: lambda n: ([n.this], lambda a: None if a is None else str(a).lower()),
    exp.Upper: lambda n: ([n.this], lambda a: None if a is None else str(a).upper()),
    exp.Length: lambda n: ([n.this], lambda a: len(as_text(a) or "")),
    exp.Concat: lambda n: (n.expressions, lambda *parts: "".join(as_text(p) or "" for p in parts)),
    exp.Floor: lambda n: ([n.this], lambda a: None if as_number(a) is None else int(a // 1)),
    exp.Struct: lambda n: (n.expressions, lambda *parts: list(parts)),
}  # fmt: skip
