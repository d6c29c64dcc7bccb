from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

import pytest

from gonogo.errors import CannotTell, ConfigError
from gonogo.provider import Instance, load_provider
from gonogo.services import ServiceAccess

FULL = Instance(
    id="box-1",
    commit="c0ffee",
    repository="/r",
    env_file="/r/.env",
    reader_dsn="postgresql://reader:hunter22@127.0.0.1/crm",
    script_connection={"password": "hunter22"},
    script_hosts=("db.example.test",),
    scratch_dsn="postgresql://postgres:hunter22@127.0.0.1/postgres",
    postgres={"folder": "/pg/bin", "version": "18.6", "source": "embedded"},
    made_up_password="hunter22",
    secrets=("hunter22",),
    stand_ins=("a database",),
    facts={"PostgreSQL": "18.6"},
    bindings={"env": "e"},
    acts_by_itself=True,
    done=("backup",),
    app_url="https://app.example.test",
    sign_in={"user": "ada", "password": "hunter22"},
    services={
        "pulse": ServiceAccess(
            name="pulse", url="https://p.example.test", token="hunter22", names={"team": "t"}
        )
    },
    without_services="none",
    standing_in={"https://a.example.test": "http://127.0.0.1:1"},
    action_environments={"deploy": {"VERCEL_TOKEN": "hunter22"}},
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_an_instance_reaches_another_process_whole() -> None:
    assert Instance.from_json(FULL.to_json()) == FULL
    bare = Instance(id="box-1", commit="c")
    assert Instance.from_json(bare.to_json()) == bare


def test_an_instance_of_lists_comes_back_as_it_was_in_every_field() -> None:
    back = Instance.from_json(FULL.to_json())
    for field in fields(Instance):
        assert type(getattr(back, field.name)) is type(getattr(FULL, field.name)), field.name


def test_an_instance_never_shows_a_secret() -> None:
    assert "hunter22" not in repr(FULL)
    assert "box-1" in repr(FULL)


def test_an_instance_without_programs_cannot_tell() -> None:
    assert FULL.binaries.version == "18.6"
    with pytest.raises(CannotTell, match="PostgreSQL"):
        _ = Instance(id="x", commit="c").binaries


def test_the_class_that_was_named_is_loaded(folder: Path) -> None:
    (folder / "own_provider_a.py").write_text("class Stack:\n    pass\n")
    assert load_provider("own_provider_a:Stack", where="gonogo.toml:3").__name__ == "Stack"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own_provider_missing:Stack", None),
        ("own_provider_b:Other", "class Stack: pass"),
        ("own_provider_c", "class Stack: pass"),
        ("own_provider_d:Stack", "class Stack pass"),
        ("own_provider_e:Stack", "1 / 0"),
        ("own_provider_f:Stack", "Stack = 'not a class'"),
        ("", None),
        (".relative:Stack", None),
    ],
)
def test_a_provider_that_cannot_be_loaded_is_a_usage_error(
    folder: Path, name: str, text: str | None
) -> None:
    module = name.partition(":")[0]
    if text is not None:
        (folder / f"{module}.py").write_text(text + "\n")
    with pytest.raises(ConfigError) as caught:
        load_provider(name, where="gonogo.toml:3")
    assert caught.value.where == "gonogo.toml:3"
    assert repr(name) in caught.value.found
    sys.modules.pop(module, None)
