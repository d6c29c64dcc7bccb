from __future__ import annotations

from collections.abc import Callable

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.clones import create_database
from gonogo.probes.database.connection import Connection, connect_admin
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.schema import (
    SchemaSnapshot,
    compare,
    compare_exactly,
    new_objects,
    snapshot,
)
from gonogo.probes.database.server import EmbeddedServer
from selftest.database.rich_schema import RICH, changed


def test_new_objects_are_those_that_came_or_changed(
    rich: Connection, whole: SchemaSnapshot
) -> None:
    after = changed(rich, "ALTER TABLE a ADD z int; ALTER TABLE a ALTER score SET DEFAULT 3")
    new = new_objects(whole, after)
    assert set(new.of("column")) == {"public.a.z", "public.a.score"}
    assert new.count() == 2
    assert new.count(["table"]) == 0


def test_a_declared_object_that_is_missing_or_different_is_a_difference(
    rich: Connection, whole: SchemaSnapshot
) -> None:
    observed = changed(
        rich,
        "DROP INDEX a_name; ALTER TABLE a ALTER score TYPE bigint, DISABLE TRIGGER touched; "
        "CREATE TABLE extra (x int)",
    )
    comparison = compare(whole, observed)
    assert {str(each) for each in comparison.differences} == {
        (
            "index public.a_name: expected CREATE INDEX a_name ON public.a USING btree (name) "
            "WHERE (score > 5), found none"
        ),
        "column public.a.score: type: expected integer, found bigint",
        "trigger public.a.touched: enabled: expected enabled, found disabled",
    }
    assert "IF NOT EXISTS" in comparison.do
    columns = compare(whole, observed, kinds=["column"])
    assert columns.subject == "columns"
    assert columns.checked == len(whole.of("column"))
    assert len(columns.differences) == 1


def test_nothing_declared_is_nothing_checked(whole: SchemaSnapshot) -> None:
    comparison = compare(SchemaSnapshot(), whole, kinds=["index", "policy", "statistics"])
    assert comparison.checked == 0
    assert not comparison.equal
    assert comparison.subject == "indexes, policies, statistics"


def test_an_object_left_over_or_lost_is_a_difference_of_an_exact_comparison(
    rich: Connection, whole: SchemaSnapshot
) -> None:
    after = changed(rich, "CREATE SEQUENCE extra; DROP STATISTICS a_stats")
    subjects = {each.subject: each.found for each in compare_exactly(whole, after).differences}
    assert subjects["sequence public.extra"] == "a sequence, left over"
    assert subjects["statistics public.a_stats"] == "it is gone"


def test_a_name_with_a_timestamp_is_compared_by_presence_and_row_security_only(
    rich: Connection,
) -> None:
    stamp = "CREATE TABLE copy_{} ({} int PRIMARY KEY)"
    declared = changed(rich, stamp.format("20260125_120000", "one"))
    observed = changed(rich, stamp.format("20270125_130001", "two"))
    assert compare(declared, observed).equal
    missing = compare(declared, snapshot(rich, schemas=["public"]))
    assert [each.subject for each in missing.differences] == ["table public.copy_<timestamp>"]
    secured = changed(
        rich,
        stamp.format("20260125_120000", "one")
        + "; ALTER TABLE copy_20260125_120000 ENABLE ROW LEVEL SECURITY",
    )
    assert [str(each) for each in compare(secured, observed).differences] == [
        "table public.copy_<timestamp>: row security: expected yes, found no"
    ]


def test_what_is_named_for_presence_only_needs_only_be_there(
    rich: Connection, whole: SchemaSnapshot
) -> None:
    observed = changed(
        rich,
        "ALTER TABLE a DROP COLUMN mood CASCADE; ALTER POLICY own ON a USING (true); "
        "ALTER SEQUENCE counter INCREMENT 9",
    )
    names = ["public.a", "public.counter"]
    assert compare(whole, observed, presence_only=names).equal
    assert not compare(whole, observed, presence_only=["public.counter"]).equal


def test_views_written_by_another_server_version_are_compared_as_parsed(
    rich: Connection, whole: SchemaSnapshot, new_database: Callable[[], str]
) -> None:
    try:
        system = find_binaries(packages=())
    except CannotTell:
        pytest.skip("no second PostgreSQL on this machine")
    views = (
        "GRANT ALL ON a TO PUBLIC; "
        + RICH[RICH.index("CREATE VIEW v") : RICH.index("CREATE FUNCTION touch")]
    )
    with EmbeddedServer(binaries=system) as other:
        dsn = create_database(other.dsn(), "views")
        run_script(dsn, f"CREATE TABLE a (id int, name text); {views}")
        with connect_admin(dsn) as connection:
            older = snapshot(connection, schemas=["public"])
    assert whole.of("view")["public.v"]["definition"] != older.of("view")["public.v"]["definition"]
    assert compare(whole, older, kinds=["view"]).equal
    granted = changed(rich, "GRANT ALL ON a TO PUBLIC")
    public = "table public.a to PUBLIC"
    only = granted.filtered(lambda kind, name: (kind, name) == ("grant", public))
    assert only.count() == 1
    assert compare(only, older).equal
    revoked = changed(rich, "GRANT ALL ON a TO PUBLIC; REVOKE INSERT ON a FROM PUBLIC")
    assert not compare(revoked.filtered(lambda _, name: name == public), older).equal
    rewritten = changed(rich, "CREATE OR REPLACE VIEW v AS SELECT id, name FROM a WHERE id > 2")
    assert not compare(rewritten, older, kinds=["view"]).equal
