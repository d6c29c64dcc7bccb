"""Turns a request's query string into a query."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Literal, cast
from urllib.parse import parse_qsl

from staging.services.supabase.grammar import (
    Column,
    Condition,
    Embed,
    Field,
    Filter,
    Logic,
    Order,
    Path,
    Query,
    SelectItem,
    Window,
)
from staging.services.supabase.operators import OPERATORS, QUANTIFIED, SEARCHES, TRUTHS
from staging.services.supabase.reader import Reader, read_all
from staging.services.supabase.refusals import Refusal

WORDS = frozenset({"select", "columns", "on_conflict", "apikey"})
"""Parameters that are no filters; the gateway's key may travel as one."""
PREFIXES = ("not", "is", "in")
AGGREGATES = frozenset({"sum", "avg", "min", "max", "count"})
"""Known to PostgREST, and closed in every new project of Supabase."""


def read_query(text: str, *, arguments: Container[str] | None = None) -> Query:
    """Return the query that *text* holds.

    For a function, parameters named in *arguments* and all that are no filter go to it.

    Raises:
        Refusal: PGRST100, or 22021 for a NUL character.
    """
    given = parse_qsl(text, keep_blank_values=True, errors="replace")
    if any("\0" in part for pair in given for part in pair):
        raise Refusal(400, "22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    words = {name: value for name, value in given if name in WORDS}
    rest = [pair for pair in given if pair[0] not in WORDS]
    called = [pair for pair in rest if arguments is not None and _is_argument(pair, arguments)]
    others = [pair for pair in rest if pair not in called]
    conditions: list[tuple[Path, Condition]] = []
    orders: list[tuple[Path, tuple[Order, ...]]] = []
    for name, value in others:
        kind = name.rpartition(".")[2]
        if kind in {"and", "or"}:
            conditions.append(_logic(name, value))
        elif kind == "order":
            orders.append((_path(name), read_all(value, "order", _orders)))
        elif kind not in {"limit", "offset"}:
            conditions.append(_filter(name, value))
    return Query(
        select=read_all(words.get("select") or "*", "select parameter", _select),
        conditions=tuple(conditions),
        orders=tuple(orders),
        windows=_windows(others),
        columns=_names("columns", words.get("columns")),
        on_conflict=_names("on_conflict", words.get("on_conflict")),
        arguments=tuple(called),
    )


def _is_argument(pair: tuple[str, str], arguments: Container[str]) -> bool:
    name, value = pair
    if name in arguments:
        return True
    if "." in name or name in {"and", "or", "order", "limit", "offset"}:
        return False
    return re.split(r"[.(]", value, maxsplit=1)[0] not in {*OPERATORS, *SEARCHES, *PREFIXES}


def _names(what: str, text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return read_all(text, f"{what} parameter", lambda reader: reader.listed(reader.name))


def _dotted(reader: Reader) -> tuple[list[str], Field]:
    names = [reader.name()]
    while reader.try_take("."):
        names.append(reader.name())
    return names[:-1], Field(name=names[-1], steps=reader.steps())


def _path(name: str) -> Path:
    path, _ = read_all(name, "tree path", _dotted)
    return tuple(path)


def _windows(given: Iterable[tuple[str, str]]) -> dict[Path, Window]:
    """Return limits and offsets by path; what is no number is none, as in PostgREST."""
    found: dict[Path, Window] = {}
    for name, value in given:
        kind = name.rpartition(".")[2]
        if kind not in {"limit", "offset"}:
            continue
        try:
            number = int(value)
        except ValueError:
            continue
        path = _path(name)
        old = found.get(path, Window())
        limit = number if kind == "limit" else old.limit
        found[path] = Window(limit=limit, offset=number if kind == "offset" else old.offset)
    return found


def _filter(name: str, value: str) -> tuple[Path, Filter]:
    path, field = read_all(name, "tree path", _dotted)
    found = read_all(value, "filter", lambda reader: _operation(reader, field, inside=False))
    return tuple(path), found


def _logic(name: str, value: str) -> tuple[Path, Condition]:
    names, last = read_all(name, "logic path", _dotted)
    path = tuple(each for each in names if each != "not")
    operator = "not." * ("not" in names) + last.name
    return path, read_all(operator + value, "logic tree", _tree)


def _tree(reader: Reader) -> Condition:
    found = reader.attempt(lambda: _leaf(reader))
    if found is not None:
        return found
    negated = reader.try_take("not.")
    for operator in ("and", "or"):
        if reader.try_take(operator):
            terms = reader.nested(lambda: reader.listed(lambda: _term(reader)))
            return Logic(operator=operator, terms=terms, negated=negated)
    raise reader.fail("logic operator (and, or)")


def _term(reader: Reader) -> Condition:
    reader.spaces()
    return _tree(reader)


def _leaf(reader: Reader) -> Filter:
    field = reader.field()
    reader.take(".")
    return _operation(reader, field, inside=True)


def _operation(reader: Reader, field: Field, *, inside: bool) -> Filter:
    """Return the operator and value; *inside* a logic tree a value ends at ``,`` or ``)``."""
    negated = reader.try_take("not.")
    if reader.try_take("in."):
        elements = reader.nested(lambda: _elements(reader))
        return Filter(field=field, operator="in", value=elements, negated=negated)
    if reader.try_take("is."):
        for truth in TRUTHS:
            if reader.rest[: len(truth)].lower() == truth:
                reader.at += len(truth)
                return Filter(field=field, operator="is", value=truth, negated=negated)
        raise reader.fail("isVal: (null, not_null, true, false, unknown)")
    start = reader.at
    operator = reader.until(".(,)" if inside else ".(")
    option = None
    if operator in {*OPERATORS, *SEARCHES} and reader.try_take("("):
        option = reader.identifier()
        reader.take(")")
    known = operator in SEARCHES or operator in (QUANTIFIED if option else OPERATORS)
    if not known or (option and operator in QUANTIFIED and option not in {"any", "all"}):
        reader.at = start
        raise reader.fail('"not" or operator (eq, gt, ...)')
    reader.take(".")
    value = _inner_value(reader) if inside else reader.until("")
    if operator in SEARCHES:
        return Filter(field=field, operator=operator, value=value, negated=negated, language=option)
    quantifier = cast("Literal['any', 'all'] | None", option)
    return Filter(
        field=field, operator=operator, value=value, negated=negated, quantifier=quantifier
    )


def _elements(reader: Reader) -> tuple[str, ...]:
    found = [reader.element()]
    while reader.try_take(","):
        found.append(reader.element())
    return tuple(found)


def _inner_value(reader: Reader) -> str:
    def array() -> str:
        reader.take("{")
        inside = reader.until("{}")
        reader.take("}")
        return "{" + inside + "}"

    value = reader.attempt(array) if reader.rest.startswith("{") else None
    return reader.element() if value is None else value


def _orders(reader: Reader) -> tuple[Order, ...]:
    return reader.listed(lambda: _order(reader))


def _order(reader: Reader) -> Order:
    relation = None
    field = reader.field()
    if not field.steps and reader.rest.startswith("("):
        relation = field.name
        field = reader.nested(reader.field)
    direction: Literal["ASC", "DESC"] | None = None
    nulls: Literal["FIRST", "LAST"] | None = None
    if reader.try_take(".asc"):
        direction = "ASC"
    elif reader.try_take(".desc"):
        direction = "DESC"
    if reader.try_take(".nullsfirst"):
        nulls = "FIRST"
    elif reader.try_take(".nullslast"):
        nulls = "LAST"
    reader.spaces()
    if reader.rest and not reader.rest.startswith(","):
        raise reader.fail('"asc", "desc", "nullsfirst" or "nullslast"')
    return Order(field=field, relation=relation, direction=direction, nulls=nulls)


def _select(reader: Reader) -> tuple[SelectItem, ...]:
    return reader.listed(lambda: _selected(reader))


def _selected(reader: Reader) -> SelectItem:
    reader.spaces()
    embed = reader.attempt(lambda: _embed_head(reader))
    if embed is None:
        return _column(reader)
    items = reader.nested(lambda: () if reader.rest.startswith(")") else _select(reader))
    if embed.name in AGGREGATES and not items:
        raise _no_aggregates()
    reader.spaces()
    return replace(embed, items=items)


def _embed_head(reader: Reader) -> Embed:
    spread = reader.try_take("...")
    alias = None if spread else reader.attempt(lambda: _alias(reader))
    name = reader.name()
    hint: str | None = None
    inner = False
    while reader.try_take("!"):
        word = reader.name()
        if word == "inner":
            inner = True
        elif word != "left":
            hint = word
    if not reader.rest.startswith("("):
        raise reader.fail('"("')
    return Embed(name=name, items=(), alias=alias, hint=hint, inner=inner, spread=spread)


def _alias(reader: Reader) -> str:
    name = reader.name()
    reader.take(":")
    if reader.rest.startswith(":"):
        raise reader.fail("field name (* or [a..z0..9_$])")
    return name


def _column(reader: Reader) -> Column:
    if reader.try_take("*"):
        return Column(field=Field(name="*"))
    alias = reader.attempt(lambda: _alias(reader))
    field = reader.field()
    if reader.try_take(".") and reader.identifier() in AGGREGATES:
        raise _no_aggregates()
    cast_to = reader.identifier() if reader.try_take("::") else None
    reader.spaces()
    if reader.rest and reader.rest[0] not in ",)":
        raise reader.fail('",", ")" or end of input')
    return Column(field=field, alias=alias, cast=cast_to)


def _no_aggregates() -> Refusal:
    return Refusal(400, "PGRST123", "Use of aggregate functions is not allowed")
