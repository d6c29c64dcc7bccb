from __future__ import annotations

from pathlib import Path

import pytest

from selftest.unit.target_file import refusal, settings_of

PROVIDER = "staging.stack:Stack"


@pytest.mark.parametrize(
    ("said", "provider", "is_real"),
    [
        ("", "", True),
        ("real", "", True),
        ("made up", "", False),
        ("", PROVIDER, False),
        ("made up", PROVIDER, False),
        ("real", PROVIDER, True),
    ],
)
def test_data_is_real_unless_somebody_made_it_up(
    tmp_path: Path, said: str, provider: str, *, is_real: bool
) -> None:
    settings = settings_of(tmp_path, target__data=said, target__provider=provider)
    assert settings.real_data == is_real


def test_production_holds_no_made_up_data(tmp_path: Path) -> None:
    error = refusal(tmp_path, target__production=True, target__data="made up")
    assert error.where == "command line"
    assert "remove target.data" in error.do
    assert settings_of(tmp_path, target__production=True, target__data="real").real_data


def test_any_other_word_is_refused(tmp_path: Path) -> None:
    assert "'made up'" in refusal(tmp_path, target__data="fake").expected
