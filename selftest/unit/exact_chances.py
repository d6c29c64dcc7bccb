"""The chance of each number of good ones, and the numbers that the tests draw."""

from __future__ import annotations

import math
from functools import cache

from hypothesis import strategies as st

ROUNDING = 1e-12
SHARES = (0.5, 0.8, 0.95, 0.995)
counts = st.integers(1, 3000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
shares = st.floats(0.01, 0.999)
confidences = st.floats(0.6, 0.9999)


@cache
def chances(of: int, share: float) -> tuple[float, ...]:
    """The chance of each number of good ones, summed term by term and by nothing of scipy."""
    return tuple(
        math.comb(of, good) * share**good * (1 - share) ** (of - good) for good in range(of + 1)
    )
