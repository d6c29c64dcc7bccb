"""The variables that lie over the platform's, as the product's running server reads them."""

from __future__ import annotations

import os
from pathlib import Path

FILE_TICK_NS = 1_000_000


class RuntimeFile:
    """A file that a server reads again when its time is another."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, **variables: str) -> None:
        """Put *variables* in force, and take those of an earlier call back."""
        before_ns = self.path.stat().st_mtime_ns if self.path.exists() else 0
        partial = self.path.with_suffix(".partial")
        partial.write_text("".join(f"{k}='{v}'\n" for k, v in variables.items()), "utf-8")
        # The server reads it again when its time is another; a file's clock ticks every few ms.
        if partial.stat().st_mtime_ns <= before_ns:
            os.utime(partial, ns=(before_ns + FILE_TICK_NS, before_ns + FILE_TICK_NS))
        partial.rename(self.path)
