from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.clones import create_database, drop_database
from gonogo.probes.database.connection import Connection, connect_admin
from gonogo.probes.database.preparation import apply_prelude, apply_reader, reader_sql, run_script
from gonogo.probes.database.server import EmbeddedServer


def _one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_new_tables_are_granted_as_supabase_does(owner: Connection) -> None:
    owner.execute("CREATE TABLE fresh (id int); CREATE SEQUENCE counter")
    for role in ("anon", "authenticated", "service_role"):
        assert _one(owner, f"SELECT has_table_privilege('{role}', 'fresh', 'INSERT')")
        assert _one(owner, f"SELECT has_sequence_privilege('{role}', 'counter', 'USAGE')")


def test_the_roles_are_those_of_supabase(owner: Connection) -> None:
    rows = owner.execute(
        "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles "
        "WHERE rolname IN ('anon', 'authenticated', 'service_role', 'authenticator', 'postgres')"
    ).fetchall()
    assert {row[0]: row[1:] for row in rows} == {
        "anon": (False, False, False),
        "authenticated": (False, False, False),
        "service_role": (False, True, False),
        "authenticator": (False, False, True),
        "postgres": (False, True, True),
    }


@pytest.mark.parametrize("setting", ["request.jwt.claims"])
def test_policies_can_ask_who_is_asking(owner: Connection, setting: str) -> None:
    assert _one(owner, "SELECT auth.uid()") is None
    subject = "00000000-0000-0000-0000-000000000001"
    claims = f'{{"sub": "{subject}", "role": "authenticated"}}'
    with owner.transaction():
        owner.execute("SELECT set_config(%s, %s, true)", [setting, claims])
        owner.execute("SET LOCAL ROLE authenticated")
        assert str(_one(owner, "SELECT auth.uid()")) == subject
        assert _one(owner, "SELECT auth.role()") == "authenticated"
        assert _one(owner, "SELECT auth.jwt() ->> 'sub'") == subject


def test_the_managed_vault_is_closed_to_the_owner_too(owner: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("SELECT * FROM vault.secrets")


def test_a_second_database_of_the_same_server_takes_the_prelude(server: EmbeddedServer) -> None:
    apply_prelude(create_database(server.dsn(), "second"))
    drop_database(server.dsn(), "second")


@pytest.fixture
def system() -> Iterator[EmbeddedServer]:
    try:
        binaries = find_binaries(packages=(), extensions=["uuid-ossp"])
    except CannotTell:
        pytest.skip("no system PostgreSQL with uuid-ossp on this machine")
    with EmbeddedServer(binaries=binaries, superuser="supabase_admin") as running:
        yield running


def test_where_the_server_has_it_uuid_ossp_is_in_schema_extensions(system: EmbeddedServer) -> None:
    apply_prelude(create_database(system.dsn(), "app"))
    with connect_admin(system.dsn("app", "postgres")) as connection:
        assert _one(connection, "SELECT uuid_generate_v4() IS NOT NULL")
        assert _one(connection, "SELECT extensions.uuid_generate_v4() IS NOT NULL")


def test_the_reader_s_script_takes_schemas_and_password_as_values() -> None:
    text = reader_sql(schemas=["public", "crm"], password="it's")
    assert "SET gonogo.reader_password = 'it''s';" in text
    assert "SET gonogo.reader_schemas = 'public,crm';" in text
    backslash = reader_sql(schemas=["public"], password="a\\b'")
    assert "SET gonogo.reader_password = E'a\\\\b''';" in backslash
    assert "choose-a-long-password" not in text


def test_the_reader_s_script_runs_again_and_for_several_schemas(
    dsn: str, owner: Connection
) -> None:
    owner.execute('CREATE SCHEMA "Odd one"; CREATE TABLE "Odd one".t (a int)')
    for _ in range(2):
        apply_reader(dsn, schemas=["public", "Odd one"], password="x")
    assert _one(owner, """SELECT has_table_privilege('gonogo_reader', '"Odd one".t', 'SELECT')""")
    assert not _one(owner, "SELECT has_table_privilege('gonogo_reader', 'people', 'INSERT')")
    assert _one(owner, "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'gonogo_reader'")


def test_run_by_a_superuser_the_reader_s_script_counts_for_the_owner_s_tables(
    server: EmbeddedServer, dsn: str, owner: Connection
) -> None:
    # Roles are the server's: other tests need one that the owner made and may alter.
    apply_reader(dsn, schemas=["public"], password="x")
    text = reader_sql(schemas=["public"], password="x")
    text = text.replace("reader_owner = ''", "reader_owner = 'postgres'")
    superuser_dsn = server.dsn(owner.info.dbname)
    run_script(superuser_dsn, text)
    run_script(superuser_dsn, "REVOKE pg_read_all_stats FROM gonogo_reader")  # for other tests
    owner.execute("CREATE TABLE later (id serial PRIMARY KEY)")
    assert _one(owner, "SELECT has_table_privilege('gonogo_reader', 'later', 'SELECT')")
    assert _one(owner, "SELECT has_sequence_privilege('gonogo_reader', 'later_id_seq', 'SELECT')")


def test_a_script_with_a_bad_statement_leaves_nothing(dsn: str, owner: Connection) -> None:
    with pytest.raises(CannotTell):
        run_script(dsn, "CREATE TABLE half (a int); SELECT 1/0")
    assert _one(owner, "SELECT to_regclass('half') IS NULL")
