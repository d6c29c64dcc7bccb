from __future__ import annotations

import contextlib
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.sql import Identifier

from staging.services.supabase.catalogue import Catalogue, Relation
from staging.services.supabase.conditions import array_text, condition_sql
from staging.services.supabase.grammar import (
    Column,
    Embed,
    Field,
    Filter,
    Logic,
    Order,
    Query,
    Step,
    Window,
)
from staging.services.supabase.plan import Node, plan
from staging.services.supabase.query_string import read_query
from staging.services.supabase.refusals import Refusal
from staging.services.supabase.statements import read_sql

SIGNS = st.sampled_from(list("abz09_$ *.,:;!?()[]{}<>-'\"\\/&=%+|\n\té€🙂אب"))
HOSTILE = st.text(SIGNS, max_size=12) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)
NOTHING_KNOWN = Catalogue('{"tables": [], "keys": [], "functions": []}')


def field(name: str, *steps: Step) -> Field:
    return Field(name=name, steps=steps)


def leaf(name: str, operator: str, value: str, *, negated: bool = False) -> Filter:
    return Filter(field=field(name), operator=operator, value=value, negated=negated)


def read(*pairs: tuple[str, str]) -> Query:
    return read_query(urlencode(pairs))


def refusal(*pairs: tuple[str, str]) -> dict[str, object]:
    with pytest.raises(Refusal) as caught:
        read(*pairs)
    assert caught.value.status == 400
    return caught.value.body


def condition(name: str, value: str) -> object:
    return read((name, value)).conditions[0][1]


def sql(name: str, value: str) -> str:
    query = read((name, value))
    node = Node(alias="t", table=None, columns=())
    return condition_sql(node, query.conditions[0][1]).as_string()


def in_quotes(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("age", "eq.7", '"t"."age" = \'7\''),
        ("age", "not.gte.7", 'NOT "t"."age" >= \'7\''),
        ("name", "eq.a.b,(c)", '"t"."name" = \'a.b,(c)\''),
        ("name", "eq.O'Neill", "\"t\".\"name\" = 'O''Neill'"),
        ("name", "like.*x_y*", '"t"."name" LIKE \'%x_y%\''),
        ("name", "ilike(any).{a*,b}", '"t"."name" ILIKE ANY(\'{a%,b}\')'),
        ("age", "in.(1,2)", '"t"."age" = ANY (\'{"1","2"}\')'),
        ("age", "in.()", '"t"."age" = ANY (\'{}\')'),
        ("age", "not.in.(1)", 'NOT "t"."age" = ANY (\'{"1"}\')'),
        ("age", "is.null", '"t"."age" IS NULL'),
        ("age", "not.is.TRUE", 'NOT "t"."age" IS TRUE'),
        ("age", "isdistinct.7", '"t"."age" IS DISTINCT FROM \'7\''),
        ("tags", "cs.{a,b}", '"t"."tags" @> \'{a,b}\''),
        ("at", "adj.[1,2)", '"t"."at" -|- \'[1,2)\''),
        ("body", "fts(english).a & b", "\"t\".\"body\" @@ to_tsquery('english', 'a & b')"),
        ("body", "wfts.a b", '"t"."body" @@ websearch_to_tsquery(\'a b\')'),
        ("j->a->>0", "eq.x", "to_jsonb(\"t\".\"j\")->'a'->>'0'::int = 'x'"),
        ("or", "(a.eq.1,b.lt.2)", '("t"."a" = \'1\' OR "t"."b" < \'2\')'),
        ("not.and", "(a.eq.1,b.lt.2)", 'NOT ("t"."a" = \'1\' AND "t"."b" < \'2\')'),
        (
            "and",
            "(a.eq.1,or(b.in.(2,3),not.and(c.is.null,d.not.eq.4)))",
            (
                '("t"."a" = \'1\' AND ("t"."b" = ANY (\'{"2","3"}\') OR '
                'NOT ("t"."c" IS NULL AND NOT "t"."d" = \'4\')))'
            ),
        ),
    ],
)
def test_a_filter_becomes_sql(name: str, value: str, expected: str) -> None:
    assert sql(name, value) == expected


def test_select_is_read_with_aliases_casts_arrows_and_related_tables() -> None:
    text = "id, n:name::text,j->a->>b , org:organizations!hint!inner(*,x()),...campaigns(name)"
    arrows = (
        Step(operand="a", is_index=False, as_text=False),
        Step(operand="b", is_index=False, as_text=True),
    )
    everything = Column(field=field("*"))
    assert read(("select", text)).select == (
        Column(field=field("id")),
        Column(field=field("name"), alias="n", cast="text"),
        Column(field=field("j", *arrows)),
        Embed(
            name="organizations",
            alias="org",
            hint="hint",
            inner=True,
            items=(everything, Embed(name="x", items=())),
        ),
        Embed(name="campaigns", spread=True, items=(Column(field=field("name")),)),
    )


def test_a_path_leads_to_a_related_table() -> None:
    query = read(("a.b.or", "(x.eq.1)"), ("a.limit", "3"), ("a.offset", "2"), ("a.order", "x.desc"))
    assert query.conditions == ((("a", "b"), Logic(operator="or", terms=(leaf("x", "eq", "1"),))),)
    assert query.windows == {("a",): Window(limit=3, offset=2)}
    assert query.orders == ((("a",), (Order(field=field("x"), direction="DESC"),)),)


def test_order_is_read_with_directions_nulls_and_related_tables() -> None:
    text = "a,b.desc.nullslast,c.nullsfirst,org(name).asc"
    assert read(("order", text)).orders[0][1] == (
        Order(field=field("a")),
        Order(field=field("b"), direction="DESC", nulls="LAST"),
        Order(field=field("c"), nulls="FIRST"),
        Order(field=field("name"), relation="org", direction="ASC"),
    )


def test_what_a_function_takes_is_no_filter() -> None:
    query = read_query("a=eq.1&b=eq.1&columns=%22x%22,y&on_conflict=z", arguments={"a"})
    assert query.arguments == (("a", "eq.1"),)
    assert query.conditions == (((), leaf("b", "eq", "1")),)
    assert (query.columns, query.on_conflict) == (("x", "y"), ("z",))


def test_a_quoted_name_may_hold_reserved_signs() -> None:
    assert condition('"a.b,(c)"', "eq.1") == leaf("a.b,(c)", "eq", "1")
    assert condition("or", '("a:b".eq.1)') == Logic(operator="or", terms=(leaf("a:b", "eq", "1"),))


@pytest.mark.parametrize(
    ("name", "value", "message", "details"),
    [
        ("a", "bar", '"failed to parse filter (bar)" (line 1, column 1)', '"not" or operator'),
        (
            "a",
            "nope.1",
            '"failed to parse filter (nope.1)" (line 1, column 1)',
            '"not" or operator',
        ),
        ("a", "is.7", '"failed to parse filter (is.7)" (line 1, column 4)', "null, not_null"),
        ("a", "in.1,2", '"failed to parse filter (in.1,2)" (line 1, column 4)', '"("'),
        ("a", "eq(some).1", '"failed to parse filter (eq(some).1)" (line 1, column 1)', "operator"),
        ("or", "(a.eq.1", '"failed to parse logic tree (or(a.eq.1)" (line 1, column 10)', '")"'),
        ("or", "()", '"failed to parse logic tree (or())" (line 1, column 4)', "logic operator"),
        ("order", "a.down", '"failed to parse order (a.down)" (line 1, column 2)', '"asc", "desc"'),
        ("select", "a,(b", '"failed to parse select parameter (a,(b)" (line 1, column 3)', "field"),
        ("select", "a:b:c", '"failed to parse select parameter (a:b:c)"', ""),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    name: str, value: str, message: str, details: str
) -> None:
    found = refusal((name, value))
    assert found["code"] == "PGRST100"
    assert str(found["message"]).startswith(message)
    assert details in str(found["details"])


def test_aggregates_and_nul_characters_are_refused() -> None:
    assert refusal(("select", "count()"))["code"] == "PGRST123"
    assert refusal(("select", "amount.sum()"))["code"] == "PGRST123"
    assert refusal(("a", "eq.\0"))["code"] == "22021"


def test_a_thousand_parentheses_are_refused_and_do_not_exhaust_the_reader() -> None:
    deep = "and(" * 1000
    assert refusal(("or", f"({deep}"))["code"] == "PGRST100"
    assert refusal(("select", "a(" * 1000))["code"] == "PGRST100"


@given(values=st.lists(HOSTILE, min_size=1, max_size=4))
@example(values=['"', "\\", ",", ")", "(", "}", "'", '","', '\\"', " a "])
def test_a_quoted_list_is_read_as_it_was_meant(values: list[str]) -> None:
    text = ",".join(map(in_quotes, values))
    found = condition("a", f"in.({text})")
    assert isinstance(found, Filter)
    assert found.value == tuple(values)


@given(first=HOSTILE, second=HOSTILE, name=HOSTILE.filter(bool))
def test_a_quoted_value_in_a_tree_is_read_as_it_was_meant(
    first: str, second: str, name: str
) -> None:
    text = f"({in_quotes(name)}.eq.{in_quotes(first)},and(b.not.neq.{in_quotes(second)}))"
    inside = Logic(operator="and", terms=(leaf("b", "neq", second, negated=True),))
    assert condition("or", text) == Logic(operator="or", terms=(leaf(name, "eq", first), inside))


@given(value=HOSTILE)
def test_a_plain_value_is_taken_as_it_is(value: str) -> None:
    assert condition("a", f"eq.{value}") == leaf("a", "eq", value)


@given(
    name=st.sampled_from(["select", "order", "or", "a.and", "columns", "x"]) | HOSTILE,
    value=HOSTILE,
)
def test_whatever_comes_is_read_or_refused(name: str, value: str) -> None:
    with contextlib.suppress(Refusal):
        query = read_query(f"{quote(name)}={quote(value)}")
        root = plan(query, NOTHING_KNOWN, Relation(schema="s", name="t"), most=10)
        read_sql(root, origin=Identifier("pgrst_source")).as_string()


def test_an_array_text_keeps_quotes_and_backslashes() -> None:
    assert array_text(["a", 'say "hi"', "back\\slash", ""]) == (
        '{"a","say \\"hi\\"","back\\\\slash",""}'
    )
