from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from selftest.cli.doctors_project import CHECKLIST, FILE
from selftest.cli.release import Release, made_in
from selftest.cli.shop import COLUMNS, SHOP, TARGET, Command
from selftest.git_repository import made_repository


@pytest.fixture
def release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Release:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return made_in(tmp_path, capsys)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    product = tmp_path / "product"
    (product / "db").mkdir(parents=True)
    (product / "db/01-a.sql").touch()
    (product / "db/01.down.sql").touch()
    (product / "db/save.sh").write_text("#!/bin/sh\n")
    (product / "db/save.sh").chmod(0o755)
    (product / ".env.production").write_text("A=1\n")
    made_repository(product)
    (tmp_path / "list.md").write_text(CHECKLIST)
    (tmp_path / "gonogo.toml").write_text(FILE)
    return tmp_path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "gonogo.toml").write_text(TARGET)
    (tmp_path / "shop.py").write_text(SHOP)
    return tmp_path


@pytest.fixture
def staging(shop: Path) -> Iterator[Command]:
    environ = {**os.environ, "COLUMNS": str(COLUMNS)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("gonogo")), "staging", *arguments],
            cwd=shop,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    yield run
    run("down")
    run("down", "--name", "second")
