from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest

from gonogo.cli.main import main, run
from gonogo.errors import CannotTell, ConfigError


@click.command()
def well() -> int:
    """All is well."""
    return 1


@click.command()
def misused() -> None:
    """Raise a usage error."""
    raise ConfigError("wrong setting", found="password=hunter22", do="correct it")


@click.command()
def unclear() -> None:
    """Raise that nobody could tell."""
    raise CannotTell("could not look")


@click.command()
def defective() -> None:
    """Raise what nobody expects."""
    raise ZeroDivisionError("postgresql://reader:hunter22@host/crm")


@click.command()
def stopped() -> None:
    """Be stopped by the user."""
    raise KeyboardInterrupt


@click.command()
def silent() -> None:
    """Return nothing."""


COMMANDS: Mapping[str, str] = {
    **{
        name: f"{__name__}:{name}"
        for name in ("well", "misused", "unclear", "defective", "stopped", "silent")
    },
    "absent": "gonogo.cli.not_written_yet:absent",
}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["well"], 1, ""),
        (["silent"], 0, ""),
        (["misused"], 4, "what to do: correct it"),
        (["unclear"], 20, "could not look"),
        (["defective"], 20, "ZeroDivisionError"),
        (["stopped"], 2, "stopped"),
        (["absent"], 4, "No such command 'absent'"),
        (["no-such"], 4, "No such command 'no-such'"),
        (["well", "--no-such"], 4, "No such option"),
    ],
)
def test_every_end_has_its_status_and_no_traceback(
    capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, said: str
) -> None:
    assert run(arguments, commands=COMMANDS) == status
    written = capsys.readouterr()
    assert said in written.err
    assert "Traceback" not in written.err
    assert "hunter22" not in written.err + written.out


def test_help_lists_only_commands_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"], commands=COMMANDS) == 0
    listed = capsys.readouterr().out
    assert "All is well." in listed
    assert "absent" not in listed


def test_the_real_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    listed = capsys.readouterr().out
    assert "init" in listed
    assert "doctor" in listed


def test_a_defect_shows_its_place_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONOGO_TRACEBACK", "1")
    run(["defective"], commands=COMMANDS)
    written = capsys.readouterr().err
    assert "Traceback" in written
    assert "hunter22" not in written


def test_main_exits_with_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["well"], commands=COMMANDS)
    assert caught.value.code == 1
    monkeypatch.setattr(sys, "argv", ["gonogo", "--version"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0


def test_a_group_used_from_another_folder_finds_its_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["doctor"]) == 4
