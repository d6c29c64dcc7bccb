from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gonogo.config import Settings, load
from gonogo.config_sources import Layers
from gonogo.errors import ConfigError

MINIMAL = """\
[target]
name = "the box"
environment = "rehearsal"

[release]
version = "1.0.0"

[checklist]
path = "checklist/list.md"

[repository]
path = "../product"
"""
PROJECT = Path(__file__).parents[2]


def settings_of(
    folder: Path, more: str = "", *, environ: dict[str, str] | None = None, **overrides: object
) -> Settings:
    (folder / "gonogo.toml").write_text(MINIMAL + more, encoding="utf-8")
    dotted = {name.replace("__", "."): value for name, value in overrides.items()}
    return load(root=folder, environ=environ or {}, overrides=dotted)


def refusal(
    folder: Path, more: str = "", *, environ: dict[str, str] | None = None, **overrides: object
) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        settings_of(folder, more, environ=environ, **overrides)
    return caught.value


def test_the_default_target_loads() -> None:
    settings = load(root=PROJECT, environ={})
    assert settings.target.provider
    assert not settings.target.production
    assert settings.rehearsal
    assert {"backup", "migrate"} <= set(settings.actions)


def test_what_a_file_leaves_out_has_a_default_and_says_so(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert settings.database.schemas == ("public",)
    assert settings.source_of("database.schemas") == "default"
    assert settings.source_of("target.production") == "default"


def test_the_command_line_wins_over_the_environment_over_the_file(tmp_path: Path) -> None:
    more = '[database]\nschemas = ["file"]\nexclude_tables = ["public.file"]\n'
    environ = {
        "GONOGO_DATABASE__SCHEMAS": '["environment"]',
        "GONOGO_DATABASE__STATEMENT_TIMEOUT_S": "30",
    }
    settings = settings_of(tmp_path, more, environ=environ, database__schemas='["command line"]')
    assert settings.database.schemas == ("command line",)
    assert settings.database.statement_timeout_s == 30
    assert settings.source_of("database.schemas") == "command line"
    assert settings.source_of("database.statement_timeout_s") == (
        "environment GONOGO_DATABASE__STATEMENT_TIMEOUT_S"
    )
    assert settings.source_of("database.exclude_tables") == "gonogo.toml:15"
    assert settings.source_of("database.exclude_tables.0") == "gonogo.toml:15"
    assert settings.source_of("database.ssl_root_cert") == "default"


def test_text_from_the_environment_stays_text(tmp_path: Path) -> None:
    environ = {
        "GONOGO_RELEASE__VERSION": "2",
        "GONOGO_DATABASE__WRITES_DURING_MIGRATION": "stopped",
        "GONOGO_TARGET__PRODUCTION": "true",
    }
    settings = settings_of(tmp_path, environ=environ)
    assert settings.release.version == "2"
    assert settings.database.writes_during_migration == "stopped"
    assert settings.target.production


def test_an_action_can_be_set_from_the_environment(tmp_path: Path) -> None:
    environ = {
        "GONOGO_ACTIONS__BACKUP__COMMAND": '["./save.sh"]',
        "GONOGO_ACTIONS__BACKUP__TIMEOUT_S": "5",
    }
    settings = settings_of(tmp_path, environ=environ)
    assert settings.actions["backup"].command == ("./save.sh",)
    assert settings.action_phase("backup") == "phase1"


def test_variables_without_a_section_are_not_settings(tmp_path: Path) -> None:
    environ = {"GONOGO_SCRATCH_DATABASE_URL": "postgresql://127.0.0.1/x", "DATABASE_URL": "x"}
    assert settings_of(tmp_path, environ=environ).sha256 == settings_of(tmp_path).sha256


def test_a_setting_inside_something_that_is_no_table_replaces_it(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path, "[actions]\nbackup = 1\n", actions__backup__command=["./save.sh"]
    )
    assert settings.actions["backup"].command == ("./save.sh",)


def test_settings_never_change(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings_of(tmp_path).target.production = True


def test_paths_start_at_the_projects_folder(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert settings.root == tmp_path
    assert settings.repository_path == tmp_path / "../product"
    assert settings.env_file_path == tmp_path / "../product/.env.production"
    assert settings.migration_path == tmp_path / "../product/migrations"
    assert settings.reports_path == tmp_path / "reports"
    assert settings.path("/elsewhere") == Path("/elsewhere")


def test_the_digest_follows_the_settings_and_not_their_place(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert settings_of(first).sha256 == settings_of(second, "# a comment\n").sha256
    assert settings_of(first).sha256 != settings_of(second, release__version="2").sha256


class TestFindingTheFile:
    def test_a_name_is_looked_up_in_the_targets_folder(self, tmp_path: Path) -> None:
        (tmp_path / "targets").mkdir()
        (tmp_path / "targets/staging.toml").write_text(MINIMAL, encoding="utf-8")
        settings = load("staging", root=tmp_path, environ={})
        assert settings.file == "targets/staging.toml"
        assert settings.source_of("target.name") == "targets/staging.toml:2"
        assert settings.reports_path == tmp_path / "reports"

    def test_a_file_may_lie_anywhere(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere.toml"
        elsewhere.write_text(MINIMAL, encoding="utf-8")
        root = tmp_path / "project"
        root.mkdir()
        assert load(str(elsewhere), root=root, environ={}).file == str(elsewhere)

    def test_the_environment_names_the_target_when_nobody_else_does(self, tmp_path: Path) -> None:
        (tmp_path / "other.toml").write_text(MINIMAL, encoding="utf-8")
        assert load(root=tmp_path, environ={"GONOGO_TARGET": "other.toml"}).file == "other.toml"

    def test_the_working_folder_and_environment_are_the_default(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "other.toml").write_text(MINIMAL, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("GONOGO_TARGET", "other.toml")
        assert load().file == "other.toml"

    def test_an_unknown_name_lists_the_known_ones(self, tmp_path: Path) -> None:
        (tmp_path / "targets").mkdir()
        (tmp_path / "targets/staging.toml").touch()
        with pytest.raises(ConfigError) as caught:
            load("stagin", root=tmp_path, environ={})
        assert "staging" in caught.value.do
        assert caught.value.where.endswith("targets/stagin.toml")

    def test_no_file_at_all_says_how_to_write_one(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"gonogo\.toml.*default") as caught:
            load(root=tmp_path, environ={})
        assert "gonogo init" in caught.value.do

    def test_a_folder_is_no_target_file(self, tmp_path: Path) -> None:
        (tmp_path / "x.toml").mkdir()
        with pytest.raises(ConfigError) as caught:
            load("x.toml", root=tmp_path, environ={})
        assert caught.value.found == "a folder"


class TestReadingTheFile:
    def test_toml_errors_name_their_line(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, "[database]\nschemas = [\n'a' 'b']\n")
        assert error.where == "gonogo.toml:15"

    def test_toml_errors_at_the_end_name_the_last_line(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, "[database]\nschemas = [")
        assert error.where == "gonogo.toml:14"

    def test_other_bytes_than_utf_8_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "gonogo.toml").write_bytes(b"# \xff\n")
        with pytest.raises(ConfigError, match="UTF-8") as caught:
            load(root=tmp_path, environ={})
        assert caught.value.found == "byte 0xff at offset 2"

    def test_a_file_that_cannot_be_read_says_why(self, tmp_path: Path) -> None:
        (tmp_path / "gonogo.toml").symlink_to("/proc/self/mem")
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            load(root=tmp_path, environ={})
        assert caught.value.found


class TestWrongSettings:
    def test_an_unknown_key_names_the_nearest(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, '[database]\nschema = ["public"]\n')
        assert error.where == "gonogo.toml:14"
        assert "database.schema" in error.what
        assert error.do == "did you mean database.schemas?"

    def test_a_key_of_another_section_is_found_there(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, '[database]\ntime_zone = "UTC"\n')
        assert "release.time_zone" in error.do

    def test_an_unknown_key_near_nothing_is_to_be_removed(self, tmp_path: Path) -> None:
        assert refusal(tmp_path, "[reports]\nzzz = 1\n").do == "remove it"

    def test_an_unknown_key_of_an_action_is_named(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, '[actions.backup]\ncommand = ["x"]\ntimeout = 3\n')
        assert error.where == "gonogo.toml:15"
        assert "actions.backup.timeout_s" in error.do

    def test_an_unknown_key_of_a_prompt_is_named(self, tmp_path: Path) -> None:
        more = '[actions.backup]\ncommand = ["x"]\nprompts = [{ patern = "x", answer = "y" }]\n'
        assert "actions.backup.prompts.0.pattern" in str(refusal(tmp_path, more))

    def test_a_list_in_a_variable_is_json(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, environ={"GONOGO_DATABASE__SCHEMAS": "public"})
        assert error.where == "environment GONOGO_DATABASE__SCHEMAS"
        assert error.expected == 'a list, such as ["one", "two"]'

    def test_what_no_source_gives_is_looked_for_in_the_file(self) -> None:
        assert Layers(values={}, file="gonogo.toml").place_of(("target",)) == "gonogo.toml"

    def test_an_unknown_variable_is_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, environ={"GONOGO_DATABASE__SCHEMATA": "x"})
        assert error.where == "environment GONOGO_DATABASE__SCHEMATA"

    @pytest.mark.parametrize(
        ("more", "expected", "found"),
        [
            ('[database]\nschemas = "public"\n', "a list", "'public' (text)"),
            ("[database]\nschemas = []\n", "a list that is not empty", "[] (list)"),
            ('[database]\nstatement_timeout_s = "2"\n', "a number", "'2' (text)"),
            ("[database]\nstatement_timeout_s = 0\n", "greater than 0", "0 (a number)"),
            ("[reports]\nfolder = true\n", "text", "True (a boolean)"),
            ('[reports]\nfolder = ""\n', "not empty", "'' (text)"),
            ("[reports]\nfolder = 2026-01-01T00:00:00Z\n[x]\n", "", ""),
            ("[[database]]\n", "a table", "(list)"),
            ('[database]\nschemas = ["public", 1]\n', "text", "1 (a number)"),
            ('[database]\nwrites_during_migration = "maybe"\n', "'allowed'", "'maybe' (text)"),
            (f'[database]\nschemas = "{"x" * 99}"\n', "a list", "…"),
        ],
    )
    def test_a_wrong_type_names_expected_and_found(
        self, tmp_path: Path, more: str, expected: str, found: str
    ) -> None:
        error = refusal(tmp_path, more)
        assert expected in error.expected
        assert found in error.found
        assert error.where.startswith("gonogo.toml:1")

    def test_a_missing_key_names_its_section(self, tmp_path: Path) -> None:
        (tmp_path / "gonogo.toml").write_text(MINIMAL.replace('version = "1.0.0"', ""))
        with pytest.raises(ConfigError, match=r"release\.version is missing") as caught:
            load(root=tmp_path, environ={})
        assert caught.value.where == "gonogo.toml:5"
        assert caught.value.do == "add it under [release]"

    def test_a_missing_section_names_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "gonogo.toml").write_text(MINIMAL.partition("[repository]")[0])
        with pytest.raises(ConfigError, match="repository is missing") as caught:
            load(root=tmp_path, environ={})
        assert caught.value.where == "gonogo.toml"
        assert caught.value.do == "add [repository]"

    def test_several_errors_are_all_named(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, "[database]\nschema = 1\nschemas = 2\n")
        assert "2 settings are wrong" in error.what
        assert "gonogo.toml:14" in error.what
        assert "gonogo.toml:15" in error.what

    @pytest.mark.parametrize(
        ("prompt", "reason"),
        [
            ('{ pattern = "password" }', "exactly one"),
            ('{ pattern = "x", answer = "y", answer_made_up = true }', "exactly one"),
            ('{ pattern = "Password:", answer = "y" }', "never the answer itself"),
            ('{ pattern = ".*", answer = "y" }', "never answered"),
            ('{ pattern = "[Cc]ontinue", answer = "y" }', "never answered"),
            ('{ pattern = "(", answer = "y" }', "regular expression"),
        ],
    )
    def test_an_unsafe_answer_to_a_prompt_is_refused(
        self, tmp_path: Path, prompt: str, reason: str
    ) -> None:
        more = f'[actions.backup]\ncommand = ["x"]\nprompts = [\n  {prompt},\n]\n'
        error = refusal(tmp_path, more)
        assert reason in error.found
        assert error.where == "gonogo.toml:16"

    def test_an_unknown_time_zone_is_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, release__time_zone="Mars/Olympus")
        assert "America/New_York" in error.found

    def test_rollback_files_need_a_number(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, '[migration]\nrollback_files = "back.sql"\n')
        assert "{number}" in error.found

    def test_an_action_of_its_own_name_needs_a_phase(self, tmp_path: Path) -> None:
        more = '[actions.reindex]\ncommand = ["./reindex.sh"]\n'
        error = refusal(tmp_path, more)
        assert error.where == "gonogo.toml:13"
        assert settings_of(tmp_path, more + 'phase = "phase1"\n').action_phase("reindex")

    @pytest.mark.parametrize("key", ["url_env", "admin_url_env", "env_file"])
    def test_a_provider_reads_no_other_database(self, tmp_path: Path, key: str) -> None:
        error = refusal(
            tmp_path,
            f'[database]\n{key} = "DATABASE_URL"\n',
            target__provider="staging.stack:Stack",
        )
        assert error.where == "gonogo.toml:14"
        assert key in error.what

    def test_a_provider_is_never_production(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, target__provider="a:B", target__production=True)
        assert error.where == "command line"


class TestSecrets:
    @pytest.mark.parametrize(
        "literal",
        [
            "postgresql://reader:hunter22@db.example.org/postgres",
            "host=db.example.org password=hunter22",
            "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl",
            "sb_secret_hunter22hunter22",
            "-----BEGIN EC PRIVATE KEY-----",
        ],
    )
    def test_a_literal_secret_is_refused_and_not_repeated(
        self, tmp_path: Path, literal: str
    ) -> None:
        error = refusal(tmp_path, f'[database]\nssl_root_cert = "{literal}"\n')
        assert error.where == "gonogo.toml:14"
        assert "database.ssl_root_cert" in error.what
        assert literal not in str(error)
        assert "hunter22" not in str(error)

    def test_a_secret_used_as_a_key_is_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, '[actions."sb_secret_hunter22"]\n')
        assert "hunter22" not in str(error)

    def test_a_secret_in_a_list_is_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, actions__backup__command=["x", "--token=ghp_hunter22hunter22"])
        assert error.where == "command line"

    def test_what_is_no_variables_name_is_not_repeated(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, database__url_env="hunter-22")
        assert "hunter" not in str(error)
        assert error.expected == "the name of an environment variable"

    def test_a_secret_comes_from_the_variable_named(self, tmp_path: Path) -> None:
        settings = settings_of(tmp_path, environ={"READER": "hunter22"}, database__url_env="READER")
        assert settings.secret("database.url_env").reveal() == "hunter22"
        assert [secret.reveal() for secret in settings.secrets()] == ["hunter22"] * 2
        assert "hunter22" not in repr(settings)
        assert settings.sha256 == settings_of(tmp_path, database__url_env="READER").sha256

    def test_a_prompts_answer_is_a_secret_too(self, tmp_path: Path) -> None:
        more = (
            '[actions.backup]\ncommand = ["x"]\n'
            'prompts = [{ pattern = "Password", answer_env = "DB_PASSWORD" }]\n'
        )
        settings = settings_of(tmp_path, more, environ={"DB_PASSWORD": "hunter22"})
        key = "actions.backup.prompts.0.answer_env"
        assert settings.secret(key).reveal() == "hunter22"

    def test_a_secret_comes_from_the_env_file_named(self, tmp_path: Path) -> None:
        (tmp_path / "secrets.env").write_text("OTHER=1\nexport READER='hunter22'\n")
        settings = settings_of(
            tmp_path, database__url_env="READER", database__env_file="secrets.env"
        )
        assert settings.secret("database.url_env").reveal() == "hunter22"

    def test_the_environment_wins_over_the_env_file(self, tmp_path: Path) -> None:
        (tmp_path / "secrets.env").write_text("READER=file\n")
        settings = settings_of(
            tmp_path,
            environ={"READER": "environment"},
            database__url_env="READER",
            database__env_file="secrets.env",
        )
        assert settings.secret("database.url_env").reveal() == "environment"

    def test_a_duplicate_in_the_env_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "secrets.env").write_text("READER=hunter22\n\nREADER=hunter23\n")
        settings = settings_of(
            tmp_path, database__url_env="READER", database__env_file="secrets.env"
        )
        with pytest.raises(ConfigError, match="more than once") as caught:
            settings.secret("database.url_env")
        assert caught.value.where == "secrets.env, lines 1, 3"
        assert "hunter" not in str(caught.value)

    def test_a_secret_in_neither_place_names_both_and_bad_lines(self, tmp_path: Path) -> None:
        (tmp_path / "secrets.env").write_text("A=1\n\nREADER='unended\n")
        settings = settings_of(
            tmp_path, database__url_env="READER", database__env_file="secrets.env"
        )
        with pytest.raises(ConfigError, match="READER is not set") as caught:
            settings.secret("database.url_env")
        assert "secrets.env, where line 3 cannot be read" in caught.value.where
        assert settings.secrets() == ()
        (tmp_path / "secrets.env").write_text("A=1\n")
        with pytest.raises(ConfigError, match="READER is not set") as caught:
            settings.secret("database.url_env")
        assert caught.value.where.endswith("or secrets.env")

    def test_a_missing_env_file_is_named(self, tmp_path: Path) -> None:
        settings = settings_of(
            tmp_path, database__url_env="READER", database__env_file="secrets.env"
        )
        with pytest.raises(ConfigError, match="env file") as caught:
            settings.secret("database.url_env")
        assert caught.value.where == "secrets.env"

    def test_a_secret_that_nothing_names_says_which_setting_to_set(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"database\.url_env is not set"):
            settings_of(tmp_path).secret("database.url_env")
        settings = settings_of(tmp_path, database__url_env="READER")
        with pytest.raises(ConfigError, match="READER is not set"):
            settings.secret("database.url_env")
