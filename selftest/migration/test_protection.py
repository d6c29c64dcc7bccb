from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gonogo.probes.database.reference import Declared
from gonogo.probes.database.schema_objects import Attributes, SchemaSnapshot
from gonogo.probes.migration.objects import objects_of
from gonogo.probes.migration.protection import (
    functions_to_be_closed,
    relations_to_be_closed,
    views_with_owners_rights,
)

TABLE: Attributes = {"row_security": True, "force_row_security": False}
VIEW: Attributes = {"security_invoker": True, "materialized": False}
POLICY: Attributes = {
    "command": "SELECT",
    "permissive": True,
    "roles": ["authenticated"],
    "using": "true",
    "check": None,
}
BEFORE: Mapping[str, Mapping[str, Attributes]] = {
    "table": {"public.people": TABLE, "public.gifts": TABLE},
    "view": {"public.directory": VIEW},
    "policy": {"public.people.read": POLICY},
    "column": {"public.people.email": {"grants": None}},
    "grant": {"table public.gifts to anon": {"privileges": ["SELECT"]}},
}


def snapshot(**kinds: Mapping[str, Attributes]) -> SchemaSnapshot:
    """BEFORE, with what is given added to it or put in its place."""
    return SchemaSnapshot(
        objects={
            kind: {**BEFORE.get(kind, {}), **kinds.get(kind, {})} for kind in {*BEFORE, *kinds}
        },
        server_major=18,
    )


def declared(**kinds: Mapping[str, Attributes]) -> tuple[Declared, ...]:
    objects = SchemaSnapshot(objects=kinds, server_major=18)
    return (Declared(number="001", path=Path("001.sql"), sha256="", objects=objects),)


def test_what_was_there_and_is_as_before_is_not_ours() -> None:
    assert relations_to_be_closed(declared(), snapshot(), snapshot()) == []


def test_what_is_new_or_declared_is_ours() -> None:
    after = snapshot(table={"public.copy_20260125_120000": TABLE}, view={"public.new": VIEW})
    files = declared(table={"public.gifts": TABLE, "public.copy_20260101_000000": TABLE})
    assert relations_to_be_closed(files, snapshot(), after) == [
        "public.gifts",
        "public.copy_20260125_120000",
        "public.new",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "attributes", "relation"),
    [
        ("table", "public.people", {**TABLE, "row_security": False}, "public.people"),
        ("view", "public.directory", {**VIEW, "security_invoker": False}, "public.directory"),
        ("policy", "public.people.read", {**POLICY, "roles": ["anon"]}, "public.people"),
        ("policy", "public.gifts.all", POLICY, "public.gifts"),
        ("column", "public.people.email", {"grants": ["SELECT to anon"]}, "public.people"),
        ("grant", "table public.gifts to anon", {"privileges": ["ALL"]}, "public.gifts"),
        ("grant", "view public.directory to anon", {"privileges": ["ALL"]}, "public.directory"),
    ],
)
def test_what_has_another_protection_than_before_is_ours(
    kind: str, name: str, attributes: Attributes, relation: str
) -> None:
    after = snapshot(**{kind: {name: attributes}})
    assert relations_to_be_closed(declared(), snapshot(), after) == [relation]


def test_views_without_security_invoker_are_named() -> None:
    after = snapshot(
        view={
            "public.a": {**VIEW, "security_invoker": False},
            "public.b": {**VIEW, "security_invoker": False, "materialized": True},
            "public.elsewhere": {**VIEW, "security_invoker": False},
        }
    )
    older = {"public.elsewhere": {**VIEW, "security_invoker": False}}
    assert views_with_owners_rights(declared(), snapshot(view=older), after) == ["public.a"]


def test_what_its_owner_may_do_says_nothing_of_a_relation() -> None:
    before = snapshot(
        table={"public.people": {**TABLE, "owner": "restorer"}},
        grant={"table public.people to restorer": {"privileges": ["ALL"]}},
    )
    after = snapshot(
        table={"public.people": {**TABLE, "owner": "postgres"}},
        grant={"table public.people to postgres": {"privileges": ["ALL"]}},
    )
    assert relations_to_be_closed(declared(), before, after) == []
    assert relations_to_be_closed(declared(), after, before) == []


FUNCTION: Attributes = {"definition": "SELECT 1", "owner": "postgres"}
OLDER = {"public.f(integer)": FUNCTION, "public.g()": FUNCTION}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"function": {"public.h()": FUNCTION}}, ["public.h()"]),
        ({"function": {"public.g()": {**FUNCTION, "definition": "2"}}}, ["public.g()"]),
        ({"function": {"public.g()": {**FUNCTION, "owner": "somebody"}}}, []),
        (
            {"grant": {"function public.f(integer) to anon": {"privileges": ["EXECUTE"]}}},
            ["public.f(integer)"],
        ),
        ({"grant": {"function public.g() to postgres": {"privileges": ["EXECUTE"]}}}, []),
    ],
)
def test_functions_that_are_new_changed_or_granted_are_ours(
    change: Mapping[str, Mapping[str, Attributes]], found: list[str]
) -> None:
    after = {**change, "function": {**OLDER, **change.get("function", {})}}
    assert functions_to_be_closed(snapshot(function=OLDER), snapshot(**after)) == found


def test_a_missing_grant_is_seen_where_the_versions_are_the_same() -> None:
    files = declared(grant={"table public.gifts to authenticated": {"privileges": ["SELECT"]}})
    assert not objects_of(files, snapshot()).equal
    older = SchemaSnapshot(objects=snapshot().objects, server_major=15)
    assert objects_of(files, older).checked == 0
