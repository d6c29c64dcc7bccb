"""Keeps checks with an effect from running where the target does not allow that effect."""

from __future__ import annotations

import pytest

from gonogo.effects import require_effect
from gonogo.pytest_plugin.run import SuiteRun
from gonogo.pytest_plugin.traceability import item_id_key

BY_THE_CHECK_ITSELF = frozenset({"test-event", "third-party-write"})
"""Effects a check has by running; writes to the target go through the action desk, which asks."""


class EffectGuard:
    """Asks, before each check, whether the target allows what the check does (design §1.7)."""

    def __init__(self, run: SuiteRun) -> None:
        self._run = run

    @pytest.hookimpl
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Leave the item NOT_RUN where its effect is not allowed."""
        effect = self._run.checklist.item(item.stash[item_id_key]).effect
        if effect not in BY_THE_CHECK_ITSELF:
            return
        require_effect(self._run.settings, effect)
