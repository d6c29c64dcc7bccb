"""A PATH on which some programs are missing."""

from __future__ import annotations

import os
from collections.abc import Container
from pathlib import Path

OF_NODE = ("node", "nodejs", "npm", "npx")
BROWSERS = (
    *("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome"),
    *("google-chrome-stable", "microsoft-edge", "microsoft-edge-stable", "msedge"),
    *("firefox", "firefox-esr"),
)


def path_without(names: Container[str], folder: Path) -> str:
    """Return a PATH with every program of this one but *names*, made in *folder*."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).glob("*"):
            if program.name not in names and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    return str(folder)
