from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gonogo.config import load
from gonogo.errors import ConfigError
from selftest.unit.target_file import MINIMAL, refusal, settings_of

PROJECT = Path(__file__).parents[2]


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
