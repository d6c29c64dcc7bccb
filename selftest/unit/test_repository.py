from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.config import load
from gonogo.errors import CannotTell
from gonogo.repository import git_state, migration_files, run_git
from selftest.git_repository import commit_all, made_repository

NO_GIT = "git-that-is-not-installed"
FILE = """\
[target]
name = "a target"
environment = "test"
[release]
version = "1.0.0"
[checklist]
path = "list.md"
[repository]
path = "product"
[migration]
folder = "deployment"
files = "migration-[0-9]*-*.sql"
rollback_files = "migration-{number}-rollback.sql"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "product"
    folder.mkdir()
    (folder / "readme.md").write_text("hello\n")
    made_repository(folder)
    return folder


class TestGitState:
    def test_a_clean_repository_names_its_commit(self, repository: Path) -> None:
        state = git_state(repository)
        assert state.commit == run_git(repository, "rev-parse", "HEAD").strip()
        assert state.dirty is False

    def test_changed_renamed_and_new_files_are_named(self, repository: Path) -> None:
        (repository / "moved.md").write_text("line\n" * 20)
        commit_all(repository)
        run_git(repository, "mv", "moved.md", "with space.md")
        (repository / "readme.md").write_text("changed\n")
        (repository / "new.md").touch()
        state = git_state(repository)
        assert state.dirty
        assert set(state.changed or ()) == {"readme.md", "with space.md", "new.md"}

    def test_only_the_folder_itself_counts(self, repository: Path) -> None:
        inner = repository / "inner"
        inner.mkdir()
        (inner / "file").touch()
        commit_all(repository)
        (repository / "new.md").touch()
        assert git_state(inner).dirty is False

    def test_without_git_the_commit_is_read_and_changes_stay_unknown(
        self, repository: Path
    ) -> None:
        state = git_state(repository, git=NO_GIT)
        assert state.commit == git_state(repository).commit
        assert state.changed is None
        assert state.dirty is None

    def test_without_git_packed_and_detached_commits_are_read(self, repository: Path) -> None:
        wanted = git_state(repository).commit
        run_git(repository, "pack-refs", "--all")
        assert git_state(repository, git=NO_GIT).commit == wanted
        run_git(repository, "checkout", "--quiet", "--detach")
        assert git_state(repository, git=NO_GIT).commit == wanted

    def test_without_git_a_linked_work_tree_is_read(self, repository: Path) -> None:
        linked = repository.parent / "linked"
        run_git(repository, "worktree", "add", "--quiet", "-b", "side", str(linked))
        assert git_state(linked, git=NO_GIT).commit == git_state(linked).commit

    def test_a_missing_folder_cannot_be_looked_at(self, tmp_path: Path) -> None:
        with pytest.raises(CannotTell, match="not there") as caught:
            git_state(tmp_path / "missing")
        assert caught.value.found == "nothing"
        (tmp_path / "file").touch()
        with pytest.raises(CannotTell, match="not there"):
            git_state(tmp_path / "file")

    @pytest.mark.parametrize("git", ["git", NO_GIT])
    def test_a_folder_in_no_repository_cannot_be_told(self, tmp_path: Path, git: str) -> None:
        with pytest.raises(CannotTell):
            git_state(tmp_path, git=git)

    @pytest.mark.parametrize("git", ["git", NO_GIT])
    def test_a_repository_without_a_commit_cannot_be_told(self, tmp_path: Path, git: str) -> None:
        run_git(tmp_path, "init", "--quiet", "-b", "main")
        with pytest.raises(CannotTell):
            git_state(tmp_path, git=git)

    def test_a_git_that_is_missing_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CannotTell, match="cannot be started"):
            run_git(tmp_path, "status", git=NO_GIT)

    def test_a_git_that_hangs_is_given_up(self, tmp_path: Path) -> None:
        slow = tmp_path / "slow"
        slow.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
        slow.chmod(0o755)
        with pytest.raises(CannotTell, match="did not answer"):
            run_git(tmp_path, "status", git=str(slow), timeout_s=0.1)

    def test_the_callers_configuration_is_not_used(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_DIR", "/nowhere")
        monkeypatch.setenv("HOME", str(repository))
        (repository / ".gitconfig").write_text("broken [")
        assert git_state(repository).changed == (".gitconfig",)


class TestMigrationFiles:
    def folder(self, root: Path, *names: str) -> Path:
        (root / "gonogo.toml").write_text(FILE)
        folder = root / "product/deployment"
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).touch()
        return folder

    def test_they_come_by_number_with_their_rollbacks(self, tmp_path: Path) -> None:
        folder = self.folder(
            tmp_path,
            *("migration-10-c.sql", "migration-2-b.sql", "migration-1-a.sql"),
            *("migration-1-rollback.sql", "migration-2-rollback.sql", "notes.md"),
        )
        found = migration_files(load(root=tmp_path, environ={}))
        assert [file.number for file in found] == ["1", "2", "10"]
        assert [file.rollback for file in found] == [
            folder / "migration-1-rollback.sql",
            folder / "migration-2-rollback.sql",
            None,
        ]

    def test_a_folder_without_any_cannot_be_judged(self, tmp_path: Path) -> None:
        self.folder(tmp_path, "migration-1-rollback.sql")
        with pytest.raises(CannotTell, match="no migration file") as caught:
            migration_files(load(root=tmp_path, environ={}))
        assert caught.value.found == "1 other files"
        assert "gonogo.toml:12" in caught.value.where

    def test_an_empty_folder_is_named_so(self, tmp_path: Path) -> None:
        self.folder(tmp_path)
        with pytest.raises(CannotTell) as caught:
            migration_files(load(root=tmp_path, environ={}))
        assert caught.value.found == "an empty folder"

    def test_a_copys_files_are_found_in_the_copy(self, tmp_path: Path) -> None:
        self.folder(tmp_path)
        copy = tmp_path / "copy"
        (copy / "deployment").mkdir(parents=True)
        (copy / "deployment/migration-1-a.sql").touch()
        found = migration_files(load(root=tmp_path, environ={}), repository=copy)
        assert found[0].path.is_relative_to(copy)

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "gonogo.toml").write_text(FILE)
        with pytest.raises(CannotTell, match="cannot be listed"):
            migration_files(load(root=tmp_path, environ={}))

    def test_without_rollback_files_all_are_forward_files(self, tmp_path: Path) -> None:
        self.folder(tmp_path, "migration-1-rollback.sql")
        settings = load(root=tmp_path, environ={}, overrides={"migration.rollback_files": ""})
        assert [file.rollback for file in migration_files(settings)] == [None]

    def test_files_without_a_number_come_first(self, tmp_path: Path) -> None:
        self.folder(tmp_path, "b.sql", "migration-1-a.sql")
        settings = load(root=tmp_path, environ={}, overrides={"migration.files": "*.sql"})
        assert [file.number for file in migration_files(settings)] == ["", "1"]
