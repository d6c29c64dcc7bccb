from __future__ import annotations

import json

import pytest
from psycopg.conninfo import conninfo_to_dict

from gonogo.errors import CannotTell
from gonogo.probes.database.clones import create_database
from gonogo.probes.database.connection import Connection, Reader, connect_admin
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.schema import SchemaSnapshot, compare_exactly, snapshot
from gonogo.probes.database.server import EmbeddedServer
from selftest.database.rich_schema import changed

MUTATIONS = [
    ("ALTER TABLE a ADD COLUMN extra int", "column public.a.extra"),
    ("ALTER TABLE a DROP COLUMN score", "column public.a.score"),
    ("ALTER TABLE a ALTER COLUMN score TYPE bigint", "column public.a.score: type"),
    ("ALTER TABLE a ALTER COLUMN name DROP NOT NULL", "column public.a.name: not null"),
    ("ALTER TABLE a ALTER COLUMN name SET DEFAULT 'y'", "column public.a.name: default"),
    ("ALTER TABLE a ALTER COLUMN name DROP DEFAULT", "column public.a.name: default"),
    ("ALTER TABLE a ALTER COLUMN name SET STORAGE EXTERNAL", "column public.a.name: storage"),
    ("ALTER TABLE a ALTER COLUMN number TYPE int USING 1, ALTER number SET NOT NULL", "column"),
    ("ALTER TABLE b ALTER COLUMN id SET GENERATED ALWAYS", "column public.b.id: identity"),
    ("REVOKE SELECT (name) ON a FROM anon", "column public.a.name: grants"),
    ("ALTER TABLE a DROP CONSTRAINT score_range", "constraint public.a.score_range"),
    (
        (
            "ALTER TABLE a DROP CONSTRAINT score_range; "
            "ALTER TABLE a ADD CONSTRAINT score_range CHECK (score BETWEEN 0 AND 1000)"
        ),
        "constraint public.a.score_range: definition",
    ),
    (
        (
            "ALTER TABLE a DROP CONSTRAINT score_range; ALTER TABLE a "
            "ADD CONSTRAINT score_range CHECK (score BETWEEN 0 AND 100) NOT VALID"
        ),
        "constraint public.a.score_range: validated",
    ),
    ("ALTER TABLE b DROP CONSTRAINT b_a_fkey", "constraint public.b.b_a_fkey"),
    ("ALTER DOMAIN positive DROP CONSTRAINT positive_check", "constraint public.positive"),
    ("DROP INDEX a_name", "index public.a_name"),
    ("DROP INDEX a_name; CREATE INDEX a_name ON a (name)", "index public.a_name: definition"),
    ("CLUSTER a USING a_pkey", "index public.a_pkey: clustered"),
    ("DROP TRIGGER touched ON a", "trigger public.a.touched"),
    ("ALTER TABLE a DISABLE TRIGGER touched", "trigger public.a.touched: enabled"),
    ("ALTER TABLE a ENABLE ALWAYS TRIGGER touched", "trigger public.a.touched: enabled"),
    ("ALTER TABLE b DISABLE RULE nothing", "rule public.b.nothing: enabled"),
    (
        (
            "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN OLD; END $$"
        ),
        "function public.touch(): definition",
    ),
    ("DROP FUNCTION plus(int, int)", "function public.plus(x integer, y integer)"),
    ("ALTER FUNCTION plus SECURITY DEFINER", "function public.plus(x integer, y integer)"),
    ("REVOKE EXECUTE ON FUNCTION plus FROM PUBLIC", "grant function public.plus"),
    (
        "CREATE OR REPLACE VIEW v AS SELECT id, name FROM a WHERE id > 2",
        "view public.v: definition",
    ),
    ("ALTER VIEW v SET (security_invoker = false)", "view public.v: security invoker"),
    ("ALTER VIEW v SET (security_barrier)", "view public.v: options"),
    ("REFRESH MATERIALIZED VIEW m WITH NO DATA", "view public.m: populated"),
    ("ALTER TABLE a DISABLE ROW LEVEL SECURITY", "table public.a: row security"),
    ("ALTER TABLE a FORCE ROW LEVEL SECURITY", "table public.a: force row security"),
    ("ALTER TABLE a REPLICA IDENTITY FULL", "table public.a: replica identity"),
    ("ALTER TABLE a SET UNLOGGED", None),
    ("ALTER TABLE a SET (fillfactor = 50)", "table public.a: options"),
    ("ALTER TABLE parts DETACH PARTITION parts_2026", "table public.parts_2026: partition bound"),
    ("DROP POLICY own ON a", "policy public.a.own"),
    ("ALTER POLICY own ON a USING (true)", "policy public.a.own: using"),
    ("ALTER POLICY own ON a TO PUBLIC", "policy public.a.own: roles"),
    ("ALTER SEQUENCE counter INCREMENT 3", "sequence public.counter: increment"),
    ("ALTER TYPE mood ADD VALUE 'fair'", "type public.mood: definition"),
    ("ALTER TYPE pair ADD ATTRIBUTE c int", "type public.pair: definition"),
    ("ALTER DOMAIN positive SET NOT NULL", "type public.positive: definition"),
    ("DROP STATISTICS a_stats", "statistics public.a_stats"),
    ("REVOKE ALL ON a FROM anon", "grant table public.a to anon"),
    ("GRANT CREATE ON SCHEMA public TO anon", "grant schema public to anon"),
    ("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM anon", "default grant"),
]


@pytest.mark.parametrize(("change", "subject"), MUTATIONS)
def test_every_change_of_the_schema_is_seen(
    rich: Connection, whole: SchemaSnapshot, change: str, subject: str | None
) -> None:
    if subject is None:
        subject = "table public.a: persistence"
        change = "ALTER TABLE b SET UNLOGGED; ALTER TABLE a SET UNLOGGED"
    comparison = compare_exactly(whole, changed(rich, change))
    assert not comparison.equal
    assert any(each.subject.startswith(subject) for each in comparison.differences), comparison


def test_an_unchanged_schema_is_equal_and_survives_json(
    rich: Connection, whole: SchemaSnapshot
) -> None:
    again = snapshot(rich, schemas=["public"])
    assert compare_exactly(whole, again).equal
    assert SchemaSnapshot.from_json(json.loads(json.dumps(whole.to_json()))) == whole
    assert whole.server_major == rich.info.server_version // 10000


def test_every_kind_of_object_is_in_it(whole: SchemaSnapshot) -> None:
    empty = {kind for kind in whole.objects if not whole.of(kind)}
    assert empty == {"event trigger"}
    assert whole.of("view")["public.v"]["security_invoker"] is True
    assert whole.of("column")["public.a.low"]["generated"] == "lower(name)"
    assert whole.of("no such kind") == {}


def test_names_are_whole_however_long(rich: Connection) -> None:
    name = "n" * 63
    after = changed(rich, f"CREATE TABLE {name} ({name} int)")
    assert f"public.{name}.{name}" in after.of("column")
    assert f"table public.{name} to anon" in after.of("grant")


def test_members_of_extensions_belong_to_the_extension(server: EmbeddedServer) -> None:
    dsn = create_database(server.dsn(), "with_extension")
    with connect_admin(dsn) as connection:
        connection.execute("CREATE SCHEMA e")
        connection.execute("CREATE EXTENSION hstore SCHEMA e")
        found = snapshot(connection, schemas=["e"])
    assert found.of("extension")["hstore"]["schema"] == "e"
    assert not found.of("function")
    assert not found.of("type")


def test_a_schema_that_is_missing_cannot_be_told(rich: Connection) -> None:
    with pytest.raises(CannotTell, match="no schema absent"):
        snapshot(rich, schemas=["public", "absent"])


def test_the_session_s_formats_do_not_matter(rich: Connection, whole: SchemaSnapshot) -> None:
    with rich.transaction():
        rich.execute("SET LOCAL IntervalStyle = 'sql_standard'; SET LOCAL search_path = public")
        assert snapshot(rich, schemas=["public"]) == whole


def test_settings_of_database_and_roles_are_in_it_and_no_secret_is(
    server: EmbeddedServer, dsn: str
) -> None:
    name = str(conninfo_to_dict(dsn)["dbname"])
    run_script(
        server.dsn(name),
        f"ALTER DATABASE {name} SET app.jwt_secret = 'a=secret';"
        f"ALTER DATABASE {name} SET work_mem = '5MB';"
        f"ALTER ROLE anon IN DATABASE {name} SET statement_timeout = '3s';",
    )
    found = Reader(dsn).snapshot().of("setting")
    assert found["work_mem of this database"] == {"value": "5MB"}
    assert found["statement_timeout of role anon of this database"] == {"value": "3s"}
    assert "a=secret" not in str(found)
    before = found["app.jwt_secret of this database"]
    run_script(server.dsn(name), f"ALTER DATABASE {name} SET app.jwt_secret = 'a=other'")
    assert Reader(dsn).snapshot().of("setting")["app.jwt_secret of this database"] != before
