from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.errors import ConfigError
from selftest.unit.target_file import refusal, settings_of


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
