"""The provider of a fault's run: it hands over a clone that the runner made and keeps."""

from __future__ import annotations

from pathlib import Path

from gonogo.config import Settings
from gonogo.provider import Instance, Intent

INSTANCE_FILE = "instance.json"
"""Beside the target file; it holds passwords and only its owner can read it."""


class HandedOver:
    """A target that is running already and stays when the run ends."""

    def __init__(
        self,
        settings: Settings,
        *,
        root: Path,  # noqa: ARG002 - nothing is made here
        workspace: Path,  # noqa: ARG002
        intent: Intent,  # noqa: ARG002
    ) -> None:
        self._path = settings.path(settings.file).with_name(INSTANCE_FILE)

    def start(self) -> Instance:
        """Return how to reach the clone."""
        return Instance.from_json(self._path.read_text(encoding="utf-8"))

    def stop(self) -> None:
        """Leave the clone to the runner."""


def hand_over(instance: Instance, folder: Path) -> None:
    """Write what :class:`HandedOver` reads, beside the target file in *folder*."""
    path = folder / INSTANCE_FILE
    path.touch(mode=0o600)
    path.write_text(instance.to_json(), encoding="utf-8")
