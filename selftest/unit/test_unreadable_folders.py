from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.migration.files import newest_file

NOBODY = 65534


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Act as nobody where the tests run as root, who may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_does_not_exist_holds_no_file(tmp_path: Path) -> None:
    assert newest_file(tmp_path / "none", "*", since=None) is None


def test_a_file_where_a_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file")
    with pytest.raises(CannotTell, match="cannot be read") as caught:
        newest_file(tmp_path / "backups", "*.dump", since=None)
    assert caught.value.where == str(tmp_path / "backups")
    assert "*.dump" in caught.value.expected
    assert caught.value.found == "Not a directory"
    assert caught.value.do


def test_a_folder_that_may_not_be_read_is_an_error_and_not_an_empty_one() -> None:
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        folder = Path(made) / "backups"
        folder.mkdir()
        (folder / "a.dump").write_text("there, but nobody may see it")
        folder.chmod(0o000)
        with as_an_ordinary_user(), pytest.raises(CannotTell) as caught:
            newest_file(folder, "*", since=None)
        folder.chmod(0o700)
    assert caught.value.what == "a folder of the product's repository cannot be read"
    assert caught.value.found == "Permission denied"
