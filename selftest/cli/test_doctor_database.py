from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from gonogo.diagnosis import Condition, Finding
from gonogo.diagnosis_database import diagnose_database
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import connect_admin
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries, find_binaries
from selftest.cli.doctors_project import PASSWORD, settings_of


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer(password=PASSWORD) as running:
        with connect_admin(running.dsn()) as admin:
            admin.execute("CREATE TABLE public.open (id int)")
            admin.execute("CREATE TABLE public.closed (id int)")
            for role in ("reader", "narrow"):
                admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
                admin.execute(f"GRANT SELECT ON public.open TO {role}")
            admin.execute("ALTER ROLE reader BYPASSRLS")
            admin.execute("GRANT SELECT ON public.closed TO reader")
            admin.execute("CREATE SCHEMA empty")
            admin.execute("CREATE ROLE anon NOLOGIN")
        yield running


def database(project: Path, dsn: str, **changed: object) -> Finding:
    settings = settings_of(project, {"READER": dsn}, **changed)
    return diagnose_database(settings, environ={})[-1]


class TestDatabase:
    def test_a_good_reader_reaches_it(self, project: Path, server: EmbeddedServer) -> None:
        finding = database(project, server.dsn(user="reader", password=PASSWORD))
        assert finding.condition is Condition.REACHABLE
        assert "2 tables in public, read as reader" in finding.found

    def test_a_role_that_sees_too_little_is_wrong(
        self, project: Path, server: EmbeddedServer
    ) -> None:
        finding = database(project, server.dsn(user="narrow", password=PASSWORD))
        assert finding.condition is Condition.WRONG
        assert "lacks BYPASSRLS" in finding.found
        assert "may not read public.closed" in finding.found
        assert "gonogo_reader.sql" in finding.do

    def test_a_role_whose_rights_are_looked_at_is_there(
        self, project: Path, server: EmbeddedServer
    ) -> None:
        dsn = server.dsn(user="reader", password=PASSWORD)
        finding = database(project, dsn, database__anonymous_role="web_anon")
        assert finding.condition is Condition.WRONG
        assert "there is no role web_anon" in finding.found
        assert "database.anonymous_role" in finding.do
        assert not database(project, dsn, database__anonymous_role="").stops

    def test_a_schema_without_tables_is_wrong(self, project: Path, server: EmbeddedServer) -> None:
        finding = database(
            project,
            server.dsn(user="reader", password=PASSWORD),
            database__schemas=["empty", "no_such"],
        )
        assert finding.condition is Condition.WRONG
        assert "no table in schema empty, no_such" in finding.found

    @pytest.mark.parametrize(("major", "stops"), [(9, True), (99, False)])
    def test_programs_older_than_the_server_are_wrong_and_newer_are_not(
        self, project: Path, server: EmbeddedServer, major: int, *, stops: bool
    ) -> None:
        dsn = server.dsn(user="reader", password=PASSWORD)
        programs = replace(find_binaries(), version=f"{major}.1")
        settings = settings_of(project, {"READER": dsn})
        finding = diagnose_database(settings, environ={}, find=lambda: programs)[-1]
        assert finding.stops is stops
        assert f"{major}.1" in finding.found

    @pytest.mark.parametrize(
        ("user", "password", "name"),
        [("reader", "wrong-hunter", "postgres"), ("reader", PASSWORD, "no_such_database")],
    )
    def test_a_server_that_refuses_is_wrong(
        self, project: Path, server: EmbeddedServer, user: str, password: str, name: str
    ) -> None:
        finding = database(project, server.dsn(name, user=user, password=password))
        assert finding.condition is Condition.WRONG
        assert "hunter" not in str(finding)
        assert finding.do

    def test_a_refused_connection_is_wrong(self, project: Path) -> None:
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            port = reserved.getsockname()[1]
            finding = database(project, f"postgresql://reader:{PASSWORD}@127.0.0.1:{port}/crm")
        assert finding.condition is Condition.WRONG
        assert str(port) in finding.where
        assert PASSWORD not in str(finding)

    @pytest.mark.parametrize(
        "dsn", [f"{PASSWORD} = =", f"postgresql://reader:{PASSWORD}@/crm", f"host={PASSWORD}@x"]
    )
    def test_a_wrong_connection_string_is_wrong_and_not_shown(
        self, project: Path, dsn: str
    ) -> None:
        finding = database(project, dsn)
        assert finding.condition is Condition.WRONG
        assert PASSWORD not in str(finding)

    def test_one_of_another_project_is_never_connected_to(self, project: Path) -> None:
        def connect(*_: object, **__: object) -> psycopg.Connection[tuple[object, ...]]:
            raise AssertionError("connected")

        settings = settings_of(
            project,
            {"READER": "postgresql://reader@db.aaaaaaaaaaaaaaaaaaaa.supabase.co/postgres"},
            supabase__production_refs=["aaaaaaaaaaaaaaaaaaaa"],
        )
        finding = diagnose_database(settings, environ={}, connect=connect)[-1]
        assert "not marked production" in finding.found

    def test_an_unset_variable_is_missing_with_its_least_rights(self, project: Path) -> None:
        finding = diagnose_database(settings_of(project), environ={})[-1]
        assert finding.condition is Condition.MISSING
        assert finding.found == "READER is not set"
        assert "READER" in finding.do
        assert "BYPASSRLS" in finding.least_scope
        [script] = re.findall(r"\S+gonogo_reader\.sql", finding.least_scope)
        assert Path(script).is_file()

    def test_a_catalog_that_cannot_be_read_is_wrong(
        self, project: Path, server: EmbeddedServer
    ) -> None:
        def connect(*_: object, **__: object) -> psycopg.Connection[tuple[object, ...]]:
            connection = connect_admin(server.dsn())
            connection.execute("SET statement_timeout = 1")
            connection.execute("SET search_path = ''")
            connection.close()
            return connection

        settings = settings_of(project, {"READER": server.dsn(user="reader")})
        finding = diagnose_database(settings, environ={}, connect=connect)[-1]
        assert finding.condition is Condition.WRONG
        assert "OperationalError" in finding.found

    def test_many_closed_tables_are_counted(self, project: Path, server: EmbeddedServer) -> None:
        with connect_admin(server.dsn()) as admin:
            admin.execute("CREATE SCHEMA many")
            for number in range(7):
                admin.execute(f"CREATE TABLE many.t{number} ()")
        finding = database(
            project,
            server.dsn(user="reader", password=PASSWORD),
            database__schemas=["many"],
        )
        assert "many.t4 and 2 more" in finding.found


class TestTheScriptsConnection:
    def look(
        self, project: Path, environ: Mapping[str, str] | None = None, **changed: object
    ) -> Finding:
        settings = settings_of(project, environ, **changed)
        found = diagnose_database(settings, environ={})
        return next(each for each in found if each.service == "scripts' database")

    def test_without_one_the_scripts_are_left_to_people(self, project: Path) -> None:
        finding = self.look(project)
        assert finding.condition is Condition.BY_HAND
        assert "--execute is refused" in finding.found
        assert "database.admin_url_env" in finding.do

    def test_a_variable_that_is_not_set_is_missing(self, project: Path) -> None:
        finding = self.look(project, database__admin_url_env="OWNER")
        assert finding.condition is Condition.MISSING
        assert "OWNER" in finding.do

    def test_one_that_answers_is_reachable(self, project: Path, server: EmbeddedServer) -> None:
        dsn = server.dsn(user="reader", password=PASSWORD)
        finding = self.look(project, {"OWNER": dsn}, database__admin_url_env="OWNER")
        assert finding.condition is Condition.REACHABLE
        assert finding.found.startswith("reached as reader")
        assert PASSWORD not in str(finding)

    def test_one_that_is_refused_or_of_another_project_is_wrong(
        self, project: Path, server: EmbeddedServer
    ) -> None:
        dsn = server.dsn(user="reader", password="wrong-hunter")
        finding = self.look(project, {"OWNER": dsn}, database__admin_url_env="OWNER")
        assert finding.condition is Condition.WRONG
        assert "hunter" not in str(finding)
        finding = self.look(
            project,
            {"OWNER": "postgresql://postgres@db.aaaaaaaaaaaaaaaaaaaa.supabase.co/postgres"},
            database__admin_url_env="OWNER",
            supabase__production_refs=["aaaaaaaaaaaaaaaaaaaa"],
        )
        assert "not marked production" in finding.found

    def test_a_target_without_actions_needs_none(self, project: Path) -> None:
        text = (project / "gonogo.toml").read_text()
        (project / "gonogo.toml").write_text(text.partition("[actions.backup]")[0])
        services = {each.service for each in diagnose_database(settings_of(project), environ={})}
        assert "scripts' database" not in services


class TestPrograms:
    def without(self) -> PostgresBinaries:
        raise CannotTell("no PostgreSQL programs were found", do="install them")

    def test_without_any_both_they_and_the_scratch_server_are_missing(self, project: Path) -> None:
        found = diagnose_database(settings_of(project), environ={}, find=self.without)
        assert [finding.condition for finding in found[:2]] == [Condition.MISSING] * 2

    @pytest.mark.parametrize(
        ("dsn", "condition"),
        [
            ("postgresql://postgres@127.0.0.1:5433/postgres", Condition.REACHABLE),
            ("postgresql://postgres@db.example.org/postgres", Condition.WRONG),
            ("hunter22", Condition.WRONG),
        ],
    )
    def test_a_named_scratch_server_is_on_this_machine(
        self, project: Path, dsn: str, condition: Condition
    ) -> None:
        environ = {"GONOGO_SCRATCH_DATABASE_URL": dsn}
        finding = diagnose_database(settings_of(project), environ=environ, find=self.without)[1]
        assert finding.condition is condition
        assert "hunter22" not in str(finding)
