from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gonogo.config import Settings, load
from gonogo.declared_target import commit_of, declared_target
from gonogo.errors import CannotTell, ConfigError, TargetRefused
from gonogo.made_up_env import PROJECT
from gonogo.reached_target import ReachedTarget
from selftest.git_repository import made_repository

REF = "abcdefghijklmnopqrst"
READER = (
    f"postgresql://gonogo_reader.{REF}:reader-canary@aws-0-eu.pooler.supabase.com:5432/postgres"
)
ADMIN = f"postgresql://postgres:admin-canary@db.{REF}.supabase.co:5432/postgres"
TARGET = f"""
[target]
name = "The Shop"
environment = "live"
production = true
[release]
version = "1.0"
commit = "c0ffee0"
[checklist]
path = "checklist.md"
[repository]
path = "product"
env_file = "live.env"
[database]
url_env = "READER_URL"
admin_url_env = "ADMIN_URL"
[supabase]
project_ref = "{REF}"
[actions.migrate]
command = ["./migrate.sh"]
prompts = [{{ pattern = "word", answer_env = "DATABASE_PASSWORD" }}]
"""
ENVIRON = {"READER_URL": READER, "ADMIN_URL": ADMIN, "DATABASE_PASSWORD": "typed-canary"}
ENV_FILE = f"SUPABASE_URL=https://{REF}.supabase.co\nMAIL_TOKEN=mail-canary-0001\nFLAG=on\n"


def settings_of(
    root: Path, *changes: tuple[str, str], environ: Mapping[str, str] = ENVIRON
) -> Settings:
    text = TARGET
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (root / "product").mkdir(exist_ok=True)
    (root / "target.toml").write_text(text)
    return load(str(root / "target.toml"), root=root, environ=environ)


def test_production_whose_addresses_agree_is_who_it_says(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    (settings.env_file_path).write_text(ENV_FILE)
    declared = declared_target(settings, ["migrate"])
    assert declared.refs == (REF,)
    assert declared.on_supabase
    assert set(declared.bindings) == {"env"}
    assert {READER, ADMIN, "reader-canary", "admin-canary", "mail-canary-0001"} <= set(
        declared.secrets
    )
    assert "on" not in declared.secrets


def test_the_scripts_address_of_another_project_is_refused(tmp_path: Path) -> None:
    other = ADMIN.replace(REF, "zyxwvutsrqponmlkjihg")
    settings = settings_of(tmp_path, environ={**ENVIRON, "ADMIN_URL": other})
    with pytest.raises(TargetRefused, match="the scripts' database address") as caught:
        declared_target(settings, [])
    assert "target.toml:" in caught.value.where
    assert "zyxwvutsrqponmlkjihg" in caught.value.found


def test_the_scripts_address_is_needed_only_by_a_run_that_acts(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, environ={"READER_URL": READER})
    assert declared_target(settings, []).admin is None
    with pytest.raises(ConfigError, match="ADMIN_URL is not set"):
        declared_target(settings, ["migrate"])


@pytest.mark.parametrize("key", ["url_env", "admin_url_env"])
def test_a_run_that_acts_needs_both_addresses(tmp_path: Path, key: str) -> None:
    line = {"url_env": 'url_env = "READER_URL"\na', "admin_url_env": 'admin_url_env = "ADMIN_URL"'}
    settings = settings_of(tmp_path, (line[key], "a" if key == "url_env" else ""))
    with pytest.raises(ConfigError, match=f"needs database.{key}"):
        declared_target(settings, ["migrate"])


def test_a_prompt_without_its_answer_is_found_before_the_script_asks(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, environ={"READER_URL": READER, "ADMIN_URL": ADMIN})
    with pytest.raises(ConfigError, match="DATABASE_PASSWORD is not set"):
        declared_target(settings, ["migrate"])


def test_production_is_never_given_a_made_up_password(tmp_path: Path) -> None:
    change = ('answer_env = "DATABASE_PASSWORD"', "answer_made_up = true")
    with pytest.raises(ConfigError, match="would get a made-up answer"):
        declared_target(settings_of(tmp_path, change), ["migrate"])


def test_a_target_without_an_env_file_takes_the_names_of_the_example(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert declared_target(settings, []).made_up_env("made-up-word") == {}
    settings.env_file_path.with_name("live.env.example").write_text(
        "SUPABASE_URL=https://example.org\nMAIL_TOKEN=x\n"
    )
    declared = declared_target(settings, [])
    assert declared.bindings == {}
    assert declared.made_up_env("made-up-word") == {
        "SUPABASE_URL": f"https://{PROJECT}.supabase.co",
        "MAIL_TOKEN": "made-up-word",
    }


def test_the_configured_commit_stands_in_where_git_cannot_tell(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    state = commit_of(settings)
    assert state.commit == "c0ffee0"
    assert state.changed is None
    with pytest.raises(CannotTell):
        commit_of(settings_of(tmp_path, ('commit = "c0ffee0"', "")))


def test_the_commit_is_the_repositorys_in_full(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, ('commit = "c0ffee0"', ""))
    full = made_repository(tmp_path)
    assert commit_of(settings).commit == full
    short = settings_of(tmp_path, ('commit = "c0ffee0"', f'commit = "{full[:9]}"'))
    assert commit_of(short).commit == full
    with pytest.raises(TargetRefused, match="at another commit"):
        commit_of(settings_of(tmp_path))


def test_production_without_a_database_is_judged_in_its_own_repository(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path, ('url_env = "READER_URL"\nadmin_url_env = "ADMIN_URL"', ""), environ={}
    )
    settings.env_file_path.write_text(ENV_FILE)
    target = ReachedTarget(settings, root=tmp_path, workspace=tmp_path)
    instance = target.start()
    target.stop()
    assert instance.id == "target-the-shop"
    assert instance.repository == str(tmp_path / "product")
    assert instance.project_ref == REF
    assert instance.facts == {"product scripts": "run in the repository itself"}
    assert instance.reader_dsn == instance.scratch_dsn == ""
    assert not instance.acts_by_itself
