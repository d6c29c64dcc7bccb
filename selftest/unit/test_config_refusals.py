from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.config import load
from gonogo.config_sources import Layers
from gonogo.errors import ConfigError
from selftest.unit.target_file import MINIMAL, refusal, settings_of


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

    def test_addresses_that_are_no_regular_expression_are_refused(self, tmp_path: Path) -> None:
        error = refusal(tmp_path, '[app]\ndata_addresses = "/rest/v1/("\n')
        assert error.what.startswith("app.data_addresses")
        assert "should be a regular expression" in str(error)

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
