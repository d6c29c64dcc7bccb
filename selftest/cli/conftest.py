from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.repository import run_git
from gonogo.repository_copy import COMMIT_IDENTITY
from selftest.cli.doctors_project import CHECKLIST, FILE
from selftest.cli.release import Release, made_in


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
    run_git(product, "init", "--quiet", "-b", "main")
    run_git(product, "add", "--all")
    run_git(product, "commit", "--quiet", "-m", "first", variables=COMMIT_IDENTITY)
    (tmp_path / "list.md").write_text(CHECKLIST)
    (tmp_path / "gonogo.toml").write_text(FILE)
    return tmp_path
