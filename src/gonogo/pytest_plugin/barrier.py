"""Holds a check back until every earlier phase of the run is finished, in every worker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gonogo.checklist import PHASES
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.pytest_plugin.traceability import item_id_key
from gonogo.waiting import wait_until

LOOK_EVERY_S = 0.1


class PhaseBarrier:
    """Phases run one after the other, whatever worker their checks were given to."""

    def __init__(self, run: SuiteRun) -> None:
        self._run = run
        self._turns: dict[str, int] = {}
        self._open_until = -1

    def plan(self, tests: Sequence[pytest.Item]) -> None:
        """Take note of the checks that all workers will run between them."""
        for test in tests:
            item_id = test.stash[item_id_key]
            self._turns[item_id] = self._run.checklist.item(item_id).turn

    @pytest.hookimpl
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Wait for the earlier phases; a deadline ends in ERROR."""
        turn = self._turns[item.stash[item_id_key]]
        if turn == self._open_until:
            return
        earlier = {i for i, t in self._turns.items() if t < turn}
        if earlier:
            wait_until(
                lambda: earlier - set(self._run.finished_items()),
                lambda left: not left,
                what=f"the checks of earlier phases to finish before {PHASES[turn]}",
                timeout_s=self._run.options.barrier_timeout_s,
                interval_s=LOOK_EVERY_S,
                do="see which worker still runs, or allow more time with --barrier-timeout",
            )
        self._open_until = turn
