"""The boxes that faults are tried in: made when they are first needed, shared, stopped together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from gonogo.config import load
from staging.faults.box import PreparedBox
from staging.faults.clone import Clone
from staging.faults.fault import Fault
from staging.faults.whole_box import WholeBox


class Boxes:
    """One server of databases for phase 1; whole boxes for all else, as many as work at a time."""

    def __init__(self, root: Path, workspace: Path) -> None:
        self._root = root
        self._workspace = workspace
        self._settings = load(root=root, environ={})
        self._lock = threading.Lock()
        self._prepared: PreparedBox | None = None
        self._whole: list[WholeBox] = []
        self._free: list[WholeBox] = []

    def stop(self) -> None:
        """Stop all that was started."""
        for box in self._whole:
            box.stop()
        if self._prepared is not None:
            self._prepared.stop()

    def clone_for(self, fault: Fault) -> AbstractContextManager[Clone]:
        """Give what *fault* may break.

        Raises:
            CannotTell: the box for it cannot be prepared.
        """
        return self._whole_clone(fault) if fault.needs_services else self._clone(fault)

    @contextmanager
    def _clone(self, fault: Fault) -> Iterator[Clone]:
        with self._lock:
            if self._prepared is None:
                self._prepared = PreparedBox(self._root, self._workspace)
                self._prepared.start()
        with self._prepared.clone_for(fault) as clone:
            yield clone

    @contextmanager
    def _whole_clone(self, fault: Fault) -> Iterator[Clone]:
        with self._lock:
            box = self._free.pop() if self._free and not fault.own_server else None
        box = box or self._new_whole_box()
        is_as_before = False
        try:
            with box.clone_for(fault) as clone:
                yield clone
            is_as_before = not fault.own_server
        finally:
            if is_as_before:
                with self._lock:
                    self._free.append(box)
            else:
                box.stop()  # what broke half-way is not trusted to be mended by a reset

    def _new_whole_box(self) -> WholeBox:
        with self._lock:
            number = len(self._whole) + 1
            box = WholeBox(
                self._settings, root=self._root, workspace=self._workspace / f"box-{number}"
            )
            self._whole.append(box)
        box.start()
        return box
