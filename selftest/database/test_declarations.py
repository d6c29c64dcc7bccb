from __future__ import annotations

import pytest

from gonogo.probes.database.declarations import (
    Conditional,
    names_removed,
    read_declarations,
    read_makings,
)


def _shown(each: Conditional) -> str:
    return ":".join((each.kind, ".".join(filter(None, (each.schema, each.name, each.column)))))


def _one(text: str) -> list[str]:
    return [_shown(each) for each in read_declarations(text).conditionals]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("CREATE TABLE IF NOT EXISTS public.t (a int)", ["table:public.t"]),
        ("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a", ["table:t"]),
        ("CREATE TABLE t (a int)", []),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a) WHERE a > 1", ["index:s.i"]),
        ("CREATE INDEX i ON t (a)", []),
        (
            'ALTER TABLE t ADD COLUMN IF NOT EXISTS a int, ADD b int, ADD IF NOT EXISTS "C d" int',
            ["column:t.a", "column:t.C d"],
        ),
        ("CREATE OR REPLACE VIEW v WITH (security_invoker = true) AS SELECT 1", ["view:v"]),
        ("CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT 1", ["materialized view:m"]),
        ("CREATE VIEW v AS SELECT 1", []),
        ("CREATE SEQUENCE IF NOT EXISTS s", ["sequence:s"]),
        ("CREATE SCHEMA IF NOT EXISTS s", []),
        ("SELECT 'CREATE TABLE IF NOT EXISTS t (a int)'", []),
        ("-- CREATE TABLE IF NOT EXISTS t (a int)", []),
    ],
)
def test_what_is_made_only_where_missing_is_read(statement: str, found: list[str]) -> None:
    assert _one(statement) == found


def test_statements_are_told_apart_by_semicolons_that_are_not_quoted() -> None:
    text = """
    BEGIN;
    INSERT INTO t VALUES ('a; CREATE TABLE IF NOT EXISTS no (a int)');
    CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$;
    CREATE TABLE IF NOT EXISTS a (x int); CREATE TABLE IF NOT EXISTS a (x int);
    COMMIT
    """
    assert read_declarations(text).conditionals == (Conditional(kind="table", schema="", name="a"),)


def test_conditional_statements_that_cannot_be_read_are_named_with_their_line() -> None:
    text = """SELECT 1;
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1) THEN ALTER TABLE x ADD COLUMN y int; END IF;
END $$;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
ALTER TABLE x ADD COLUMN IF NOT EXISTS ((;
"""
    reading = read_declarations(text)
    assert reading.conditionals == ()
    assert reading.unread == (
        "line 2: DO $$ BEGIN IF …",
        "line 6: ALTER TABLE x ADD …",
    )


def test_a_file_that_is_no_sql_is_named_whole() -> None:
    (unread,) = read_declarations("SELECT 'open").unread
    assert unread.startswith("the whole file")


def test_names_are_as_the_catalog_holds_them() -> None:
    assert _one("CREATE TABLE IF NOT EXISTS Public.People (a int)") == ["table:public.people"]
    assert _one('CREATE TABLE IF NOT EXISTS "People" (a int)') == ["table:People"]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("CREATE TABLE t (a int)", ["table:t"]),
        ("CREATE TABLE t AS SELECT 1 AS a FROM u", ["table:t"]),
        ("CREATE TEMP TABLE t (a int)", []),
        ("CREATE VIEW s.v AS SELECT 1", ["view:s.v"]),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", ["materialized view:v"]),
        ("CREATE SEQUENCE s", ["sequence:s"]),
        ("CREATE INDEX i ON s.t (a)", ["index:s.i"]),
        ("CREATE INDEX ON t (a)", []),
        ("ALTER TABLE t ADD a int, ADD COLUMN IF NOT EXISTS b int", ["column:t.a", "column:t.b"]),
        ("ALTER TABLE t RENAME a TO b", ["column:t.b"]),
        ('ALTER TABLE s.t RENAME COLUMN "A" TO "B"', ["column:s.t.B"]),
        ("ALTER TABLE IF EXISTS s.old RENAME TO New", ["table:s.new"]),
        ("ALTER MATERIALIZED  VIEW old RENAME TO new", ["materialized view:new"]),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", []),
        ("CREATE TABLE t ((", []),
        ("SELECT 'open", []),
    ],
)
def test_what_a_file_makes_or_renames_is_read(statement: str, found: list[str]) -> None:
    assert [_shown(each) for each in read_makings(statement)] == found


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ('DROP TABLE IF EXISTS s.a, "B c" CASCADE', {"a", "B c"}),
        ("DROP INDEX CONCURRENTLY i", {"i"}),
        ("DROP TRIGGER IF EXISTS stamp ON people", {"stamp"}),
        ("ALTER TABLE t DROP COLUMN a, DROP COLUMN IF EXISTS b, ADD COLUMN c int", {"a", "b"}),
        ("ALTER TABLE t DROP a", {"a"}),
        ("ALTER TABLE t RENAME a TO b", {"a"}),
        ("ALTER TABLE t RENAME CONSTRAINT a TO b", {"a"}),
        ("ALTER TABLE s.old RENAME TO new", {"old"}),
        ("ALTER FUNCTION f(int) RENAME TO g", {"f"}),
        ("ALTER TABLE t SET SCHEMA archive", {"t"}),
        ("CREATE TABLE t (a int)", set()),
    ],
)
def test_names_of_what_is_dropped_renamed_or_moved_are_read(
    statement: str, names: set[str]
) -> None:
    assert names_removed(statement) == names
