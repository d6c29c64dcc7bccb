"""Opens a segment of a journal that asks no disk to sync."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gonogo.journal import Segment
from selftest.unit.dossiers import NoRedaction, SetClock


def no_sync(_descriptor: int) -> None:
    pass


def segment(
    path: Path,
    *,
    clock: SetClock | None = None,
    fsync: Callable[[int], None] = no_sync,
    **header: object,
) -> Segment:
    return Segment(
        path, header=header, redaction=NoRedaction(), clock=clock or SetClock(), fsync=fsync
    )
