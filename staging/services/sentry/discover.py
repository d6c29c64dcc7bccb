"""Figures over records: ``field=count()`` and the like, grouped by the plain fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from staging.services.quantile import quantile
from staging.services.sentry.asking import Refused
from staging.services.sentry.search import Fields

FUNCTION = re.compile(r"(\w+)\((.*)\)")
SHARE = re.compile(r"0?\.\d+|1(\.0)?|0")
PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p100": 1.0}
Figure = Callable[[Sequence[Fields]], Any]


def table(
    fields: Sequence[str], rows: Sequence[Fields], *, period_s: float
) -> list[dict[str, Any]]:
    """Return one row per group of the plain *fields*; one row of all when there are none.

    Raises:
        Refused: a function is not known.
    """
    figures = {name: _figure(name, period_s) for name in fields if FUNCTION.fullmatch(name)}
    plain = [name for name in fields if name not in figures]
    if not figures:
        return [{name: _shown(row.get(name)) for name in plain} for row in rows]
    groups: dict[tuple[Any, ...], list[Fields]] = {} if plain else {(): []}
    for row in rows:
        groups.setdefault(tuple(_shown(row.get(name)) for name in plain), []).append(row)
    return [
        dict(zip(plain, key, strict=True)) | {name: of(group) for name, of in figures.items()}
        for key, group in groups.items()
    ]


def ordered(found: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Return *found* by the field that *sort* names, ``-`` for falling; raises Refused."""
    name = sort.removeprefix("-")
    if not name:
        return found
    if found and name not in found[0]:
        known = {_as_sorted(field): field for field in found[0]}
        if name not in known:
            raise Refused(400, f"Cannot sort by a field that is not selected: {name}")
        name = known[name]
    empty_last = [each for each in found if each[name] is not None]
    rest = [each for each in found if each[name] is None]
    return sorted(empty_last, key=lambda each: each[name], reverse=sort.startswith("-")) + rest


def kinds(fields: Sequence[str]) -> dict[str, str]:
    """Return the type of each field, as ``meta.fields``."""
    return {name: _kind(name) for name in fields}


def _as_sorted(field: str) -> str:
    """Return the older way to name a function in ``sort``: ``count()`` as ``count``."""
    return re.sub(r"\W+", "_", field).strip("_")


def _kind(name: str) -> str:
    found = FUNCTION.fullmatch(name)
    function, argument = (found[1], found[2]) if found else ("", name)
    if name == "issue.id" or function.startswith(("count", "failure_count")):
        return "integer"
    if function == "failure_rate":
        return "percentage"
    if argument.partition(",")[0] == "span.duration":
        return "duration"
    if function in {"epm", "eps"}:
        return "rate"
    if name == "timestamp":
        return "date"
    return "boolean" if name == "is_transaction" else "number" if function else "string"


def _figure(name: str, period_s: float) -> Figure:
    found = FUNCTION.fullmatch(name)
    assert found is not None
    function, arguments = found[1], [each.strip() for each in found[2].split(",")]
    first = arguments[0]
    if function in PERCENTILES:
        share = PERCENTILES[function]
        return lambda rows: quantile(_figures(rows, first or "span.duration"), share)
    if function == "percentile" and SHARE.fullmatch(arguments[-1]):
        return lambda rows: quantile(_figures(rows, first), float(arguments[-1]))
    unit_s = 60 if function == "epm" else 1
    known: dict[str, Figure] = {
        "count": lambda rows: len(rows) if not first else len(_values(rows, first)),
        "count_unique": lambda rows: len(set(_values(rows, first))),
        "failure_rate": _failures(function),
        "failure_count": _failures(function),
        "epm": lambda rows: len(rows) * unit_s / period_s,
        "eps": lambda rows: len(rows) * unit_s / period_s,
        **{name: _simple(name, first) for name in ("avg", "sum", "min", "max")},
    }
    if function not in known:
        raise Refused(400, f"{function} is not a valid function")
    return known[function]


def _failures(function: str) -> Figure:
    def of(rows: Sequence[Fields]) -> float | None:
        failed = sum(bool(row.get("failed")) for row in rows)
        if function == "failure_count":
            return failed
        return failed / len(rows) if rows else None

    return of


def _simple(function: str, field: str) -> Figure:
    def of(rows: Sequence[Fields]) -> float | None:
        found = _figures(rows, field)
        if not found:
            return None
        return {"avg": sum(found) / len(found), "sum": sum(found)}.get(
            function, min(found) if function == "min" else max(found)
        )

    return of


def _values(rows: Sequence[Fields], field: str) -> list[Any]:
    return [row[field] for row in rows if row.get(field) is not None]


def _figures(rows: Sequence[Fields], field: str) -> list[float]:
    return [float(each) for each in _values(rows, field) if isinstance(each, int | float)]


def _shown(value: Any) -> Any:  # noqa: ANN401 - a field may be anything
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC).isoformat(timespec="seconds")
