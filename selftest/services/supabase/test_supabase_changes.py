from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from selftest.services.supabase.box import Box

SHOWN = "return=representation"
Change = Callable[..., httpx.Response]


@pytest.fixture
def change(notebook: Box) -> Change:
    def send(
        method: str,
        query: str,
        body: object = None,
        *,
        prefer: str = SHOWN,
        headers: Mapping[str, str] | None = None,
        who: str = "member",
    ) -> httpx.Response:
        sent = {"Prefer": prefer, **(headers or {})}
        path = f"/rest/v1/notebook?{query}"
        return notebook.ask(method, path, json=body, headers=sent, who=who)

    return send


def labels(box: Box) -> list[Any]:
    return [row[0] for row in box.sql("SELECT label FROM notebook ORDER BY id")]


def test_rows_are_added_and_shown_as_selected(change: Change, notebook: Box) -> None:
    rows = [{"label": "a", "details": {"k": [1, "é"]}}, {"label": "b", "details": None}]
    answer = change("POST", "select=id,label,details->k&order=id.desc", rows)
    assert (answer.status_code, answer.headers["content-range"]) == (201, "*/*")
    assert answer.json() == [
        {"id": 2, "label": "b", "k": None},
        {"id": 1, "label": "a", "k": [1, "é"]},
    ]
    assert answer.headers["preference-applied"] == SHOWN
    assert labels(notebook) == ["a", "b"]


def test_without_a_wish_nothing_is_shown(change: Change, notebook: Box) -> None:
    answer = change("POST", "", {"label": "a"}, prefer="return=minimal,count=exact")
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["content-range"] == "*/1"
    assert change("POST", "", {}, prefer="").status_code == 201
    assert change("POST", "", [], prefer="").status_code == 201
    assert labels(notebook) == ["a", None]


def test_a_missing_member_is_null_or_by_wish_the_default(change: Change) -> None:
    rows: list[dict[str, Any]] = [{"label": "a", "note": "said"}, {"label": "b", "weight": 1}]
    columns = 'columns="label","note","weight"&select=note,weight'
    assert change("POST", columns, rows).json() == [
        {"note": "said", "weight": None},
        {"note": None, "weight": 1},
    ]
    again = [{**row, "label": row["label"] + "2"} for row in rows]
    assert change("POST", columns, again, prefer=f"{SHOWN},missing=default").json() == [
        {"note": "said", "weight": 7},
        {"note": "none yet", "weight": 1},
    ]
    single = change("POST", columns, {"label": "c"}, prefer=f"{SHOWN},missing=default").json()
    assert single == [{"note": "none yet", "weight": 7}]


def test_an_upsert_adds_changes_or_leaves(change: Change, notebook: Box) -> None:
    merge, ignore = f"{SHOWN},resolution=merge-duplicates", f"{SHOWN},resolution=ignore-duplicates"
    first = change("POST", "on_conflict=label", [{"label": "a", "note": "1"}], prefer=merge)
    assert first.status_code == 201
    both = [{"label": "a", "note": "2"}, {"label": "b", "note": "2"}]
    mixed = change("POST", "on_conflict=label&select=label,note", both, prefer=merge)
    assert (mixed.status_code, mixed.json()) == (201, both)
    assert change("POST", "on_conflict=label", both, prefer=merge).status_code == 200
    left = change("POST", "on_conflict=label", [{"label": "a", "note": "3"}], prefer=ignore)
    assert left.json() == []
    by_key = change("POST", "select=id,note", {"id": 1, "note": "4"}, prefer=merge)
    assert (by_key.status_code, by_key.json()) == (200, [{"id": 1, "note": "4"}])
    assert notebook.sql("SELECT label, note FROM notebook ORDER BY 1") == [("a", "4"), ("b", "2")]


def test_rows_are_changed_where_the_filter_says(change: Change, notebook: Box) -> None:
    notebook.sql("INSERT INTO notebook (label) VALUES ('a'), ('b'), ('c')")
    answer = change("PATCH", "label=in.(a,c)&select=label&order=label", {"note": "new"})
    assert (answer.status_code, answer.headers["content-range"]) == (200, "0-1/*")
    assert answer.json() == [{"label": "a"}, {"label": "c"}]
    silent = change("PATCH", "label=eq.b", {"weight": 3}, prefer="count=exact")
    assert (silent.status_code, silent.headers["content-range"]) == (204, "0-0/1")
    assert change("PATCH", "label=eq.z", {"weight": 3}).json() == []
    assert change("PATCH", "label=eq.a", {}).json() == []
    assert notebook.sql("SELECT note, weight FROM notebook ORDER BY label") == [
        ("new", 7),
        ("none yet", 3),
        ("new", 7),
    ]


def test_rows_are_deleted_where_the_filter_says(change: Change, notebook: Box) -> None:
    notebook.sql("INSERT INTO notebook (label) VALUES ('a'), ('b'), ('c')")
    shown = change("DELETE", "or=(label.eq.a,label.eq.b)&select=label&order=label.desc")
    assert (shown.status_code, shown.json()) == (200, [{"label": "b"}, {"label": "a"}])
    silent = change("DELETE", "label=eq.c", prefer="count=exact")
    assert (silent.status_code, silent.headers["content-range"]) == (204, "*/1")
    assert labels(notebook) == []


def test_a_changed_row_is_shown_with_its_relations(change: Change, notebook: Box) -> None:
    notebook.sql("INSERT INTO notebook (label) VALUES ('root')")
    answer = change("POST", "select=label,up:parent(label)", {"label": "leaf", "parent": 1})
    assert answer.json() == [{"label": "leaf", "up": {"label": "root"}}]


def test_no_filter_no_change(change: Change, notebook: Box) -> None:
    notebook.sql("INSERT INTO notebook (label) VALUES ('a')")
    for method, body in (("PATCH", {"note": "x"}), ("DELETE", None)):
        answer = change(method, "", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "21000")
    assert change("PUT", "id=eq.1", {"id": 1}).json()["code"] == "PGRST117"
    assert labels(notebook) == ["a"]


def test_too_many_or_not_one_are_taken_back(change: Change, notebook: Box) -> None:
    notebook.sql("INSERT INTO notebook (label) VALUES ('a'), ('b')")
    single = {"Accept": "application/vnd.pgrst.object+json"}
    two = change("DELETE", "id=lt.9", headers=single)
    assert (two.status_code, two.json()["code"]) == (406, "PGRST116")
    strict = change("DELETE", "id=lt.9", prefer="handling=strict,max-affected=1")
    assert (strict.status_code, strict.json()["code"]) == (400, "PGRST124")
    assert labels(notebook) == ["a", "b"]
    one = change("PATCH", "id=eq.1", {"note": "x"}, headers=single)
    assert one.json()["note"] == "x"


def test_row_security_holds_for_writes(change: Change, notebook: Box) -> None:
    someone = "00000000-0000-0000-0000-000000000001"
    foreign = change("POST", "", {"label": "a", "author": someone})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "42501")
    notebook.sql(f"INSERT INTO notebook (label, author) VALUES ('theirs', '{someone}')")
    assert change("PATCH", "label=eq.theirs", {"note": "mine"}).json() == []
    assert change("DELETE", "label=eq.theirs").json() == []
    assert change("DELETE", "label=eq.theirs", who="service").json()[0]["label"] == "theirs"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"label": "taken"}, 409, "23505"),
        ({"parent": 99}, 409, "23503"),
        ({"id": None}, 400, "23502"),
        ({"weight": "heavy"}, 400, "22P02"),
        ({"nope": 1}, 400, "PGRST204"),
        ([1, 2], 400, "PGRST102"),
        ([{"label": "a"}, {"note": "b"}], 400, "PGRST102"),
    ],
)
def test_a_bad_row_is_refused_as_postgrest_does(
    change: Change, notebook: Box, body: object, status: int, code: str
) -> None:
    notebook.sql("INSERT INTO notebook (label) VALUES ('taken')")
    answer = change("POST", "", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert labels(notebook) == ["taken"]


def test_a_body_of_another_kind_is_refused(notebook: Box) -> None:
    answer = notebook.ask(
        "POST", "/rest/v1/notebook", content="label\na", headers={"Content-Type": "text/csv"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "PGRST107")


def test_a_column_of_a_new_type_is_written_by_its_new_type(change: Change, notebook: Box) -> None:
    assert change("POST", "select=weight", {"weight": 1}).json() == [{"weight": 1}]
    notebook.sql("ALTER TABLE notebook ALTER weight TYPE text, ADD COLUMN colour text")
    try:
        added = change("POST", "select=weight,colour", {"weight": "w", "colour": "red"})
        assert added.json() == [{"weight": "w", "colour": "red"}]
    finally:
        notebook.sql("TRUNCATE notebook")
        notebook.sql(
            "ALTER TABLE notebook DROP colour, ALTER weight DROP DEFAULT, "
            "ALTER weight TYPE int USING weight::int, ALTER weight SET DEFAULT 7"
        )
