from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.config import load
from gonogo.effects import require_effect
from gonogo.errors import Blocked

ROOT = Path(__file__).parents[2]


def test_an_effect_that_the_target_allows_is_no_obstacle() -> None:
    require_effect(load(root=ROOT, environ={}), "test-event")


def test_what_the_target_does_not_allow_is_not_run() -> None:
    settings = load(root=ROOT, environ={}, overrides={"target.actions": []})
    with pytest.raises(Blocked, match="test-event are not allowed") as caught:
        require_effect(settings, "test-event")
    assert "test-event" in caught.value.do
