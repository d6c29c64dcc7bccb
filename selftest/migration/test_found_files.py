from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gonogo.probes.migration.files import newest_file

BEGAN = datetime(2026, 1, 25, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, seconds in (("backup", -1.5), ("older", -60.0), ("during", 3.0)):
        path = tmp_path / f"{name}.log"
        path.write_text(name)
        moment = (BEGAN + timedelta(seconds=seconds)).timestamp()
        os.utime(path, (moment, moment))
    return tmp_path


def name_of(
    folder: Path, *, since: datetime | None = None, not_during: tuple[float, ...] = ()
) -> str | None:
    """Return the newest file; *not_during* are the seconds of a begin and an end."""
    times = tuple(BEGAN + timedelta(seconds=each) for each in not_during)
    others = [(times[0], times[1])] if times else []
    found = newest_file(folder, "*.log", since=since, not_during=others)
    return found.shown.rpartition("/")[2] if found else None


def test_the_newest_file_is_taken(folder: Path) -> None:
    assert name_of(folder) == "during.log"


def test_a_file_just_before_the_beginning_counts_for_the_grain_of_file_times(folder: Path) -> None:
    (folder / "during.log").unlink()
    assert name_of(folder, since=BEGAN) == "backup.log"


def test_what_another_action_left_does_not_count_whether_it_ran_earlier_or_later(
    folder: Path,
) -> None:
    assert name_of(folder, since=BEGAN, not_during=(2.0, 4.0)) == "backup.log"
    assert name_of(folder, since=BEGAN, not_during=(-2.0, -1.0)) == "during.log"
    (folder / "during.log").unlink()
    assert name_of(folder, since=BEGAN, not_during=(-2.0, -1.0)) is None


def test_what_is_older_does_not_count(folder: Path) -> None:
    assert name_of(folder, since=BEGAN + timedelta(seconds=30)) is None


@pytest.mark.parametrize("suffix", [".sha256", ".MD5", ".sig"])
def test_the_digest_beside_a_backup_is_no_backup(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "saved.dump").write_text("dump")
    (tmp_path / f"saved.dump{suffix}").write_text("digest")
    os.utime(tmp_path / "saved.dump", (1, 1))
    found = newest_file(tmp_path, "*", since=None)
    assert found is not None
    assert found.path.name == "saved.dump"
    (tmp_path / "saved.dump").unlink()
    assert newest_file(tmp_path, "*", since=None) is None
