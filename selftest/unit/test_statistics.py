from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest

from gonogo.errors import CannotTell, TooLittleToDecide
from gonogo.statistics import (
    Outcome,
    decide,
    decide_early,
    interval,
    least_measurements,
    lower_bound,
    number_below,
    quantile,
    upper_bound,
)
from selftest.unit.exact_chances import ROUNDING, SHARES, chances, confidences, counts, shares


# Newcombe, Statistics in Medicine 17 (1998), table I, method 5; and R's help of binom.test.
@pytest.mark.parametrize(
    ("good", "of", "lower", "upper", "places"),
    [
        (81, 263, 0.2527, 0.3676, 4),
        (15, 148, 0.0578, 0.1617, 4),
        (0, 20, 0.0, 0.1684, 4),
        (1, 29, 0.0009, 0.1776, 4),
        (682, 925, 0.7076683, 0.7654066, 7),
    ],
)
def test_published_intervals(good: int, of: int, lower: float, upper: float, places: int) -> None:
    found = interval(good, of=of)
    assert round(found.lower, places) == lower
    assert round(found.upper, places) == upper
    assert found.confidence == 0.95


# Wilks' formula: Guba, Makai and Pál, Reliability Engineering and System Safety 80 (2003).
@pytest.mark.parametrize(
    ("share", "confidence", "fewest"),
    [
        (0.95, 0.95, [59, 93, 124, 153, 181, 208]),
        (0.90, 0.95, [29, 46, 61]),
        (0.99, 0.95, [299, 473, 628]),
        (0.95, 0.99, [90, 130, 165]),
        (0.995, 0.95, [598, 947, 1258, 1549]),
        (0.999, 0.95, [2995, 4742, 6294, 7752]),
        (0.80, 0.95, [14, 22, 30, 37]),
    ],
)
def test_published_least_numbers(share: float, confidence: float, fewest: list[int]) -> None:
    assert fewest == [
        least_measurements(share=share, bad=bad, confidence=confidence)
        for bad in range(len(fewest))
    ]


@given(counts=counts, confidence=confidences)
def test_bounds_are_those_of_scipys_own_test(counts: tuple[int, int], confidence: float) -> None:
    good, of = counts
    both = binomtest(good, of).proportion_ci(confidence)
    least = binomtest(good, of, alternative="greater").proportion_ci(confidence)
    most = binomtest(good, of, alternative="less").proportion_ci(confidence)
    ours = interval(good, of=of, confidence=confidence)
    assert (ours.lower, ours.upper) == pytest.approx((both.low, both.high), abs=1e-9)
    assert lower_bound(good, of=of, confidence=confidence) == pytest.approx(least.low, abs=1e-9)
    assert upper_bound(good, of=of, confidence=confidence) == pytest.approx(most.high, abs=1e-9)


@given(of=st.integers(1, 120), good=st.integers(0, 120), confidence=confidences)
def test_at_a_bound_the_summed_chance_is_the_error(of: int, good: int, confidence: float) -> None:
    assume(good <= of)
    if good:
        at_lower = chances(of, lower_bound(good, of=of, confidence=confidence))
        assert math.fsum(at_lower[good:]) == pytest.approx(1 - confidence, rel=1e-9)
    if good < of:
        at_upper = chances(of, upper_bound(good, of=of, confidence=confidence))
        assert math.fsum(at_upper[: good + 1]) == pytest.approx(1 - confidence, rel=1e-9)


@pytest.mark.parametrize("of", [1, 2, 7, 59, 3000])
def test_none_and_all_have_a_bound_on_one_side_only(of: int) -> None:
    assert lower_bound(0, of=of) == 0
    assert upper_bound(of, of=of) == 1
    assert lower_bound(of, of=of) == pytest.approx(0.05 ** (1 / of))
    assert upper_bound(0, of=of) == pytest.approx(1 - 0.05 ** (1 / of))


@given(counts=counts, confidence=confidences)
def test_bounds_rise_with_the_good_ones_and_mirror(
    counts: tuple[int, int], confidence: float
) -> None:
    good, of = counts
    lower = lower_bound(good, of=of, confidence=confidence)
    upper = upper_bound(good, of=of, confidence=confidence)
    assert 0 <= lower <= good / of <= upper <= 1
    assert lower == pytest.approx(1 - upper_bound(of - good, of=of, confidence=confidence))
    if good < of:
        assert lower < lower_bound(good + 1, of=of, confidence=confidence)
        assert upper < upper_bound(good + 1, of=of, confidence=confidence)
    assert lower_bound(good + 1, of=of + 1, confidence=confidence) > lower
    assert lower_bound(good, of=of + 1, confidence=confidence) <= lower


@pytest.mark.parametrize("of", range(1, 41))
def test_bounds_miss_the_truth_no_more_often_than_allowed(of: int) -> None:
    lower = [lower_bound(good, of=of) for good in range(of + 1)]
    upper = [upper_bound(good, of=of) for good in range(of + 1)]
    # The error is greatest where a bound lies exactly on the truth, so there it is looked for.
    for truth in (*lower[1:], *upper[:-1], 0.5, 0.95):
        chance = chances(of, truth)
        above = math.fsum(c for c, bound in zip(chance, lower, strict=True) if bound > truth)
        below = math.fsum(c for c, bound in zip(chance, upper, strict=True) if bound < truth)
        assert above <= 0.05 + ROUNDING
        assert below <= 0.05 + ROUNDING


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("of", [1, 13, 58, 59, 60, 93, 124, 400])
def test_a_decision_is_wrong_no_more_often_than_allowed(of: int, share: float) -> None:
    wrong: dict[Outcome, float] = defaultdict(float)
    for good, chance in enumerate(chances(of, share)):
        wrong[decide(good=good, of=of, share=share).outcome] += chance
    assert wrong[Outcome.HOLDS] <= 0.05 + ROUNDING
    assert wrong[Outcome.VIOLATED] <= 0.05 + ROUNDING
    if of < least_measurements(share=share):
        assert wrong[Outcome.HOLDS] == 0


"""Takes the slot from 1, the good ones in it and the good ones so far; empty: go on."""


@pytest.mark.parametrize(
    ("good", "of", "outcome"),
    [
        (58, 58, Outcome.UNDECIDED),
        (59, 59, Outcome.HOLDS),
        (91, 92, Outcome.UNDECIDED),
        (92, 93, Outcome.HOLDS),
        (57, 60, Outcome.UNDECIDED),
        (0, 1, Outcome.UNDECIDED),
        (0, 2, Outcome.VIOLATED),
        (53, 60, Outcome.VIOLATED),
    ],
)
def test_decisions_on_a_p95(good: int, of: int, outcome: Outcome) -> None:
    assert decide(good=good, of=of, share=0.95).outcome is outcome


@pytest.mark.parametrize(("good", "share"), [(1, 0.05), (0, 0.95)])
def test_a_bound_exactly_on_the_share_proves_nothing(good: int, share: float) -> None:
    assert decide(good=good, of=1, share=share).outcome is Outcome.UNDECIDED


def test_a_decision_is_green_red_or_neither() -> None:
    assert decide(good=59, of=59, share=0.95)
    assert not decide(good=40, of=60, share=0.95)
    with pytest.raises(TooLittleToDecide) as raised:
        assert decide(good=59, of=60, share=0.95)
    assert raised.value.expected == "more than 95 %"
    assert raised.value.found.startswith("59 of 60 (98.333 %), which proves from 92.")
    assert raised.value.do == "measure anew, 93 times or more (the fewest with 1 bad ones)"


def test_a_decision_reads_as_one_line_and_stays_as_it_is() -> None:
    made = decide(good=59, of=59, share=0.95)
    assert str(made) == (
        "holds: expected more than 95 %, found 59 of 59 (100 %), which proves from 95.049 %"
        " to 100 %"
    )
    with pytest.raises(FrozenInstanceError):
        made.good = 0  # type: ignore[misc]  # what is tested


@given(counts=counts, share=shares, confidence=confidences)
def test_more_good_ones_never_make_a_decision_worse(
    counts: tuple[int, int], share: float, confidence: float
) -> None:
    good, of = counts
    order = [Outcome.VIOLATED, Outcome.UNDECIDED, Outcome.HOLDS]
    found = decide(good=good, of=of, share=share, confidence=confidence)
    better = decide(good=good + 1, of=of + 1, share=share, confidence=confidence)
    assert order.index(found.outcome) <= order.index(better.outcome)
    assert (found.outcome is Outcome.HOLDS) <= (good / of > share)
    assert (found.outcome is Outcome.VIOLATED) <= (good / of < share)
    assert (found.needed is None) == (found.outcome is not Outcome.UNDECIDED)


@given(share=st.floats(0.01, 0.995), bad=st.integers(0, 40), confidence=confidences)
def test_the_least_number_is_enough_and_one_less_is_not(
    share: float, bad: int, confidence: float
) -> None:
    fewest = least_measurements(share=share, bad=bad, confidence=confidence)
    assert decide(good=fewest - bad, of=fewest, share=share, confidence=confidence)
    if fewest > bad + 1:
        fewer = decide(good=fewest - 1 - bad, of=fewest - 1, share=share, confidence=confidence)
        assert fewer.outcome is not Outcome.HOLDS


AT_NOTHING: dict[str, Callable[[], object]] = {
    "decided": lambda: decide(good=0, of=0, share=0.95),
    "looked early": lambda: decide_early(good=0, of=0, share=0.95, looks=1),
    "interval": lambda: interval(0, of=0),
    "counted": lambda: number_below([], limit=500),
    "quantile": lambda: quantile([], share=0.95),
}


@pytest.mark.parametrize("look", AT_NOTHING.values(), ids=AT_NOTHING)
def test_nothing_measured_proves_nothing(look: Callable[[], object]) -> None:
    with pytest.raises(CannotTell, match="nothing was measured"):
        look()


def test_what_is_no_number_is_not_counted_on_either_side() -> None:
    for look in (
        lambda: number_below([1.0, math.nan], limit=500),
        lambda: quantile([1.0, math.nan], share=0.95),
    ):
        with pytest.raises(CannotTell, match="1 of 2 measurements are no numbers"):
            look()


IMPOSSIBLE: dict[str, Callable[[], object]] = {
    "fewer than none": lambda: decide(good=-1, of=3, share=0.95),
    "more than all": lambda: decide(good=4, of=3, share=0.95),
    "share of all": lambda: decide(good=3, of=3, share=1),
    "share nobody could measure": lambda: least_measurements(share=1 - 1e-13),
    "share that is no number": lambda: decide(good=3, of=3, share=math.nan),
    "confidence in percent": lambda: decide(good=3, of=3, share=0.95, confidence=95),
    "no looks": lambda: decide_early(good=3, of=3, share=0.95, looks=0),
    "too sure": lambda: decide_early(good=3, of=3, share=0.95, looks=1, confidence=2),
    "share of none": lambda: least_measurements(share=0),
    "less than none bad": lambda: least_measurements(share=0.95, bad=-1),
    "quantile beyond all": lambda: quantile([1.0], share=2),
    "not sure at all": lambda: interval(1, of=1, confidence=0),
}


@pytest.mark.parametrize("look", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_is_refused(look: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"^no "):
        look()
