from __future__ import annotations

from pathlib import Path

import pytest

from selftest.cli.release import Release, made_in


@pytest.fixture
def release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Release:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return made_in(tmp_path, capsys)
