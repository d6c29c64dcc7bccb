from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from gonogo.env_file import read_env_file
from gonogo.errors import CannotTell
from gonogo.repository import git_state, run_git
from gonogo.repository_copy import copy_out, local_packages, write_env_file


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
