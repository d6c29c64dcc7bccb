from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.config import Settings
from gonogo.errors import CannotTell, ConfigError, ToolMissing
from gonogo.provider import Instance
from gonogo.services import (
    ServiceAccess,
    account,
    app_url,
    declared_address,
    declared_key,
    declared_services,
)
from selftest.unit.target_file import settings_of

TOKEN = "sntrys_hunter22"
SENTRY = """
[services.sentry]
token_env = "SENTRY_TOKEN"
organization = "acme"
dsn_variable = "VITE_SENTRY_DSN"
"""
PULSE = """
[services.pulse]
url_variable = "VITE_PULSE_API_URL"
token_variable = "VITE_PULSE_API_KEY"
"""
APP = """
[app]
url_variable = "VITE_APP_URL"

[app.sign_in]
user_env = "APP_USER"
password_env = "APP_PASSWORD"
"""
ENV = """\
VITE_APP_URL=https://app.example.test/
VITE_PULSE_API_URL=https://pulse.example.test
VITE_PULSE_API_KEY=pulse_hunter22
VITE_SENTRY_DSN=https://key@sentry.example.test/1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "product").mkdir()
    (tmp_path / "product" / ".env.production").write_text(ENV, "utf-8")
    return project


def with_tokens(folder: Path, more: str) -> Settings:
    given = {"SENTRY_TOKEN": TOKEN, "APP_USER": "ada", "APP_PASSWORD": "hunter22"}
    return settings_of(folder, more, environ=given)


def test_a_service_has_its_key_from_the_environment_and_its_words_from_the_file(
    folder: Path,
) -> None:
    found = declared_services(with_tokens(folder, SENTRY))["sentry"]
    assert (found.url, found.token) == ("https://sentry.io", TOKEN)
    assert found.required("organization") == "acme"
    assert found.names["dsn"] == "https://key@sentry.example.test/1"
    assert found.where == "https://sentry.io"


def test_a_service_may_be_asked_with_what_the_products_env_file_says(folder: Path) -> None:
    found = declared_services(with_tokens(folder, PULSE))["pulse"]
    assert (found.url, found.token) == ("https://pulse.example.test", "pulse_hunter22")


@pytest.mark.parametrize("more", ["", SENTRY, PULSE])
def test_a_service_without_address_or_key_is_not_there(folder: Path, more: str) -> None:
    (folder.parent / "product" / ".env.production").unlink()
    assert declared_services(settings_of(folder, more)) == {}


def test_what_lacks_is_named_by_the_key_or_the_variable_that_would_tell_it(folder: Path) -> None:
    unset = settings_of(folder)
    with pytest.raises(ConfigError, match=r"services.pulse.url is not set"):
        declared_address(unset, "pulse")
    with pytest.raises(ConfigError, match=r"services.pulse.token_env is not set"):
        declared_key(unset, "pulse")
    (folder.parent / "product" / ".env.production").unlink()
    named = settings_of(folder, PULSE)
    with pytest.raises(ConfigError, match="VITE_PULSE_API_URL is not set") as caught:
        declared_address(named, "pulse")
    assert "services.pulse.url_variable" in caught.value.do
    with pytest.raises(ConfigError, match="VITE_PULSE_API_KEY is not set"):
        declared_key(named, "pulse")


def test_the_key_of_a_service_is_among_the_secrets(folder: Path) -> None:
    revealed = {secret.reveal() for secret in with_tokens(folder, SENTRY + APP).secrets()}
    assert {TOKEN, "ada", "hunter22"} <= revealed


def test_a_word_that_nobody_set_is_named() -> None:
    access = ServiceAccess(name="vercel", url="https://v.example.test", stand_in=True)
    assert access.where == "https://v.example.test (stand-in)"
    with pytest.raises(CannotTell, match=r"vercel cannot be asked: project is not set"):
        access.required("project")


def test_the_application_is_where_the_file_or_the_env_file_says(folder: Path) -> None:
    assert app_url(settings_of(folder, APP)) == "https://app.example.test"
    named = '\n[app]\nurl = "https://there.example.test/"\n'
    assert app_url(settings_of(folder, named)) == "https://there.example.test"
    assert app_url(settings_of(folder)) == ""


def test_half_an_account_is_none(folder: Path) -> None:
    assert account(with_tokens(folder, APP)) == {"user": "ada", "password": "hunter22"}
    assert account(settings_of(folder, APP, environ={"APP_USER": "ada"})) == {}


def test_a_service_that_is_not_there_is_said_with_the_reason() -> None:
    with pytest.raises(CannotTell, match="pulse cannot be asked"):
        Instance(id="i", commit="c").service("pulse")
    without = Instance(id="i", commit="c", without_services="node is not on PATH")
    with pytest.raises(CannotTell, match="the services are not there") as caught:
        without.service("pulse")
    assert caught.value.found == "node is not on PATH"
    with pytest.raises(ToolMissing, match="cannot be started"):
        Instance(id="i", commit="c", lacks="node is not on PATH").require_services()
    access = ServiceAccess(name="pulse", url="https://p.example.test", token=TOKEN)
    instance = Instance(id="i", commit="c", services={"pulse": access})
    assert instance.service("pulse") == access
    assert TOKEN not in repr(instance)
