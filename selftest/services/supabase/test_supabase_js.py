from __future__ import annotations

from typing import Any

from selftest.services.supabase.box import Box, Chain, SupabaseJs

CONTACTS = ["from", "contacts"]


def ids(result: dict[str, Any]) -> list[str]:
    assert result["error"] is None, result
    return [row["id"] for row in result["data"]]


def test_filters_of_the_client_find_what_sql_finds(supabase_js: SupabaseJs, box: Box) -> None:
    cases: list[tuple[Chain, str]] = [
        ([["eq", "type", "donor"]], "type = 'donor'"),
        ([["neq", "type", "donor"]], "type <> 'donor'"),
        ([["gt", "relationship_score", 50]], "relationship_score > 50"),
        ([["gte", "total_lifetime_giving", 99.5]], "total_lifetime_giving >= 99.5"),
        ([["lt", "last_gift_date", "2020-01-01"]], "last_gift_date < '2020-01-01'"),
        ([["lte", "zip_code", "00100"]], "zip_code <= '00100'"),
        ([["like", "name", "%O'Brien%"]], "name LIKE '%O''Brien%'"),
        ([["ilike", "name", "%garcía 1%"]], "name ILIKE '%garcía 1%'"),
        ([["likeAnyOf", "name", ["Jos%", "Zo%"]]], "name LIKE 'Jos%' OR name LIKE 'Zo%'"),
        ([["in", "type", ["donor", "board"]]], "type IN ('donor', 'board')"),
        ([["in", "name", ["José García 1", 'a,"b)(']]], "name = 'José García 1'"),
        ([["is", "donor_stage", None]], "donor_stage IS NULL"),
        ([["is", "is_active", True]], "is_active"),
        ([["not", "donor_stage", "is", None]], "donor_stage IS NOT NULL"),
        ([["not", "type", "in", "(donor,board)"]], "type NOT IN ('donor', 'board')"),
        ([["or", "type.eq.board,and(state.eq.CA,type.eq.donor)"]],
         "type = 'board' OR (state = 'CA' AND type = 'donor')"),
        ([["match", {"type": "donor", "state": "CA"}]], "type = 'donor' AND state = 'CA'"),
        ([["filter", "type", "eq", "board"]], "type = 'board'"),
        ([["contains", "pulse_tags", ["vip"]]], "pulse_tags @> '{vip}'"),
        ([["overlaps", "pulse_tags", ["vip", "major"]]], "pulse_tags && '{vip,major}'"),
        ([["textSearch", "notes", "met", {"type": "plain"}]], "notes @@ plainto_tsquery('met')"),
    ]  # fmt: skip
    chains = [[CONTACTS, ["select", "id"], *chain, ["order", "id"]] for chain, _ in cases]
    for (chain, condition), result in zip(cases, supabase_js.run(*chains), strict=True):
        assert ids(result) == box.names(condition) != [], chain


def test_pages_counts_and_orders_of_the_client(supabase_js: SupabaseJs, box: Box) -> None:
    order: list[list[Any]] = [
        ["order", "donor_stage", {"ascending": False, "nullsFirst": False}],
        ["order", "id"],
    ]
    page, planned, head, single, none, several, beyond = supabase_js.run(
        [CONTACTS, ["select", "id", {"count": "exact"}], *order, ["range", 50, 99]],
        [CONTACTS, ["select", "id", {"count": "planned"}], ["limit", 1]],
        [CONTACTS, ["select", "*", {"count": "exact", "head": True}], ["eq", "type", "board"]],
        [["from", "campaigns"], ["select", "name"], ["eq", "id", 1], ["single"]],
        [["from", "campaigns"], ["select", "name"], ["eq", "id", 0], ["maybeSingle"]],
        [["from", "campaigns"], ["select", "name"], ["lt", "id", 3], ["single"]],
        [["from", "campaigns"], ["select", "name", {"count": "exact"}], ["range", 90, 99]],
    )
    sorted_ids = box.names("true", "donor_stage DESC NULLS LAST, id")
    assert (ids(page), page["count"], page["status"]) == (sorted_ids[50:100], 5200, 206)
    assert planned["count"] > 0
    ((boards,),) = box.sql("SELECT count(*) FROM contacts WHERE type = 'board'")
    assert (head["count"], head["data"]) == (boards, None)
    assert single["data"] == {"name": "Campaign 1"}
    assert (none["data"], none["error"]) == (None, None)
    assert several["error"]["code"] == "PGRST116"
    assert (beyond["error"]["code"], beyond["status"]) == ("PGRST103", 416)


def test_related_rows_of_the_client(supabase_js: SupabaseJs, box: Box) -> None:
    select = "id, name, companies:organizations!inner ( name ), contact_donations ( count )"
    (result,) = supabase_js.run(
        [
            CONTACTS,
            ["select", select],
            ["ilike", "companies.name", "harbor%"],
            ["order", "name", {"referencedTable": "companies"}],
            ["limit", 1, {"referencedTable": "companies"}],
            ["order", "id"],
            ["limit", 5],
        ]
    )
    expected = box.sql(
        "SELECT c.id::text, min(o.name), (SELECT count(*) FROM contact_donations d "
        "WHERE d.contact_id = c.id) FROM contacts c JOIN organization_contacts j "
        "ON j.contact_id = c.id JOIN organizations o ON o.id = j.organization_id "
        "WHERE o.name ILIKE 'harbor%' GROUP BY c.id ORDER BY c.id LIMIT 5"
    )
    assert expected == [
        (row["id"], row["companies"][0]["name"], row["contact_donations"][0]["count"])
        for row in result["data"]
    ]


def test_changes_by_the_client(supabase_js: SupabaseJs, notebook: Box) -> None:
    table = ["from", "notebook"]
    rows = [{"label": "a", "note": "1"}, {"label": "b"}]
    two = [{"label": "a", "note": "2"}, {"label": "c", "note": "2"}]
    added, silent, upserted, changed, refused, deleted = supabase_js.run(
        [table, ["insert", rows, {"defaultToNull": False}], ["select", "label,note"]],
        [table, ["insert", {"label": "d"}]],
        [table, ["upsert", two, {"onConflict": "label"}], ["select", "label,note"]],
        [table, ["update", {"weight": 5}], ["in", "label", ["a", "b"]], ["select", "label"]],
        [table, ["insert", {"label": "a"}]],
        [table, ["delete", {"count": "exact"}], ["neq", "label", "a"]],
    )
    assert added["data"] == [{"label": "a", "note": "1"}, {"label": "b", "note": "none yet"}]
    assert (silent["data"], silent["status"]) == (None, 201)
    assert upserted["data"] == two
    assert sorted(row["label"] for row in changed["data"]) == ["a", "b"]
    assert (refused["error"]["code"], refused["status"]) == ("23505", 409)
    assert (deleted["count"], deleted["status"]) == (3, 204)
    assert notebook.sql("SELECT label, note, weight FROM notebook") == [("a", "2", 5)]


def test_functions_by_the_client(supabase_js: SupabaseJs) -> None:
    posted, read, rows, nothing = supabase_js.run(
        [["rpc", "add_numbers", {"a": 1, "b": 2}]],
        [["rpc", "add_numbers", {"a": 1}, {"get": True}]],
        [["rpc", "contacts_in", {"place": "nowhere"}], ["select", "id"], ["eq", "type", "donor"]],
        [["rpc", "forget"]],
    )
    assert (posted["data"], read["data"], rows["data"]) == (3, 3, [])
    assert (nothing["data"], nothing["error"]) == (None, None)


def test_a_session_of_the_client(supabase_js: SupabaseJs) -> None:
    wrong = {"email": "admin@example.org", "password": "wrong"}
    right = {"email": "admin@example.org", "password": "the admin's password"}
    before, refused, opened, user, refreshed, seen, closed, after = supabase_js.run(
        [CONTACTS, ["select", "id"], ["limit", 1]],
        [["auth.signInWithPassword", wrong]],
        [["auth.signInWithPassword", right]],
        [["auth.getUser"]],
        [["auth.refreshSession"]],
        [["from", "staff_members"], ["select", "role"], ["single"]],
        [["auth.signOut"]],
        [CONTACTS, ["select", "id"], ["limit", 1]],
        who=None,
    )
    assert before["data"] == after["data"] == []
    assert refused["error"]["code"] == "invalid_credentials"
    assert refused["error"]["message"] == "Invalid login credentials"
    assert opened["data"]["user"]["email"] == user["data"]["user"]["email"] == "admin@example.org"
    old, new = (each["data"]["session"]["refresh_token"] for each in (opened, refreshed))
    assert old != new
    assert seen["data"] == {"role": "admin"}
    assert closed["error"] is None
