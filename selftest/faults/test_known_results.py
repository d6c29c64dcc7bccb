from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.verdict import State
from staging.faults.every_fault import FAULTS
from staging.faults.known_results import (
    CHECKS,
    KnownResults,
    digest_of_files,
    shared_text,
    text_of,
)
from staging.faults.running import Observed

FAULT = next(each for each in FAULTS if each.id == "log-is-empty")
OTHER = next(each for each in FAULTS if each.id == "log-is-yesterdays")
SEEN = Observed(states={"MIG-2.4": State.ERROR}, messages={"MIG-2.4": "empty"}, checked=12)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for part in CHECKS:
        path = tmp_path / part
        if path.suffix:
            path.write_text("text\n")
        else:
            path.mkdir(parents=True)
            (path / "file.py").write_text("text\n")
    return tmp_path


def test_a_result_is_found_again(root: Path) -> None:
    KnownResults(root).keep(FAULT, SEEN)
    assert KnownResults(root).of(FAULT) == SEEN
    assert KnownResults(root).of(OTHER) is None


def test_trouble_is_not_kept(root: Path) -> None:
    KnownResults(root).keep(FAULT, Observed(trouble="no server"))
    assert KnownResults(root).of(FAULT) is None


def test_a_damaged_file_is_no_result(root: Path) -> None:
    known = KnownResults(root)
    known.keep(FAULT, SEEN)
    next((root / ".cache/faults").iterdir()).write_text("{")
    assert known.of(FAULT) is None


@pytest.mark.parametrize("part", CHECKS)
def test_a_result_is_forgotten_when_a_check_changes(root: Path, part: str) -> None:
    KnownResults(root).keep(FAULT, SEEN)
    path = root / part
    file = path if path.suffix else path / "file.py"
    file.write_text("another text\n")
    assert KnownResults(root).of(FAULT) is None


def test_a_change_of_the_catalogue_is_no_change_of_the_checks(root: Path) -> None:
    before = digest_of_files(root)
    (root / "staging/faults/catalogue").mkdir(parents=True)
    (root / "staging/faults/catalogue/data.py").write_text("new")
    assert digest_of_files(root) == before


def test_faults_of_a_module_share_what_is_in_no_fault() -> None:
    assert "def log_is_empty" in text_of(FAULT)
    assert "@fault" in text_of(FAULT)
    shared = shared_text(FAULT)
    assert shared == shared_text(OTHER)
    assert "LOG_SAID = " in shared
    assert "def log_is" not in shared
