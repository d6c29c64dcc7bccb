from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selftest.services.supabase.box import Box

FEW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
AWKWARD = st.text(st.sampled_from(list("aß'\"\\,.()[]{}:;*%_- \n€🙂א")), min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("type=eq.donor", "type = 'donor'"),
        ("type=neq.donor", "type <> 'donor'"),
        ("total_lifetime_giving=gt.100.50", "total_lifetime_giving > 100.50"),
        ("total_lifetime_giving=gte.100", "total_lifetime_giving >= 100"),
        ("last_gift_date=lt.2020-01-01", "last_gift_date < '2020-01-01'"),
        ("relationship_score=lte.50", "relationship_score <= 50"),
        ("name=like.*O'Brien*", "name LIKE '%O''Brien%'"),
        ("email=ilike.PERSON1*", "email ILIKE 'person1%'"),
        ("name=match.^Zo", "name ~ '^Zo'"),
        ("name=imatch.^zo", "name ~* '^zo'"),
        ("type=in.(donor,board)", "type IN ('donor', 'board')"),
        ("type=not.in.(donor,board)", "type NOT IN ('donor', 'board')"),
        ("type=in.()", "false"),
        ("donor_stage=is.null", "donor_stage IS NULL"),
        ("donor_stage=not.is.null", "donor_stage IS NOT NULL"),
        ("donor_stage=is.not_null", "donor_stage IS NOT NULL"),
        ("is_active=is.true", "is_active"),
        ("do_not_call=not.is.false", "do_not_call"),
        ("donor_stage=isdistinct.lapsed", "donor_stage IS DISTINCT FROM 'lapsed'"),
        ("name=like(any).{Jos*,Zo*}", "name LIKE 'Jos%' OR name LIKE 'Zo%'"),
        ("name=ilike(all).{*o*,*z*}", "name ILIKE '%o%' AND name ILIKE '%z%'"),
        ("type=eq(any).{donor,board}", "type IN ('donor', 'board')"),
        ("pulse_tags=cs.{vip}", "pulse_tags @> '{vip}'"),
        ("pulse_tags=cd.{vip,major}", "pulse_tags <@ '{vip,major}'"),
        ("pulse_tags=ov.{vip,major}", "pulse_tags && '{vip,major}'"),
        ("notes=fts(english).met", "notes @@ to_tsquery('english', 'met')"),
        ("notes=plfts.gala dinner", "notes @@ plainto_tsquery('gala dinner')"),
        ("or=(type.eq.board,city.eq.São Paulo)", "type = 'board' OR city = 'São Paulo'"),
        ("not.or=(type.eq.board,state.eq.CA)", "NOT (type = 'board' OR state = 'CA')"),
        (
            "and=(type.eq.donor,or(state.in.(CA,NY),not.and(is_active.is.true,notes.is.null)))",
            "type = 'donor' AND (state IN ('CA', 'NY') OR NOT (is_active AND notes IS NULL))",
        ),
        ("type=eq.donor&state=eq.CA", "type = 'donor' AND state = 'CA'"),
        ("total_lifetime_giving=gt.1&total_lifetime_giving=lt.50",
         "total_lifetime_giving > 1 AND total_lifetime_giving < 50"),
    ],
)  # fmt: skip
def test_a_filter_finds_what_sql_finds(box: Box, query: str, condition: str) -> None:
    expected = box.names(condition)
    assert expected or condition == "false", "a filter that finds nothing shows nothing"
    assert box.ids(query) == expected


@pytest.mark.parametrize(
    ("order", "same"),
    [
        ("donor_stage,id", "donor_stage, id"),
        ("donor_stage.desc,id", "donor_stage DESC, id"),
        ("donor_stage.desc.nullslast,id.desc", "donor_stage DESC NULLS LAST, id DESC"),
        ("last_gift_date.nullsfirst,id", "last_gift_date NULLS FIRST, id"),
    ],
)
def test_an_order_is_what_sql_makes_of_it(box: Box, order: str, same: str) -> None:
    found = box.get(f"contacts?select=id&order={order}&type=eq.board").json()
    assert [row["id"] for row in found] == box.names("type = 'board'", same)


@FEW
@given(value=AWKWARD)
def test_a_hostile_value_finds_what_sql_finds_for_it(box: Box, value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    tree = quote(f'(name.eq."{escaped}",name.eq."José García 1")')
    plain = box.get(f"contacts?select=id&name=neq.{quote(value)}&limit=1")
    assert plain.status_code == 200
    assert [row["name"] for row in box.get(f"contacts?select=name&or={tree}").json()] == [
        "José García 1"
    ]


@FEW
@given(name=AWKWARD)
def test_a_hostile_name_is_a_name_and_nothing_more(box: Box, name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    quoted = quote(f'"{escaped}"')
    renamed = box.get(f"contacts?select={quoted}:id&limit=1")
    assert list(renamed.json()[0]) == [name]
    assert box.get(f"contacts?{quoted}=eq.1").json()["code"] == "42703"
    assert box.get(f"contacts?order={quoted}").json()["code"] == "42703"


def test_columns_are_named_cast_and_looked_into(box: Box) -> None:
    select = "id,title:name,annual_budget::text,settings->theme,first:tags->>0,kind"
    row = box.get(f"organizations?select={select}&order=id&limit=1").json()[0]
    expected = box.sql(
        "SELECT id::text, name, annual_budget::text, settings->'theme', tags[1], kind::text "
        "FROM organizations ORDER BY id LIMIT 1"
    )[0]
    names = ("id", "title", "annual_budget", "theme", "first", "kind")
    assert tuple(row[name] for name in names) == expected
    everything = box.get("campaigns?select=*,title:name&id=eq.1").json()[0]
    assert everything["title"] == everything["name"] == "Campaign 1"


def test_counts_and_ranges_are_told(box: Box) -> None:
    exact = {"Prefer": "count=exact"}
    all_rows = box.get("campaigns?select=id", headers=exact)
    assert (all_rows.status_code, all_rows.headers["content-range"]) == (200, "0-11/12")
    part = box.get("campaigns?select=id&order=id", headers={**exact, "Range": "2-4"})
    assert (part.status_code, part.headers["content-range"]) == (206, "2-4/12")
    assert [row["id"] for row in part.json()] == [3, 4, 5]
    beyond = box.get("campaigns?select=id&offset=13", headers=exact)
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "*/12")
    assert beyond.json()["details"] == "An offset of 13 was requested, but there are only 12 rows."
    assert box.get("campaigns?select=id&limit=0", headers=exact).json() == []


def test_planned_and_estimated_counts_come_from_the_planner_where_they_may(box: Box) -> None:
    box.sql("ANALYZE contacts")
    for kind in ("planned", "estimated"):
        answer = box.get("contacts?select=id&limit=1", headers={"Prefer": f"count={kind}"})
        assert 5000 <= int(answer.headers["content-range"].partition("/")[2]) <= 5400
    few = box.get("campaigns?select=id", headers={"Prefer": "count=estimated"})
    assert few.headers["content-range"] == "0-11/12"


def test_a_head_has_the_headers_of_a_get_and_no_body(box: Box) -> None:
    answer = box.ask("HEAD", "/rest/v1/contacts?select=*", headers={"Prefer": "count=exact"})
    assert (answer.status_code, answer.content) == (206, b"")
    assert answer.headers["content-range"] == "0-999/5200"
    assert answer.headers["preference-applied"] == "count=exact"


def test_no_more_than_a_thousand_rows_are_given(box: Box) -> None:
    assert len(box.get("contacts?select=id&limit=3000").json()) == 1000


def test_a_single_object_is_one_row_or_an_error(box: Box) -> None:
    single = {"Accept": "application/vnd.pgrst.object+json"}
    one = box.get("campaigns?select=id&id=eq.1", headers=single)
    assert (one.json(), one.headers["content-type"].partition(";")[0]) == (
        {"id": 1},
        single["Accept"],
    )
    for query, rows in (("id=eq.0", 0), ("id=lt.3", 2)):
        none = box.get(f"campaigns?select=id&{query}", headers=single)
        assert (none.status_code, none.json()["code"]) == (406, "PGRST116")
        assert none.json()["details"] == f"The result contains {rows} rows"


def test_nulls_can_be_left_out(box: Box) -> None:
    form = {"Accept": "application/vnd.pgrst.array+json;nulls=stripped"}
    rows = box.get("campaigns?select=id,goal&id=in.(1,4)&order=id", headers=form).json()
    assert rows == [{"id": 1, "goal": 10000.5}, {"id": 4}]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("contact?select=id", 404, "PGRST205"),
        ("contacts?select=nope", 400, "42703"),
        ("contacts?select=id,organization(id)", 400, "PGRST200"),
        ("contacts?organizations.name=eq.x", 400, "PGRST108"),
        ("contacts?select=id,organizations(id)&organizations=eq.1", 400, "PGRST120"),
        ("contacts?select=id,organizations(name)&order=organizations(name)", 400, "PGRST118"),
        ("contacts?select=id,...organizations(name)", 400, "PGRST127"),
        ("contacts?id=eq.5", 400, "22P02"),
        ("contacts?name=like.a&limit=-1", 416, "PGRST103"),
        ("contacts?nonsense=x", 400, "PGRST100"),
        ("rpc/nope?a=1", 404, "PGRST202"),
        ("rpc/add_numbers", 404, "PGRST202"),
        ("rpc/add_numbers?a=1&z=5", 404, "PGRST202"),
    ],
)
def test_what_is_not_there_is_refused_as_postgrest_does(
    box: Box, path: str, status: int, code: str
) -> None:
    answer = box.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "details", "hint", "message"}


def test_a_near_miss_is_hinted_at(box: Box) -> None:
    table = box.get("contact?select=id").json()
    assert table["message"] == "Could not find the table 'public.contact' in the schema cache"
    assert table["hint"] == "Perhaps you meant the table 'public.contacts'"
    related = box.get("contacts?select=id,organization(id)").json()
    assert related["hint"] == "Perhaps you meant 'organizations' instead of 'organization'."


def test_a_schema_that_is_not_exposed_is_refused(box: Box) -> None:
    answer = box.get("users?select=*", headers={"Accept-Profile": "auth"}, who="service")
    assert (answer.status_code, answer.json()["code"]) == (406, "PGRST106")
    assert box.get("", who="service").json()["paths"]["/contacts"] == {}


def test_functions_are_called_with_names_and_defaults(box: Box) -> None:
    assert box.get("rpc/add_numbers?a=3").json() == 5
    answer = box.ask("POST", "/rest/v1/rpc/add_numbers", json={"a": 3, "b": 4})
    assert (answer.status_code, answer.json()) == (200, 7)
    assert box.get("rpc/three").json() == [1, 2, 3]
    nothing = box.ask("POST", "/rest/v1/rpc/forget")
    assert (nothing.status_code, nothing.content) == (204, b"")


def test_the_rows_of_a_function_can_be_filtered_and_have_relations(box: Box) -> None:
    (city,) = box.sql("SELECT city FROM contacts WHERE city <> '' GROUP BY 1 ORDER BY 1 LIMIT 1")[0]
    path = f"rpc/contacts_in?place={quote(city)}&type=eq.donor&select=id,organizations(id)&order=id"
    answer = box.get(path, headers={"Prefer": "count=exact"})
    expected = box.sql(
        "SELECT id::text FROM contacts WHERE city = %s AND type = 'donor' ORDER BY 1", city
    )
    assert [(row["id"],) for row in answer.json()] == expected[:1000]
    assert all("organizations" in row for row in answer.json())


def test_a_function_may_choose_its_error(box: Box) -> None:
    paid = box.get("rpc/pay_first")
    assert (paid.status_code, paid.json()["hint"]) == (402, "Pay")
    refused = box.ask("POST", "/rest/v1/rpc/refuse")
    assert (refused.status_code, refused.json()["details"]) == (400, "Pretty simple")


def test_a_read_may_not_write_and_no_statement_takes_for_ever(box: Box) -> None:
    assert box.get("rpc/write_quietly").status_code == 405
    assert box.ask("PUT", "/rest/v1/rpc/forget").json()["code"] == "PGRST101"
    slow = box.get("rpc/dawdle?seconds=20", who=None, timeout=30)
    assert (slow.status_code, slow.json()["code"]) == (500, "57014")


def test_a_table_made_meanwhile_is_found_and_one_dropped_is_gone(box: Box) -> None:
    assert box.get("made_meanwhile").json()["code"] == "PGRST205"
    box.sql("CREATE TABLE made_meanwhile AS SELECT 1 AS a")
    try:
        assert box.get("made_meanwhile").json() == [{"a": 1}]
    finally:
        box.sql("DROP TABLE made_meanwhile")
    assert box.get("made_meanwhile").json()["code"] == "PGRST205"
