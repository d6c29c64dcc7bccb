from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.env_file import parse_env, read_env_file
from gonogo.errors import ConfigError


def test_every_assignment_has_its_line() -> None:
    found = parse_env("# first\n\nA=1\n\n\nexport B='two words'\nC=\"x\ny\"\nD=4\n", shown="f")
    assert [(e.name, e.value.reveal(), e.line) for e in found.entries] == [
        ("A", "1", 3),
        ("B", "two words", 6),
        ("C", "x\ny", 7),
        ("D", "4", 9),
    ]
    assert found.unreadable_lines == ()


def test_the_last_of_a_names_lines_wins_and_all_are_known() -> None:
    found = parse_env("A=1\nB=2\nA=3\n", shown="f")
    assert found.text_of("A") == "3"
    assert found.duplicates == {"A": (1, 3)}
    assert found.text_of("C") == ""


def test_lines_that_are_no_assignment_are_reported() -> None:
    found = parse_env("A=1\nonly words\nB='unended\n\nLONELY\n", shown="f")
    assert found.unreadable_lines == (2, 3, 5)


def test_values_do_not_show_themselves() -> None:
    assert "hunter22" not in repr(parse_env("A=hunter22", shown="f"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_env_file(tmp_path / "missing.env")
    assert caught.value.where == str(tmp_path / "missing.env")
    assert caught.value.found == "No such file or directory"


def test_other_bytes_than_utf_8_are_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "x.env").write_bytes(b"A=hunter22\xff")
    with pytest.raises(ConfigError) as caught:
        read_env_file(tmp_path / "x.env", shown="x.env")
    assert caught.value.found == "bytes that are not UTF-8"
    assert "hunter22" not in str(caught.value)
