from __future__ import annotations

from collections.abc import Callable

import pytest

from selftest.promises.observed import Observed


def test_two_workers_give_the_same_states_as_one(observe: Callable[..., Observed]) -> None:
    alone, two = observe(), observe("-n", "2")
    assert len(alone.place.states) == 12
    assert two.place.states == alone.place.states
    assert set(alone.place.states.values()) == {"PASS"}
    processes = {path.name for path in two.place.reports.glob("*/runs/*/*.jsonl")}
    assert sum(name.startswith("gw") for name in processes) == 2, processes


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
def test_a_run_that_ended_leaves_no_temporary_files(
    observe: Callable[..., Observed], workers: list[str]
) -> None:
    left = [path.name for path in observe(*workers).place.temporary.iterdir()]
    assert [name for name in left if not name.startswith("pytest-of-")] == []


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
def test_each_action_ran_once(observe: Callable[..., Observed], workers: list[str]) -> None:
    observed = observe(*workers)
    assert observed.script_logs() == ["migrate.sh --backup", "migrate.sh "]
    folders = [path.name for path in observed.place.reports.glob("*/actions/*")]
    assert sorted(name.rpartition("-")[2] for name in folders) == ["backup", "migrate"]
