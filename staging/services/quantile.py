"""Quantiles as the vendors' databases compute them."""

from __future__ import annotations

from collections.abc import Sequence


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the quantile with linear interpolation, or None of nothing."""
    if not values:
        return None
    rising = sorted(values)
    place = share * (len(rising) - 1)
    below = int(place)
    above = min(below + 1, len(rising) - 1)
    return rising[below] + (rising[above] - rising[below]) * (place - below)
