from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.pytest_plugin.shared import once


def test_a_step_is_taken_once_and_its_result_shared(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> dict[str, int]:
        made.append(1)
        return {"rows": 7}

    assert [once(tmp_path, "import", make) for _ in range(2)] == [{"rows": 7}] * 2
    assert made == [1]
    assert once(tmp_path, "sync", make) == {"rows": 7}
    assert len(made) == 2


def test_a_step_that_failed_is_taken_again(tmp_path: Path) -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once(tmp_path, "import", fail)
    assert once(tmp_path, "import", lambda: 1) == 1
