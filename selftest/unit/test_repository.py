from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from gonogo.config import load
from gonogo.env_file import read_env_file
from gonogo.errors import CannotTell
from gonogo.repository import git_state, migration_files, run_git
from gonogo.repository_copy import COMMIT_IDENTITY, copy_out, local_packages, write_env_file

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
    run_git(folder, "init", "--quiet", "-b", "main")
    commit(folder)
    return folder


def commit(folder: Path) -> str:
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "-m", "change", variables=COMMIT_IDENTITY)
    return run_git(folder, "rev-parse", "HEAD").strip()


class TestGitState:
    def test_a_clean_repository_names_its_commit(self, repository: Path) -> None:
        state = git_state(repository)
        assert state.commit == run_git(repository, "rev-parse", "HEAD").strip()
        assert state.dirty is False

    def test_changed_renamed_and_new_files_are_named(self, repository: Path) -> None:
        (repository / "moved.md").write_text("line\n" * 20)
        commit(repository)
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
        commit(repository)
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


class TestCopies:
    @pytest.fixture
    def product(self, tmp_path: Path) -> Path:
        product = tmp_path / "here" / "product"
        files = {
            "package.json": '{"dependencies": {"shared": "file:../shared", "x": "^1", "n": 1}}',
            "deployment/migrate.sh": "#!/bin/sh\n",
            "deployment/backups/old.sql": "rows",
            "src/dist/kept.js": "kept",
            "dist/bundle.js": "built",
            "node_modules/x/index.js": "installed",
            ".vercel/project.json": "{}",
            ".env.production": "KEY=hunter22",
            "sub/.env": "KEY=hunter22",
            ".env.production.example": "KEY=",
            ".git/config": "",
            ".gitignore": ".env.production\n",
        }
        for name, text in files.items():
            (product / name).parent.mkdir(parents=True, exist_ok=True)
            (product / name).write_text(text)
        (product / "deployment/migrate.sh").chmod(0o755)
        (product / "inside").symlink_to("deployment/migrate.sh")
        (product / "outside").symlink_to("/etc/hostname")
        shared = tmp_path / "here" / "shared"
        shared.mkdir()
        (shared / "package.json").write_text("{}")
        (shared / ".env").write_text("KEY=hunter22")
        return product

    def copy(self, product: Path, destination: Path) -> tuple[Path, str]:
        made = copy_out(
            product,
            destination,
            env_file=".env.production",
            env_values={"VITE_SUPABASE_URL": "https://nowhere.supabase.co", "TEXT": "two words"},
            leave_out=["deployment/backups"],
        )
        return made.path, made.commit

    def test_it_holds_the_repository_and_nothing_built_secret_or_real(
        self, product: Path, tmp_path: Path
    ) -> None:
        path, _ = self.copy(product, tmp_path / "copy")
        listed = run_git(path, "ls-files").split()
        assert listed == [
            ".env.production.example",
            ".gitignore",
            "deployment/migrate.sh",
            "inside",
            "package.json",
            "src/dist/kept.js",
        ]
        assert not (path / "sub/.env").exists()
        assert not (path / "deployment/backups").exists()

    def test_it_is_clean_and_its_env_file_is_private(self, product: Path, tmp_path: Path) -> None:
        path, commit_id = self.copy(product, tmp_path / "copy")
        assert git_state(path).commit == commit_id
        assert git_state(path).dirty is False
        env_file = path / ".env.production"
        assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
        assert read_env_file(env_file).text_of("TEXT") == "two words"

    def test_equal_files_give_an_equal_commit(self, product: Path, tmp_path: Path) -> None:
        _, first = self.copy(product, tmp_path / "one")
        _, second = self.copy(product, tmp_path / "two")
        assert first == second
        (product / "new").touch()
        _, third = self.copy(product, tmp_path / "three")
        assert third != first

    def test_scripts_stay_executable_and_links_stay_links(
        self, product: Path, tmp_path: Path
    ) -> None:
        path, _ = self.copy(product, tmp_path / "copy")
        assert (path / "deployment/migrate.sh").stat().st_mode & 0o111
        assert (path / "inside").readlink() == Path("deployment/migrate.sh")

    def test_links_out_of_the_repository_are_left_out_and_named(
        self, product: Path, tmp_path: Path
    ) -> None:
        made = copy_out(product, tmp_path / "copy")
        assert not (made.path / "outside").is_symlink()
        assert made.notes == ("left out outside: a link out of the repository",)
        assert not (made.path / ".env.production").exists()

    def test_packages_beside_it_are_beside_the_copy(self, product: Path, tmp_path: Path) -> None:
        path, _ = self.copy(product, tmp_path / "copy")
        assert (path / "../shared/package.json").is_file()
        assert not (path / "../shared/.env").exists()

    def test_packages_further_up_are_as_far_up_from_the_copy(
        self, product: Path, tmp_path: Path
    ) -> None:
        (product / "package.json").write_text('{"dependencies": {"far": "link:../../far"}}')
        (tmp_path / "far").mkdir()
        path, _ = self.copy(product, tmp_path / "copy")
        assert path == tmp_path / "copy/here/product"
        assert (path / "../../far").is_dir()

    @pytest.mark.parametrize(
        "text", ["[]", "not json", '{"x": {"y": "file:./inside", "z": "file:../missing"}}']
    )
    def test_other_packages_are_not_copied(self, product: Path, text: str) -> None:
        (product / "package.json").write_text(text)
        assert local_packages(product) == ()

    def test_what_is_no_file_is_left_out_and_named(self, product: Path, tmp_path: Path) -> None:
        os.mkfifo(product / "pipe")
        made = copy_out(product, tmp_path / "copy")
        assert "left out pipe: no regular file" in made.notes

    def test_a_missing_repository_cannot_be_copied(self, tmp_path: Path) -> None:
        with pytest.raises(CannotTell, match="not there"):
            copy_out(tmp_path / "missing", tmp_path / "copy")

    def test_no_room_or_no_right_to_write_is_named(self, product: Path, tmp_path: Path) -> None:
        (tmp_path / "copy").touch()
        with pytest.raises(CannotTell, match="cannot be copied") as caught:
            copy_out(product, tmp_path / "copy")
        assert str(tmp_path / "copy") in caught.value.where

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            ("", "A=\n"),
            ("plain-1.0/x", "A=plain-1.0/x\n"),
            ("a $HOME `b` # c", "A='a $HOME `b` # c'\n"),
            ("it's", 'A="it\'s"\n'),
        ],
    )
    def test_values_are_quoted_so_that_all_readers_agree(
        self, tmp_path: Path, value: str, written: str
    ) -> None:
        path = tmp_path / "made/here.env"
        write_env_file(path, {"A": value})
        assert path.read_text() == written
        assert read_env_file(path).text_of("A") == value
        said = subprocess.run(
            ["sh", "-c", f'. {path}; printf %s "$A"'], capture_output=True, text=True, check=True
        )
        assert said.stdout == value

    @pytest.mark.parametrize("value", ["two\nlines", "it's $HOME", "back\\slash 'x'"])
    def test_values_that_readers_disagree_about_are_refused(
        self, tmp_path: Path, value: str
    ) -> None:
        with pytest.raises(CannotTell, match="the value of A") as caught:
            write_env_file(tmp_path / "x.env", {"A": value})
        assert value not in str(caught.value)
