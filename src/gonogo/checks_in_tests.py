"""Which items have a check: read from the text of the tests, without importing or running any."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

_MARK = re.compile(r"""\bmark\.item\(\s*["']([^"']+)["']""")
USUAL_FOLDERS = ("tests",)


def items_with_checks(root: Path) -> frozenset[str]:
    """Return the ids that the tests of the project at *root* are marked with.

    The folders are those of pytest's ``testpaths`` in ``pyproject.toml``, else ``tests``. What
    cannot be read has no check.
    """
    found: set[str] = set()
    for folder in _folders(root):
        for path in (root / folder).rglob("test_*.py"):
            found.update(_MARK.findall(_text(path)))
    return frozenset(found)


def _folders(root: Path) -> tuple[str, ...]:
    try:
        data: dict[str, Any] = tomllib.loads(_text(root / "pyproject.toml"))
        section = data["tool"]["pytest"]
        folders = section.get("ini_options", section).get("testpaths", USUAL_FOLDERS)
    except (tomllib.TOMLDecodeError, KeyError, AttributeError):
        return USUAL_FOLDERS
    return tuple(folders.split() if isinstance(folders, str) else folders)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
