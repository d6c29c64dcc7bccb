"""Finds the script of the served page that has a certain text: names of scripts are hashes."""

from __future__ import annotations

from staging.faults.text_file import PlaceNotFoundError, TextFile
from staging.faults.whole_clone import WholeClone


def script_with(clone: WholeClone, text: str) -> TextFile:
    """Return the one script of production's page that has *text* in it, to be changed.

    Raises:
        PlaceNotFoundError: no script has it, or more than one.
    """
    folder = clone.served("dist/index.html").path.parent / "assets"
    found = [each.name for each in folder.glob("*.js") if text in each.read_text("utf-8")]
    if len(found) != 1:
        raise PlaceNotFoundError(f"{len(found)} served scripts have {text!r} in them, expected 1")
    return clone.served(f"dist/assets/{found[0]}")
