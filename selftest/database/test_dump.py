from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.clones import create_database, scratch_database
from gonogo.probes.database.connection import connect_reader
from gonogo.probes.database.dump import dump_schema, rebuild_schema
from gonogo.probes.database.preparation import apply_prelude, apply_reader, run_script
from gonogo.probes.database.schema import KINDS, compare_exactly, snapshot
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries


def test_a_dumped_schema_is_rebuilt_without_its_rows(
    shared_dsn: str, server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    apply_reader(shared_dsn, schemas=["public"], password="x")
    reader_dsn = server.dsn("shared", "gonogo_reader", "x")
    text = dump_schema(reader_dsn, schemas=["public"], binaries=binaries)
    with scratch_database(server.dsn()) as dsn:
        rebuild_schema(text, dsn, schemas=["public"], binaries=binaries)
        with connect_reader(dsn) as copy, connect_reader(shared_dsn) as source:
            kinds = [kind for kind in KINDS if "grant" not in kind]
            before = snapshot(source, schemas=["public"])
            after = snapshot(copy, schemas=["public"])
            assert compare_exactly(before, after, kinds=kinds).equal
            assert copy.execute("SELECT count(*) FROM public.people").fetchone() == (0,)


def test_a_dump_that_is_refused_says_why(
    shared_dsn: str, server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    closed = server.dsn("shared", "authenticator")
    with pytest.raises(CannotTell, match="refused to dump") as caught:
        dump_schema(closed, schemas=["vault"], binaries=binaries, owners=False)
    assert "permission denied" in caught.value.found


def test_a_schema_that_cannot_be_rebuilt_says_why(
    server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    with (
        scratch_database(server.dsn()) as dsn,
        pytest.raises(CannotTell, match="cannot be rebuilt") as caught,
    ):
        rebuild_schema("SELECT 1/0;", dsn, schemas=["public"], binaries=binaries)
    assert "division by zero" in caught.value.found


OTHERS = """
CREATE SCHEMA "Other Types";
CREATE TYPE "Other Types".mood AS ENUM ('glad', 'sad');
CREATE TABLE "Other Types".hidden (id int);
CREATE FUNCTION "Other Types".touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION "Other Types".first() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'a' $$;
CREATE TABLE moods (
  id int PRIMARY KEY, mood "Other Types".mood, name text DEFAULT "Other Types".first()
);
CREATE TRIGGER touched BEFORE UPDATE ON moods FOR EACH ROW
  EXECUTE FUNCTION "Other Types".touch();
REVOKE ALL ON SCHEMA "Other Types" FROM PUBLIC;
"""


def test_types_and_functions_of_other_schemas_are_in_it_without_their_tables(
    dsn: str, server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    run_script(dsn, OTHERS)
    apply_reader(dsn, schemas=["public"], password="x")
    name = str(conninfo_to_dict(dsn)["dbname"])
    reader_dsn = server.dsn(name, "gonogo_reader", "x")
    text = dump_schema(reader_dsn, schemas=["public"], binaries=binaries)
    assert "hidden" not in text
    with scratch_database(server.dsn()) as copy_dsn:
        rebuild_schema(text, copy_dsn, schemas=["public"], binaries=binaries)
        with connect_reader(copy_dsn) as copy:
            objects = snapshot(copy, schemas=["public"])
    assert objects.of("column")["public.moods.mood"]["type"] == '"Other Types".mood'
    assert "public.moods.touched" in objects.of("trigger")


def test_a_table_of_another_schema_that_is_needed_is_named(
    dsn: str, server: EmbeddedServer, binaries: PostgresBinaries
) -> None:
    run_script(
        dsn,
        "CREATE SCHEMA other; CREATE TABLE other.places (id int PRIMARY KEY);"
        "CREATE TABLE visits (place int REFERENCES other.places)",
    )
    text = dump_schema(dsn, schemas=["public"], binaries=binaries)
    with (
        scratch_database(server.dsn()) as copy_dsn,
        pytest.raises(CannotTell, match="cannot be rebuilt") as caught,
    ):
        rebuild_schema(text, copy_dsn, schemas=["public"], binaries=binaries)
    assert 'add "other" to database.schemas' in caught.value.do


def test_an_extension_that_tables_need_is_in_it() -> None:
    try:
        found = find_binaries(packages=(), extensions=["citext", "uuid-ossp"])
    except CannotTell:
        pytest.skip("no system PostgreSQL with citext on this machine")
    with EmbeddedServer(binaries=found, superuser="supabase_admin") as running:
        source = create_database(running.dsn(), "source")
        apply_prelude(source)
        run_script(
            source,
            "CREATE SCHEMA kinds; CREATE EXTENSION citext SCHEMA kinds;"
            "CREATE TABLE public.people (id uuid DEFAULT extensions.uuid_generate_v4(),"
            " email kinds.citext, UNIQUE (email))",
        )
        text = dump_schema(source, schemas=["public"], binaries=found)
        assert "uuid-ossp" not in text
        copy_dsn = create_database(running.dsn(), "copy")
        rebuild_schema(text, copy_dsn, schemas=["public"], binaries=found)
        with connect_reader(copy_dsn) as copy:
            columns = snapshot(copy, schemas=["public"]).of("column")
    assert columns["public.people.email"]["type"] == "kinds.citext"
