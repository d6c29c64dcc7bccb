from __future__ import annotations

import json
import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from rich.console import Console

from gonogo.checklist import PHASES
from gonogo.cli.doctor import diagnose_node, show, version_said_by
from gonogo.cli.main import run
from gonogo.config import Settings, load
from gonogo.diagnosis import Condition, Finding, needed_in
from gonogo.diagnosis_database import diagnose_database
from gonogo.diagnosis_files import diagnose_files
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import connect_admin
from gonogo.probes.database.server import EmbeddedServer, PostgresBinaries, find_binaries
from gonogo.repository import run_git
from gonogo.repository_copy import COMMIT_IDENTITY

PROJECT = Path(__file__).parents[2]
CHECKLIST = """\
# A list

### Database <!-- gonogo: section DB phase=phase1 -->

- [ ] **Migrate** <!-- gonogo: group DB-1 -->
  - [ ] Backup made <!-- gonogo: DB-1.1 kind=A effect=none -->
  - [ ] Team told <!-- gonogo: DB-1.2 kind=H effect=none -->
"""
FILE = """\
[target]
name = "staging"
environment = "staging"
[release]
version = "1.0.0"
[checklist]
path = "list.md"
[repository]
path = "product"
[database]
url_env = "READER"
[migration]
folder = "db"
files = "[0-9][0-9]-*.sql"
rollback_files = "{number}.down.sql"
backups = "db/backups"
logs = "db/logs"
[actions.backup]
command = ["./save.sh"]
folder = "db"
[actions.migrate]
command = ["./save.sh"]
folder = "db"
"""
PASSWORD = "hunter22"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    product = tmp_path / "product"
    (product / "db").mkdir(parents=True)
    (product / "db/01-a.sql").touch()
    (product / "db/01.down.sql").touch()
    (product / "db/save.sh").write_text("#!/bin/sh\n")
    (product / "db/save.sh").chmod(0o755)
    (product / ".env.production").write_text("A=1\n")
    run_git(product, "init", "--quiet", "-b", "main")
    run_git(product, "add", "--all")
    run_git(product, "commit", "--quiet", "-m", "first", variables=COMMIT_IDENTITY)
    (tmp_path / "list.md").write_text(CHECKLIST)
    (tmp_path / "gonogo.toml").write_text(FILE)
    return tmp_path


def settings_of(
    project: Path, environ: Mapping[str, str] | None = None, **changed: object
) -> Settings:
    dotted = {name.replace("__", "."): value for name, value in changed.items()}
    return load(root=project, environ=environ or {}, overrides=dotted)


def files(project: Path, **changed: object) -> dict[str, Finding]:
    settings = settings_of(project, {}, **changed)
    found = diagnose_files(settings, free_bytes=lambda _: 10**10)
    return {finding.service: finding for finding in found}


def test_a_project_that_has_everything_is_all_reachable(project: Path) -> None:
    found = files(project)
    assert {finding.condition for finding in found.values()} == {Condition.REACHABLE}
    assert found["checklist"].found == (
        "2 items: 1 for a machine, 0 of which have a check today; 1 for a person"
    )
    assert found["migration files"].found == "1 files: 01; each with its rollback"
    assert found["repository"].found.endswith("no changes")
    assert found["env file"].found == "1 variables"


class TestTargetFile:
    def test_production_without_its_project_is_wrong(self, project: Path) -> None:
        finding = files(project, target__production=True)["target file"]
        assert finding.condition is Condition.WRONG
        assert "supabase.project_ref" in finding.do


class TestChecklist:
    def test_one_that_cannot_be_read_is_wrong(self, project: Path) -> None:
        (project / "list.md").unlink()
        assert "No such file" in files(project)["checklist"].found
        (project / "list.md").write_bytes(b"\xff")
        assert "not UTF-8" in files(project)["checklist"].found

    def test_one_with_an_error_names_its_line(self, project: Path) -> None:
        (project / "list.md").write_text(CHECKLIST.replace("kind=A", "kind=Z"))
        assert files(project)["checklist"].where == "list.md:6"

    def test_a_missing_copy_of_the_team_is_missing(self, project: Path) -> None:
        finding = files(project, checklist__document="ours.md")["checklist"]
        assert finding.condition is Condition.MISSING
        (project / "ours.md").touch()
        assert not files(project, checklist__document="ours.md")["checklist"].stops

    @pytest.mark.parametrize(
        ("settings", "folder"),
        [
            (None, "tests"),
            ("[tool.pytest]\ntestpaths = ['checks']", "checks"),
            ("[tool.pytest.ini_options]\ntestpaths = 'other checks'", "checks"),
            ("[tool.pytest]", "tests"),
            ("no TOML", "tests"),
        ],
    )
    def test_the_checks_there_are_today_are_counted_in_pytests_folders(
        self, project: Path, settings: str | None, folder: str
    ) -> None:
        if settings is not None:
            (project / "pyproject.toml").write_text(settings)
        test = project / folder / "database/test_backup.py"
        test.parent.mkdir(parents=True)
        test.write_text('@pytest.mark.item("DB-1.1")\ndef test_backup(): ...\n')
        assert "1 for a machine, 1 of which have a check today" in files(project)["checklist"].found

    def test_a_test_that_cannot_be_read_is_no_check(self, project: Path) -> None:
        (project / "tests/test_folder.py").mkdir(parents=True)
        assert "0 of which have a check" in files(project)["checklist"].found


class TestRepository:
    def test_a_missing_one_is_wrong(self, project: Path) -> None:
        found = files(project, repository__path="elsewhere")
        assert found["repository"].condition is Condition.WRONG
        assert found["migration files"].stops
        assert found["env file"].condition is Condition.MISSING

    def test_changed_files_are_counted(self, project: Path) -> None:
        (project / "product/new").touch()
        assert files(project)["repository"].found.endswith("1 changed files")

    def test_another_commit_than_the_releases_is_wrong(self, project: Path) -> None:
        finding = files(project, release__commit="0123456")["repository"]
        assert finding.condition is Condition.WRONG
        assert "0123456 (command line)" in finding.expected


class TestEnvFile:
    def test_bad_lines_are_wrong(self, project: Path) -> None:
        (project / "product/.env.production").write_text("A=1\nwords only\nA=2\n")
        finding = files(project)["env file"]
        assert finding.condition is Condition.WRONG
        assert finding.found == "line 2 is no assignment; A is given in lines 1, 3"

    def test_one_of_another_project_is_wrong(self, project: Path) -> None:
        (project / "product/.env.production").write_text(
            "SUPABASE_URL=https://aaaaaaaaaaaaaaaaaaaa.supabase.co\n"
        )
        finding = files(project, supabase__project_ref="b" * 20)["env file"]
        assert finding.condition is Condition.WRONG
        assert "another project" in finding.found

    def test_one_that_is_a_folder_is_wrong(self, project: Path) -> None:
        finding = files(project, repository__env_file="db")["env file"]
        assert finding.condition is Condition.WRONG


class TestScripts:
    def test_a_missing_script_is_wrong(self, project: Path) -> None:
        (project / "product/db/save.sh").unlink()
        finding = files(project)["action backup"]
        assert finding.condition is Condition.WRONG
        assert "actions.backup" in finding.where

    @pytest.mark.parametrize(
        ("denied", "found"), [(os.R_OK, "cannot be read"), (os.X_OK, "not executable")]
    )
    def test_a_script_that_may_not_be_used_is_wrong(
        self, project: Path, denied: int, found: str
    ) -> None:
        findings = diagnose_files(settings_of(project), allowed=lambda _, mode: mode != denied)
        finding = next(each for each in findings if each.service == "action backup")
        assert finding.condition is Condition.WRONG
        assert found in finding.found

    def test_a_script_without_the_bit_is_wrong_for_everybody(self, project: Path) -> None:
        (project / "product/db/save.sh").chmod(0o644)
        assert "chmod +x save.sh" in files(project)["action backup"].do

    def test_a_program_of_the_path_needs_no_folder(self, project: Path) -> None:
        assert not files(project, actions__backup__command=["sh"])["action backup"].stops
        assert files(project, actions__backup__command=["no-such-program"])["action backup"].stops

    def test_an_answer_that_is_not_set_is_missing(self, project: Path) -> None:
        prompts = [{"pattern": "yes?", "answer": "yes"}, {"pattern": "Word", "answer_env": "WORD"}]
        finding = files(project, actions__backup__prompts=prompts)["action backup"]
        assert finding.condition is Condition.MISSING
        assert "WORD is not set" in finding.found
        settings = settings_of(project, {"WORD": "x"}, actions__backup__prompts=prompts)
        given = {each.service: each for each in diagnose_files(settings)}
        assert not given["action backup"].stops

    def test_an_action_that_is_not_configured_is_left_to_people(self, project: Path) -> None:
        text = (project / "gonogo.toml").read_text()
        (project / "gonogo.toml").write_text(text.partition("[actions.migrate]")[0])
        finding = files(project)["action migrate"]
        assert finding.condition is Condition.BY_HAND
        assert not finding.stops
        assert "between gonogo before phase1 and pytest" in finding.found
        assert "actions.migrate.command" in finding.do

    def test_a_migration_without_its_rollback_is_wrong(self, project: Path) -> None:
        (project / "product/db/02-b.sql").touch()
        finding = files(project)["migration files"]
        assert finding.condition is Condition.WRONG
        assert finding.found == "no rollback file for 02-b.sql"


class TestFolders:
    REF = "abcdefghijklmnopqrst"

    def production(self, project: Path, **changed: object) -> dict[str, Finding]:
        return files(project, target__production=True, supabase__project_ref=self.REF, **changed)

    def test_scripts_write_to_the_real_ones_on_production_only(self, project: Path) -> None:
        assert "backups folder" not in files(project)
        found = self.production(project)
        assert found["backups folder"].found == "will be made when it is needed"
        assert "logs folder" not in self.production(project, migration__logs="")

    def test_a_file_in_its_place_is_wrong(self, project: Path) -> None:
        (project / "product/db/backups").touch()
        assert self.production(project)["backups folder"].condition is Condition.WRONG

    def test_one_that_may_not_be_written_is_wrong(self, project: Path) -> None:
        (project / "reports").mkdir()
        findings = diagnose_files(settings_of(project), allowed=lambda _, mode: not mode & os.W_OK)
        finding = findings[-1]
        assert finding.service == "reports folder"
        assert finding.condition is Condition.WRONG
        assert "may not write" in finding.found

    def test_a_full_disk_is_wrong(self, project: Path) -> None:
        finding = diagnose_files(settings_of(project), free_bytes=lambda _: 5 * 10**8)[-1]
        assert finding.condition is Condition.WRONG
        assert finding.found == "0.5 GB free"
        assert finding.expected == "at least 1 GB"


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


class TestPhases:
    def test_only_what_a_phase_needs_is_kept(self) -> None:
        findings = [
            Finding(service="a", condition=Condition.WRONG, found="", phases=("phase1",)),
            Finding(service="b", condition=Condition.WRONG, found="", phases=("phase2",)),
        ]
        assert [finding.service for finding in needed_in(["phase1"], findings, None)] == ["a"]


class TestTheCommand:
    def test_the_box_is_ready(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(PROJECT)
        assert run(["doctor", "--phase", "phase1"]) == 0
        said = capsys.readouterr().out
        assert "nothing is missing or wrong" in said
        assert "\x1b" not in said

    def test_json_says_what_to_do_and_what_it_unlocks(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(project)
        assert run(["doctor", "--phase", "phase1", "--json"]) == 20
        report = json.loads(capsys.readouterr().out)
        assert report["schema"] == "gonogo.doctor/1"
        assert not report["ready"]
        found = {finding["service"]: finding for finding in report["findings"]}
        assert found["database"]["condition"] == "missing"
        assert found["database"]["unlocks"] == "0 checks of phase1, for 1 items in all"
        assert found["scripts' database"]["condition"] == "by hand"
        assert "analytics" not in found

    def test_a_broken_checklist_does_not_hide_the_rest(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "list.md").unlink()
        monkeypatch.chdir(project)
        assert run(["doctor"]) == 20
        said = capsys.readouterr().out
        assert "checklist is wrong" in said
        assert "database is missing" in said
        assert "no check looks yet at: hosting platform, application address" in said
        assert "scripts' database is by hand: set database.admin_url_env" in said

    def test_what_is_unlocked_is_said_once_for_all_that_unlock_it(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "product/db/save.sh").unlink()
        monkeypatch.chdir(project)
        assert run(["doctor", "--phase", "phase1"]) == 20
        said = capsys.readouterr().out
        unlocked = "unlocks 0 checks of phase1, for 1 items in all"
        assert f"mending action backup, action migrate and database {unlocked}" in said
        assert said.count("0 checks of phase1") == 1

    def test_a_repository_beside_the_project_is_shown_by_its_whole_path(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (project / "here").mkdir()
        (project / "gonogo.toml").rename(project / "here/gonogo.toml")
        (project / "list.md").rename(project / "here/list.md")
        (project / "product/.env.production").unlink()
        (project / "product/db/save.sh").unlink()
        text = (project / "here/gonogo.toml").read_text().replace('"product"', '"../product"')
        (project / "here/gonogo.toml").write_text(text)
        monkeypatch.chdir(project / "here")
        assert run(["doctor", "--phase", "phase1"]) == 20
        said = capsys.readouterr().out
        assert f"where: {project}/product/.env.production\n" in said
        assert f"where: {project}/product/db/save.sh (actions.backup" in said
        assert "../" not in said

    def test_an_unknown_phase_is_a_usage_error(self) -> None:
        assert run(["doctor", "--phase", "phase9"]) == 4

    def test_a_wrong_target_file_is_a_usage_error(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(project)
        assert run(["doctor", "--target", "no-such"]) == 4
        assert "no-such" in capsys.readouterr().err

    def test_colour_only_repeats_what_words_say(self, project: Path) -> None:
        rows: list[dict[str, object]] = [
            {
                **dict.fromkeys(("where", "expected", "least_scope", "unlocks"), ""),
                "service": "[red]x",
                "condition": condition.value,
                "found": "f",
                "do": "d",
            }
            for condition in Condition
        ]
        written = StringIO()
        show(rows, settings_of(project), Console(file=written, force_terminal=True, width=100))
        plain = StringIO()
        show(rows, settings_of(project), Console(file=plain, width=100))
        assert "\x1b[31m" in written.getvalue()
        for word in ("ready", "missing", "wrong", "not needed", "by hand"):
            assert word in plain.getvalue()
        assert "reachable" not in plain.getvalue()
        assert "[red]x is wrong: f" in plain.getvalue()
        assert "2 of 5 are missing or wrong" in plain.getvalue()
        assert "no check looks yet at: [red]x" in plain.getvalue()


class Opens:
    """A provider that can open premises."""

    def open(self, progress: object) -> None: ...

    def stop(self) -> None: ...


class StartsOnly:
    """A provider of a database alone."""

    def stop(self) -> None: ...


class TestNode:
    def look(
        self,
        project: Path,
        provider: str = "Opens",
        *,
        there: tuple[str, ...] = ("node", "npm"),
        says: str = "v20.1.0",
    ) -> list[Finding]:
        text = (project / "gonogo.toml").read_text()
        if provider:
            place = provider if ":" in provider else f"{__name__}:{provider}"
            text = text.replace("[release]", f'provider = "{place}"\n[release]')
            text = text.replace('url_env = "READER"', "")
        (project / "gonogo.toml").write_text(text)
        found = diagnose_node(
            settings_of(project),
            which=lambda name: f"/bin/{name}" if name in there else None,
            ask=lambda program: says if program == "/bin/node" else "",
        )
        return list(found)

    def test_a_box_with_services_says_which_one_it_finds(self, project: Path) -> None:
        [finding] = self.look(project)
        assert (finding.service, finding.condition) == ("Node.js", Condition.REACHABLE)
        assert finding.found == "version 20.1.0, with npm; gonogo staging up needs it"
        assert finding.where == "/bin/node"

    def test_the_provider_is_looked_for_in_the_projects_folder(self, project: Path) -> None:
        (project / "a_box_beside_its_file.py").write_text(
            "class Box:\n    def open(self, progress): ...\n    def stop(self): ...\n"
        )
        before = list(sys.path)
        [finding] = self.look(project, "a_box_beside_its_file:Box")
        assert finding.service == "Node.js"
        assert sys.path == before

    @pytest.mark.parametrize(
        ("there", "says", "found"),
        [
            ((), "", "node is not on PATH"),
            (("node",), "v20.1.0", "npm is not on PATH"),
            (("node", "npm"), "v18.20.0", "version 18.20.0 is too old"),
            (("node", "npm"), "", "it does not say its version"),
        ],
    )
    def test_where_it_lacks_the_way_to_get_it_is_told_and_no_check_waits_for_it(
        self, project: Path, there: tuple[str, ...], says: str, found: str
    ) -> None:
        [finding] = self.look(project, there=there, says=says)
        assert finding.condition is Condition.NOT_NEEDED
        assert found in finding.found
        assert "gonogo staging up does" in finding.found
        assert "Node.js 20 or newer with npm" in finding.found

    @pytest.mark.parametrize("provider", ["", "StartsOnly", "NoSuchClass"])
    def test_a_target_that_opens_no_services_has_no_such_line(
        self, project: Path, provider: str
    ) -> None:
        assert self.look(project, provider) == []

    @pytest.mark.parametrize(
        ("script", "said"),
        [
            ("#!/bin/sh\necho v20.1.0\n", "v20.1.0"),
            ("#!/bin/sh\nexit 1\n", ""),
            ("#!/bin/sh\nsleep 9\n", ""),
            ("not a program", ""),
        ],
    )
    def test_a_program_is_asked_for_its_version_within_a_time(
        self, tmp_path: Path, script: str, said: str
    ) -> None:
        program = tmp_path / "node"
        program.write_text(script)
        program.chmod(0o755)
        assert version_said_by(str(program), timeout_s=0.5) == said


def test_every_phase_named_is_one_of_the_checklists(project: Path) -> None:
    found = [
        *diagnose_files(settings_of(project)),
        *diagnose_database(settings_of(project), environ={}),
    ]
    assert all(set(finding.phases) <= set(PHASES) for finding in found)
