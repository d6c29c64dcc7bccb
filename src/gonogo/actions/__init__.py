"""Steps that change a target: product scripts run truthfully, and what they may reach."""

from __future__ import annotations

from gonogo.actions.environment import clean_environment
from gonogo.actions.guard import Guard
from gonogo.actions.running import Lost, Running, adopt, start
from gonogo.actions.script import Ended, Prompt, ScriptResult, ScriptSpec

__all__ = [
    "Ended",
    "Guard",
    "Lost",
    "Prompt",
    "Running",
    "ScriptResult",
    "ScriptSpec",
    "adopt",
    "clean_environment",
    "start",
]
