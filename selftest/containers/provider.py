"""Containers that run already, as a target: its address and commit come by the environment."""

from __future__ import annotations

import json
import os
from pathlib import Path

from gonogo.config import Settings
from gonogo.provider import Instance, Intent

VARIABLE = "SELFTEST_CONTAINERS"


class Containers:
    def __init__(
        self, settings: Settings, *, root: Path, workspace: Path, intent: Intent
    ) -> None: ...

    def start(self) -> Instance:
        told = json.loads(os.environ[VARIABLE])
        return Instance(**{**told, "stand_ins": tuple(told["stand_ins"])})

    def stop(self) -> None: ...
