"""Ties each collected test to its item, orders what was selected, and opens the journal."""

from __future__ import annotations

import gc
from collections.abc import Generator
from typing import Any

import pytest

from gonogo.errors import RecordError, UsageError
from gonogo.pytest_plugin.barrier import PhaseBarrier
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.pytest_plugin.traceability import (
    check_traceability,
    item_id_key,
    mark_with_phase,
    order_key,
)
from gonogo.standing import applies


class Collector:
    """What every process that collects does: trace, mark, order, open its journal."""

    def __init__(self, run: SuiteRun, barrier: PhaseBarrier) -> None:
        self._run = run
        self._barrier = barrier
        self._covered: tuple[str, ...] | None = None

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Give the check its phase before ``-m`` is applied."""
        mark_with_phase(item, self._run.checklist)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None]:
        """Check traceability over all tests, then order what was selected after all other hooks."""
        try:
            check_traceability(items, self._run.checklist)
        except UsageError as error:
            self._refuse(config, items, error)
        self._run.checked = tuple(test.stash[item_id_key] for test in items)
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            self._covered = tuple(sorted(self._run.checked))
        yield
        self._leave_out_what_does_not_apply(config, items)
        items.sort(key=lambda test: order_key(test, self._run.checklist))

    def _leave_out_what_does_not_apply(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Deselect the checks of platforms that this target is not on; the report says so."""
        platforms = self._run.settings.deployment.platforms
        kept: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for test in items:
            item = self._run.checklist.item(test.stash[item_id_key])
            (kept if applies(item, platforms) else left_out).append(test)
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = kept

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Open the journal, now that it is known what is planned."""
        if self._run.instance is None and self._run.failure is None:
            return
        selected = [test.stash[item_id_key] for test in session.items]
        ids = self._run.scope.ids
        self._run.selected = tuple(selected)
        self._barrier.plan(session.items)
        try:
            self._run.open_segment(planned=selected if ids is None else ids, covered=self._covered)
        except RecordError as error:
            raise pytest.UsageError(str(error)) from error
        # What was imported and collected stays: the garbage collector need not look at it again.
        gc.freeze()

    @staticmethod
    def _refuse(config: pytest.Config, items: list[pytest.Item], error: UsageError) -> None:
        """Stop; a worker cannot raise a usage error, so it hands the words to the controller."""
        items.clear()
        output: dict[str, Any] | None = getattr(config, "workeroutput", None)
        if output is None:
            raise pytest.UsageError(str(error)) from error
        output["gonogo_usage_error"] = str(error)
