"""The environment a product script starts with: named variables only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def clean_environment(
    home: Path, path: str, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return a complete environment that holds nothing of the caller's.

    LANG, LC_ALL, TERM and TZ have fixed values, PATH and HOME are the given ones, *extra* is
    added last.
    """
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PATH": path,
        "TERM": "dumb",
        "TZ": "UTC",
        **(extra or {}),
    }
