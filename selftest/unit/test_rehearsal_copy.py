from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gonogo.config import Settings, load
from gonogo.errors import CannotTell
from gonogo.rehearsal_copy import RehearsalCopy, kept_folders
from gonogo.repository import git_state, run_git
from gonogo.repository_copy import COMMIT_IDENTITY
from selftest.git_repository import commit_all, made_repository

TARGET = """
[target]
name = "small"
environment = "staging"
[release]
version = "1.0"
[checklist]
path = "checklist.md"
[repository]
path = "REPOSITORY"
env_file = "live.settings"
[migration]
backups = "db/backups"
logs = "db/logs"
"""


def made(root: Path, repository: str = "product") -> Settings:
    source = root / repository
    (source / "db" / "backups").mkdir(parents=True)
    (source / "db" / "backups" / "real.dump").write_text("rows of the real product")
    (source / "db" / "run.sh").write_text("#!/bin/sh\n")
    (source / "live.settings").write_text("TOKEN=real-secret\n")
    (source / ".gitignore").write_text("live.settings\nbackups/\nreports/\n.cache/\n*.toml\n")
    made_repository(source)
    target = root / "target.toml"
    target.write_text(TARGET.replace("REPOSITORY", repository))
    return load(str(target), root=root, environ={})


def copy_of(settings: Settings) -> RehearsalCopy:
    state = git_state(settings.repository_path)
    return RehearsalCopy(settings, state, settings.root / ".cache" / "gonogo" / "pg-1")


def test_there_is_no_copy_until_one_is_prepared(tmp_path: Path) -> None:
    settings = made(tmp_path)
    assert copy_of(settings).path is None
    path = copy_of(settings).prepare({"TOKEN": "made-up"})
    assert copy_of(settings).path == path
    assert (path / "live.settings").read_text() == "TOKEN=made-up\n"


def test_nothing_real_is_in_the_copy_not_even_in_its_history(tmp_path: Path) -> None:
    path = copy_of(made(tmp_path)).prepare({})
    assert list((path / "db" / "backups").iterdir()) == []
    everything = subprocess.run(
        ["git", "log", "-p", "--all"], cwd=path, capture_output=True, check=True
    ).stdout
    assert b"real-secret" not in everything
    assert b"run.sh" in everything


def test_the_same_commit_is_copied_once(tmp_path: Path) -> None:
    settings = made(tmp_path)
    path = copy_of(settings).prepare({})
    (path / "left").write_text("by a script")
    assert copy_of(settings).prepare({}) == path
    assert (path / "left").exists()


def test_a_new_commit_gets_a_new_copy_with_the_backups_and_logs_of_the_old(tmp_path: Path) -> None:
    settings = made(tmp_path)
    old = copy_of(settings).prepare({})
    (old / "db" / "backups" / "a.dump").write_text("kept")
    (old / "db" / "logs" / "a.log").write_text("kept")
    (settings.repository_path / "db" / "run.sh").write_text("#!/bin/sh\necho new\n")
    changed = copy_of(settings).prepare({})
    commit_all(settings.repository_path)
    committed = copy_of(settings).prepare({})
    assert len({old, changed, committed}) == 3
    for path in (changed, committed):
        assert (path / "db" / "run.sh").read_text().endswith("new\n")
        assert (path / "db" / "backups" / "a.dump").read_text() == "kept"
        assert (path / "db" / "logs" / "a.log").read_text() == "kept"


def test_a_repository_that_holds_the_project_itself_is_copied_without_the_copies(
    tmp_path: Path,
) -> None:
    settings = made(tmp_path, repository=".")
    path = copy_of(settings).prepare({})
    assert not (path / ".cache" / "gonogo").exists()
    (settings.root / "reports").mkdir()
    (settings.root / "reports" / "x").write_text("grows with every run")
    (settings.root / ".gitignore").write_text("live.settings\nbackups/\n*.toml\n")
    # The copies and reports stay out of the commit, although nothing ignores them.
    run_git(settings.root, "commit", "--quiet", "--all", "-m", "y", variables=COMMIT_IDENTITY)
    assert copy_of(settings).prepare({}) == copy_of(settings).prepare({})


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    settings = made(tmp_path)
    (tmp_path / ".cache").write_text("a file where a folder should be")
    with pytest.raises(CannotTell, match=r"cannot be (copied|made)") as caught:
        copy_of(settings).prepare({})
    assert ".cache" in caught.value.where
    assert caught.value.found
    assert caught.value.do


def test_changes_below_a_folder_count_for_the_copy(tmp_path: Path) -> None:
    settings = made(tmp_path)
    folder = settings.repository_path / "new"
    folder.mkdir()
    (folder / "a.sql").write_text("SELECT 1")
    first = copy_of(settings).prepare({})
    (folder / "a.sql").write_text("SELECT 2")
    second = copy_of(settings).prepare({})
    assert first != second
    assert (second / "new" / "a.sql").read_text() == "SELECT 2"
    assert oct((second / "live.settings").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        (("backups", "logs"), ("backups", "logs")),
        (("db/backups", "db/backups/logs"), ("db/backups",)),
        (("same", "same"), ("same",)),
        (("../outside", "/elsewhere", "", "."), ()),
    ],
)
def test_only_folders_inside_the_repository_are_kept(
    named: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    assert kept_folders(named) == kept
