"""Whoever asks a supervisor for a script, within one process."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonogo.actions import Guard, ScriptSpec
from gonogo.errors import GonogoError


@dataclass(kw_only=True)
class Asker:
    """Who asks for a script within this process, and what they were told."""

    answer: bool = True
    heard: list[str] = field(default_factory=list)
    error: GonogoError | None = None

    def lets_begin(self) -> bool:
        self.heard.append("ready")
        return self.answer

    def told_started(self) -> None:
        self.heard.append("started")

    def told(self, error: GonogoError) -> None:
        self.error = error


def order_for(spec: ScriptSpec, folder: Path, *, guard: Guard | None = None) -> dict[str, Any]:
    spec_order = json.loads(json.dumps(spec.to_order()))
    return {
        "spec": spec_order,
        "folder": str(folder),
        "secrets": [],
        "personal_data": False,
        "guard": guard.to_order() if guard else None,
    }
