from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.errors import CannotTell, ServiceRefused
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


@pytest.mark.parametrize(
    "error",
    [
        CannotTell("it broke off", where="the page", do="look"),
        ServiceRefused("no", status=503, said="busy", where="the partner"),
        ValueError("no"),
    ],
)
def test_a_step_that_failed_is_not_taken_again(tmp_path: Path, error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        once(tmp_path, "import", fail)
    with pytest.raises(type(error)) as told:
        once(tmp_path, "import", lambda: pytest.fail("it was taken again"))
    assert str(told.value) == str(error)
    assert vars(told.value) == vars(error)


def test_an_error_that_cannot_be_handed_over_is_told_in_words(tmp_path: Path) -> None:
    class Local(Exception):
        pass

    def fail() -> None:
        raise Local("halfway")

    with pytest.raises(Local):
        once(tmp_path, "import", fail)
    with pytest.raises(CannotTell, match="Local: halfway"):
        once(tmp_path, "import", fail)
