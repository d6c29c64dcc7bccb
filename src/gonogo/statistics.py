"""What counts of measurements prove about a share, by exact binomial bounds. Pure.

A percentile is a share: "the p95 is below the limit" says that more than 95 % of all
measurements are below it, whatever their distribution. A share that was only met in the sample
is not proven; it is when its exact lower bound (Clopper and Pearson, Biometrika 26, 1934) is
above what is wanted.

The rule, which keeps each of its two errors at or below ``1 - confidence``:

1. That a share holds is decided once, by :func:`decide`, at an end planned beforehand. Nothing
   is added afterwards: who measures until it holds will see it hold.
2. That it is violated may be found on the way, by :func:`decide_early`. All early looks together
   get a fifth of that error, in equal parts, and the end the rest.
3. Neither shown is no answer: :attr:`Decision.holds` raises.

The bounds are exact for measurements that do not depend on each other; bursts need more.

Every function raises CannotTell where nothing was measured or a value is no number, and
ValueError where counts are impossible or a share or confidence is not between 0 and 1.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import betainc, betaincc, betainccinv, betaincinv

from gonogo.errors import CannotTell, TooLittleToDecide

CONFIDENCE = 0.95
EARLY_PART = 0.2
"""The part of the error that early looks share: 0.01 of 0.05."""
LEAST_BAD_EARLY = 3
"""Fewer than this violate nothing before the end, however few were measured."""
ROUNDING = 1e-12
"""What is as near as this to where it would prove something is taken to be there: no proof."""


class Outcome(StrEnum):
    """What the counts have shown."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where a true share lies, at ``confidence``; all three between 0 and 1."""

    lower: float
    upper: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What ``good`` measurements of ``of`` say about "more than ``share`` are good".

    ``at_least`` and ``at_most`` are the one-sided bounds of the true share that were compared
    with ``share``. ``needed`` is how many measurements would have shown that it holds with as
    many bad ones; None where it is decided, or where the end is still to come.
    """

    outcome: Outcome
    good: int
    of: int
    share: float
    at_least: float
    at_most: float
    needed: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the share is shown to hold, or shown to be violated.

        Raises:
            TooLittleToDecide: neither is shown.
        """
        if self.outcome is not Outcome.UNDECIDED:
            return self.outcome is Outcome.HOLDS
        anew = f"measure anew, {self.needed} times or more"
        fewest = f"{anew} (the fewest with {self.of - self.good} bad ones)"
        raise TooLittleToDecide(
            "the measurements show neither that the share holds nor that it is violated",
            expected=self.expected,
            found=self.found,
            do=fewest if self.needed else "go on to the planned end, and decide there",
        )

    def __bool__(self) -> bool:
        """Be what ``holds`` is, so that ``assert decision`` is neither green nor red too early."""
        return self.holds

    @property
    def expected(self) -> str:
        """What was wanted, in words."""
        return f"more than {_percent(self.share)}"

    @property
    def found(self) -> str:
        """What was measured and what it proves, in words."""
        return (
            f"{self.good} of {self.of} ({_percent(self.good / self.of)}), which proves from"
            f" {_percent(self.at_least)} to {_percent(self.at_most)}"
        )

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.outcome}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """A quantile of ``of`` measurements, in their unit, with bounds that are measurements too.

    Each bound alone is sure to ``confidence``; None where too few were measured for it.
    """

    share: float
    value: float
    lower: float | None
    upper: float | None
    of: int
    confidence: float

    def __str__(self) -> str:
        """Read as one line."""
        lower = "no lower bound" if self.lower is None else f"at least {self.lower:.5g}"
        upper = "no upper bound" if self.upper is None else f"at most {self.upper:.5g}"
        return (
            f"p{100 * self.share:g} {self.value:.5g} ({self.of} measured; each bound"
            f" {_percent(self.confidence)} sure: {lower}, {upper})"
        )


def decide(
    *, good: int, of: int, share: float, confidence: float = CONFIDENCE, early_looks: int = 0
) -> Decision:
    """Decide at the planned end whether more than *share* of all measurements are good.

    *early_looks* is how many looks :func:`decide_early` was planned to take before.
    """
    at_least = lower_bound(good, of=of, confidence=confidence)
    left = 1 - EARLY_PART if early_looks else 1.0
    at_most = upper_bound(good, of=of, confidence=1 - left * (1 - confidence))
    outcome = _outcome(at_least, at_most, share)
    needed = None
    if outcome is Outcome.UNDECIDED:
        needed = least_measurements(share=share, bad=of - good, confidence=confidence)
    return Decision(
        outcome=outcome,
        good=good,
        of=of,
        share=share,
        at_least=at_least,
        at_most=at_most,
        needed=needed,
    )


def decide_early(
    *, good: int, of: int, share: float, looks: int, confidence: float = CONFIDENCE
) -> Decision:
    """Look before the planned end: violated or undecided, never that it holds.

    *looks* is how many such looks are planned in all; looking at a part and at the whole so far
    is two.
    """
    if looks < 1:
        raise ValueError(f"no number of early looks: {looks}")
    _check_open_unit("confidence", confidence)
    granted = 1 - (1 - confidence) * EARLY_PART / looks
    at_most = upper_bound(good, of=of, confidence=granted)
    violated = _outcome(0.0, at_most, share) is Outcome.VIOLATED and of - good >= LEAST_BAD_EARLY
    return Decision(
        outcome=Outcome.VIOLATED if violated else Outcome.UNDECIDED,
        good=good,
        of=of,
        share=share,
        at_least=lower_bound(good, of=of, confidence=granted),
        at_most=at_most,
    )


def least_measurements(*, share: float, bad: int = 0, confidence: float = CONFIDENCE) -> int:
    """Return the fewest measurements that show more than *share* good, *bad* of them being bad."""
    _check_open_unit("share", share)
    if bad < 0:
        raise ValueError(f"no number of bad measurements: {bad}")
    fewest = enough = bad + 1

    def at_least(number: int) -> float:
        return lower_bound(number - bad, of=number, confidence=confidence)

    while at_least(enough) <= share + ROUNDING:
        enough *= 2
    return fewest + bisect_right(range(fewest, enough), share + ROUNDING, key=at_least)


def number_below(values: Sequence[float], *, limit: float) -> int:
    """Return how many of *values* are below *limit*; one that equals it is not.

    Infinity is a measurement that never ended. Values and limit have one unit.
    """
    _check_values(values)
    return sum(value < limit for value in values)


def quantile(values: Sequence[float], *, share: float, confidence: float = CONFIDENCE) -> Quantile:
    """Return the quantile below or at which *share* of all values lie, and its bounds.

    The bounds are order statistics (David and Nagaraja, Order Statistics, 2003, 7.1), so they
    hold for every distribution. The upper one is below a limit when :func:`decide` on
    :func:`number_below` says that the share holds: the figure never contradicts the decision.
    """
    _check_values(values)
    _check_open_unit("share", share)
    _check_open_unit("confidence", confidence)
    ordered, of = sorted(values), len(values)
    ranks, error = range(1, of + 1), 1 - confidence - ROUNDING

    # How many values are at or below the true quantile is binomial: fewer than *rank* of them, …
    def too_high(rank: int) -> float:
        return float(betaincc(rank, of - rank + 1, share))

    # … or *rank* of them or more; negative, because it falls and bisect wants what rises.
    def too_low(rank: int) -> float:
        return -float(betainc(rank, of - rank + 1, share))

    lower = bisect_right(ranks, error, key=too_high)
    upper = 1 + bisect_left(ranks, -error, key=too_low)
    # 0.07 * 100 is a little more than 7, which must not become 8.
    rank = max(1, math.ceil(round(share * of, 6)))
    return Quantile(
        share=share,
        value=ordered[rank - 1],
        lower=ordered[lower - 1] if lower else None,
        upper=ordered[upper - 1] if upper <= of else None,
        of=of,
        confidence=confidence,
    )


def interval(good: int, *, of: int, confidence: float = CONFIDENCE) -> Interval:
    """Return the two-sided Clopper–Pearson interval of the true share."""
    _check_open_unit("confidence", confidence)
    each = (1 + confidence) / 2
    lower = lower_bound(good, of=of, confidence=each)
    upper = upper_bound(good, of=of, confidence=each)
    return Interval(lower=lower, upper=upper, confidence=confidence)


def lower_bound(good: int, *, of: int, confidence: float = CONFIDENCE) -> float:
    """Return what the true share is at least: the ``1 - confidence`` quantile of Beta(x, n-x+1)."""
    _check_counts(good, of, confidence)
    return float(betainccinv(good, of - good + 1, confidence)) if good else 0.0


def upper_bound(good: int, *, of: int, confidence: float = CONFIDENCE) -> float:
    """Return what the true share is at most: the ``confidence`` quantile of Beta(x+1, n-x)."""
    _check_counts(good, of, confidence)
    return float(betaincinv(good + 1, of - good, confidence)) if good < of else 1.0


def _outcome(at_least: float, at_most: float, share: float) -> Outcome:
    _check_open_unit("share", share)
    if at_least > share + ROUNDING:
        return Outcome.HOLDS
    return Outcome.VIOLATED if at_most < share - ROUNDING else Outcome.UNDECIDED


def _check_counts(good: int, of: int, confidence: float) -> None:
    _check_open_unit("confidence", confidence)
    if not 0 <= good <= of:
        raise ValueError(f"no counts: {good} of {of}")
    if of == 0:
        raise CannotTell("nothing was measured, which proves nothing")


def _check_values(values: Sequence[float]) -> None:
    if not values:
        raise CannotTell("nothing was measured, which proves nothing")
    if odd := sum(map(math.isnan, values)):
        raise CannotTell(f"{odd} of {len(values)} measurements are no numbers")


def _check_open_unit(name: str, value: float) -> None:
    if not 0 < value < 1 - ROUNDING:
        raise ValueError(f"no {name} between 0 and 1: {value}")


def _percent(share: float) -> str:
    return f"{100 * share:.5g} %"
