"""What the processes of one run make once and share: a step that must not be taken twice."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

T = TypeVar("T")


def once(folder: Path, name: str, make: Callable[[], T]) -> T:
    """Return what *make* gives; only the first process of the run that asks calls it.

    *folder* is the run's own, which nobody else can read. What *make* raises is not shared.
    """
    path = folder / f"{name}.shared"
    with FileLock(f"{path}.lock"):
        if path.exists():
            made: T = pickle.loads(path.read_bytes())  # noqa: S301 - written below
            return made
        value = make()
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_bytes(pickle.dumps(value))
        partial.rename(path)
        return value
