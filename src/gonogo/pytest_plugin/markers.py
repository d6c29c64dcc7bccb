"""The markers, and the words for states that pytest does not know."""

from __future__ import annotations

import pytest

from gonogo.checklist import PHASES
from gonogo.pytest_plugin.recording import state_of_report
from gonogo.verdict import State

EXTRA_MARKERS = {
    "browser": "needs a real browser",
    "action": "relies on a step that changes the target",
}
_WORDS = {
    State.ERROR: ("error", "E", ("ERROR", {"red": True})),
    State.INCONCLUSIVE: ("inconclusive", "I", ("INCONCLUSIVE", {"yellow": True})),
    State.NOT_RUN: ("not run", "n", ("NOT_RUN", {"yellow": True})),
}


def declare_markers(config: pytest.Config) -> None:
    """Register the markers, so that strict mode accepts them and ``--markers`` shows them."""
    config.addinivalue_line(
        "markers", 'item(id): the one checklist item this test checks: "MIG-3.4"'
    )
    for phase in PHASES:
        config.addinivalue_line("markers", f"{phase}: an item of the checklist's phase {phase}")
    for name, meaning in EXTRA_MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Return category, letter and word for a report whose state pytest cannot name."""
    if report.passed:
        return None
    return _WORDS.get(state_of_report(report))  # type: ignore[return-value,arg-type]
