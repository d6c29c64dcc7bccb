"""The environment a product script starts with: named variables only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def script_environment(clients: Path, home: Path, told: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a product's script: the *clients* first on PATH, what it is told.

    A PATH among *told* goes between the clients and the system's own.
    """
    folders = (str(clients), told.get("PATH", ""), SYSTEM_PATH)
    others = {name: value for name, value in told.items() if name != "PATH"}
    return clean_environment(home, ":".join(filter(None, folders)), others)


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
