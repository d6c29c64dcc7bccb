"""What the processes of one run make once and share: a step that must not be taken twice."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from gonogo.errors import CannotTell

T = TypeVar("T")


def once(folder: Path, name: str, make: Callable[[], T]) -> T:
    """Return what *make* gives; only the first process of the run that asks calls it.

    *folder* is the run's own, which nobody else can read. What *make* raises is raised for all: a
    step that failed halfway has acted, and is not taken again by the next process.
    """
    path = folder / f"{name}.shared"
    with FileLock(f"{path}.lock"):
        if path.exists():
            made: T | _Failed = pickle.loads(path.read_bytes())  # noqa: S301 - written below
            if isinstance(made, _Failed):
                raise made.error
            return made
        try:
            value = make()
        except Exception as error:
            _keep(path, _Failed(error=_portable(error)))
            raise
        _keep(path, value)
        return value


@dataclass(frozen=True, kw_only=True)
class _Failed:
    error: Exception


def _keep(path: Path, value: object) -> None:
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_bytes(pickle.dumps(value))
    partial.rename(path)


def _portable(error: Exception) -> Exception:
    """Return *error*, or its words where it cannot be handed to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own, a moment old
    except Exception:  # noqa: BLE001 - pickling raises whatever the error's class raises
        return CannotTell(
            "a step that the processes of this run share has failed",
            found=f"{type(error).__name__}: {error}",
        )
    return error
