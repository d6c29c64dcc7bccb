from __future__ import annotations

import pytest

from gonogo.probes.database.declarations import Conditional, read_declarations


def _one(text: str) -> list[str]:
    return [
        ":".join((each.kind, ".".join(filter(None, (each.schema, each.name, each.column)))))
        for each in read_declarations(text).conditionals
    ]


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
