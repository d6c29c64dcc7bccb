from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.actions import Prompt, ScriptSpec, clean_environment, start
from gonogo.actions.preconditions import checked
from gonogo.errors import ActionUnfinished, ConfigError
from selftest.actions.conftest import PATH


def spec(folder: Path, *argv: str, path: str = PATH) -> ScriptSpec:
    return ScriptSpec(name="migrate", argv=argv, cwd=folder, env=clean_environment(folder, path))


def written(path: Path, text: str | bytes, mode: int = 0o755) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def test_a_script_beside_its_folder_becomes_absolute(tmp_path: Path) -> None:
    written(tmp_path / "run.sh", "#!/bin/sh\n")
    found = checked(spec(tmp_path, "./run.sh", "--backup"))
    assert found.argv == (str(tmp_path / "run.sh"), "--backup")


def test_a_program_is_looked_up_on_the_given_path_only(tmp_path: Path) -> None:
    program = written(tmp_path / "tool", "#!/bin/sh\n")
    assert checked(spec(tmp_path, "tool", path=str(tmp_path))).argv == (str(program),)
    with pytest.raises(ActionUnfinished, match="does not exist"):
        checked(spec(tmp_path, "tool", path="/usr/bin"))


def test_a_binary_needs_no_first_line(tmp_path: Path) -> None:
    assert checked(spec(tmp_path, "env")).argv[0].endswith("/env")


def test_the_script_inside_an_isolated_command_is_checked_too(tmp_path: Path) -> None:
    unshare = written(tmp_path / "unshare", "#!/bin/sh\n")
    script = written(tmp_path / "run.sh", "#!/bin/sh\n")
    found = checked(spec(tmp_path, str(unshare), "--net", "--", "./run.sh", "x"))
    assert found.argv == (str(unshare), "--net", "--", str(script), "x")
    with pytest.raises(ActionUnfinished, match="does not exist"):
        checked(spec(tmp_path, str(unshare), "--net", "--", "./missing.sh"))


Prepare = Callable[[Path], object]


@pytest.mark.parametrize(
    ("prepare", "argv", "message"),
    [
        (lambda _: None, (), "names no command"),
        (lambda _: None, ("./run.sh",), "does not exist"),
        (lambda f: (f / "run.sh").mkdir(), ("./run.sh",), "does not exist"),
        (
            lambda f: written(f / "run.sh", "#!/bin/sh\n", 0o644),
            ("./run.sh",),
            "may not be executed",
        ),
        (lambda f: written(f / "run.sh", "echo\n"), ("./run.sh",), "does not say what runs it"),
        (lambda f: written(f / "run.sh", ""), ("./run.sh",), "does not say what runs it"),
        (lambda f: written(f / "run.sh", "#!/no/such/sh\n"), ("./run.sh",), "'/no/such/sh'"),
        (lambda f: written(f / "run.sh", "#!/usr/bin/env nosuch -x\n"), ("./run.sh",), "'nosuch'"),
        (lambda f: written(f / "run.sh", "#!/usr/bin/env -S A=1\n"), ("./run.sh",), "is missing"),
        (lambda f: written(f / "run.sh", b"#!/bin/sh\r\n"), ("./run.sh",), "carriage return"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_runs(
    tmp_path: Path, prepare: Prepare, argv: tuple[str, ...], message: str
) -> None:
    prepare(tmp_path)
    with pytest.raises(ActionUnfinished) as caught:
        start(spec(tmp_path, *argv), tmp_path / "run")
    assert message in str(caught.value)
    assert "what to do" in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ActionUnfinished, match="folder to run 'migrate' in is missing"):
        checked(spec(tmp_path / "missing", "./run.sh"))


def test_interpreters_found_by_env_are_accepted(tmp_path: Path) -> None:
    for first in ("#!/usr/bin/env bash", "#!/usr/bin/env -S A=1 bash -e", "#! /bin/sh -e"):
        written(tmp_path / "run.sh", f"{first}\n")
        assert checked(spec(tmp_path, "./run.sh")).argv == (str(tmp_path / "run.sh"),)


def test_a_pattern_that_is_no_regular_expression_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="not a regular expression"):
        Prompt(pattern="(", answer="yes")


def test_a_clean_environment_holds_nothing_of_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")
    environment = clean_environment(tmp_path, "/bin", {"EXTRA": "1"})
    assert environment == {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PATH": "/bin",
        "TERM": "dumb",
        "TZ": "UTC",
        "EXTRA": "1",
    }
    assert os.environ["DATABASE_URL"] == "postgresql://x"
