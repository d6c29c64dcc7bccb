"""A budget of requests per key and minute."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

WINDOW_S = 60


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What one request learns of its key's budget."""

    limit: int
    left: int
    resets_at_s: int
    """Unix time at which the next window begins."""
    wait_s: int
    """How long to wait when nothing was left; 0 when the request may pass."""

    def headers(self) -> dict[str, str]:
        """Return what every answer says of it."""
        said = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.left),
            "X-RateLimit-Reset": str(self.resets_at_s),
        }
        return said | ({"Retry-After": str(self.wait_s)} if self.wait_s else {})


class Budgets:
    """The budgets of all keys, in windows of one minute by the clock."""

    def __init__(self, per_minute: int) -> None:
        self._limit = per_minute
        self._used: dict[str, tuple[int, int]] = {}

    def spend(self, key: str, *, at: datetime) -> Budget:
        """Take one request from *key*'s budget."""
        now_s = at.timestamp()
        window = int(now_s // WINDOW_S)
        known, used = self._used.get(key, (window, 0))
        used = used + 1 if known == window else 1
        self._used[key] = (window, used)
        resets_at_s = (window + 1) * WINDOW_S
        wait_s = math.ceil(resets_at_s - now_s) if used > self._limit else 0
        left = max(self._limit - used, 0)
        return Budget(limit=self._limit, left=left, resets_at_s=resets_at_s, wait_s=wait_s)
