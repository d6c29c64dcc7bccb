from __future__ import annotations

from selftest.services.supabase.box import Box


def test_related_rows_are_found_many_to_one_one_to_many_and_through_a_junction(box: Box) -> None:
    select = "id,contact_donations(amount,campaigns(name)),organizations(name)"
    order = "contact_donations.order=amount&organizations.order=name"
    row = box.get(f"contacts?select={select}&{order}&order=id&limit=1&{WITH_GIFTS}").json()[0]
    gifts = box.sql(
        "SELECT amount::float, c.name FROM contact_donations AS d "
        "LEFT JOIN campaigns AS c ON c.id = d.campaign_id WHERE contact_id = %s ORDER BY amount",
        row["id"],
    )
    found = [
        (gift["amount"], (gift["campaigns"] or {}).get("name")) for gift in row["contact_donations"]
    ]
    assert gifts
    assert found == gifts
    names = box.sql(
        "SELECT name FROM organizations AS o JOIN organization_contacts AS j "
        "ON j.organization_id = o.id WHERE contact_id = %s ORDER BY name",
        row["id"],
    )
    assert [each["name"] for each in row["organizations"]] == [name for (name,) in names]


WITH_GIFTS = "contact_donations=not.is.null"


def test_a_related_table_can_be_filtered_by_whether_it_has_rows(box: Box) -> None:
    without = box.get(
        "contacts?select=id,contact_donations(id)&contact_donations=is.null&order=id",
        headers={"Prefer": "count=exact"},
    )
    there = "SELECT FROM contact_donations AS d WHERE d.contact_id = contacts.id"
    assert [row["id"] for row in without.json()] == box.names(f"NOT EXISTS ({there})")
    (expected,) = box.sql(f"SELECT count(*) FROM contacts WHERE NOT EXISTS ({there})")
    assert without.headers["content-range"].endswith(f"/{expected[0]}")


def test_an_inner_relation_keeps_only_rows_that_have_it(box: Box) -> None:
    query = "contacts?select=id,organizations!inner(name)&organizations.name=like.Harbor*&order=id"
    answer = box.get(query, headers={"Prefer": "count=exact"})
    expected = box.names(
        "EXISTS (SELECT FROM organization_contacts AS j JOIN organizations AS o "
        "ON o.id = j.organization_id WHERE j.contact_id = contacts.id AND o.name LIKE 'Harbor%')"
    )
    assert [row["id"] for row in answer.json()] == expected
    assert all(each["name"].startswith("Harbor") for row in answer.json()
               for each in row["organizations"])  # fmt: skip


def test_related_rows_have_their_own_filters_order_and_limit(box: Box) -> None:
    query = (
        "organizations?select=name,people:contacts(name,type)&people.type=in.(donor,board)"
        "&people.or=(state.eq.CA,state.eq.NY)&people.order=name.desc&people.limit=2&order=id"
    )
    rows = box.get(query).json()
    expected = box.sql(
        "SELECT o.name, coalesce((SELECT json_agg(x) FROM (SELECT c.name, c.type FROM contacts c "
        "JOIN organization_contacts j ON j.contact_id = c.id WHERE j.organization_id = o.id "
        "AND type IN ('donor', 'board') AND state IN ('CA', 'NY') ORDER BY name DESC LIMIT 2) x), "
        "'[]') FROM organizations o ORDER BY id"
    )
    assert [(row["name"], row["people"]) for row in rows] == expected


def test_a_to_one_relation_can_be_spread_and_sorted_by(box: Box) -> None:
    query = "organization_contacts?select=job_title,...organizations(company:name)&limit=3"
    spread = box.get(f"{query}&order=organizations(company).desc,contact_id").json()
    expected = box.sql(
        "SELECT job_title, name FROM organization_contacts JOIN organizations "
        "ON id = organization_id ORDER BY name DESC, contact_id LIMIT 3"
    )
    assert [(row["job_title"], row["company"]) for row in spread] == expected


def test_a_hint_chooses_among_several_relations(box: Box, notebook: Box) -> None:
    assert notebook is box
    box.sql("INSERT INTO notebook (label, parent) VALUES ('root', NULL), ('leaf', 1)")
    ambiguous = box.get("notebook?select=label,notebook(label)")
    assert (ambiguous.status_code, ambiguous.json()["code"]) == (300, "PGRST201")
    up = box.get("notebook?select=label,up:parent(label)&label=eq.leaf").json()
    assert up == [{"label": "leaf", "up": {"label": "root"}}]
