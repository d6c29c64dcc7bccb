from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gonogo.statistics import Outcome, decide, number_below, quantile
from selftest.unit.exact_chances import SHARES, chances


# Conover, Practical Nonparametric Statistics, ranks of the median's interval at 95 % in all.
@pytest.mark.parametrize(
    ("of", "lower", "upper"), [(6, 1, 6), (10, 2, 9), (20, 6, 15), (30, 10, 21)]
)
def test_published_ranks_around_a_median(of: int, lower: int, upper: int) -> None:
    found = quantile(range(of, 0, -1), share=0.5, confidence=0.975)
    assert (found.lower, found.upper) == (lower, upper)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("of", [1, 2, 10, 59, 100, 300])
def test_ranks_are_the_closest_that_keep_the_error(of: int, share: float) -> None:
    chance = chances(of, share)
    found = quantile(range(1, of + 1), share=share)
    too_high = [rank for rank in range(1, of + 1) if math.fsum(chance[rank:]) <= 0.05]
    too_low = [rank for rank in range(1, of + 1) if math.fsum(chance[:rank]) <= 0.05]
    assert found.lower == (max(too_low) if too_low else None)
    assert found.upper == (min(too_high) if too_high else None)


@pytest.mark.parametrize(
    ("of", "share", "rank"),
    [(1, 0.95, 1), (20, 0.95, 19), (21, 0.95, 20), (100, 0.07, 7), (10, 0.01, 1), (10, 1e-9, 1)],
)
def test_a_quantile_is_one_of_the_measurements(of: int, share: float, rank: int) -> None:
    assert quantile(range(1, of + 1), share=share).value == rank


def test_a_quantile_reads_as_one_line() -> None:
    assert str(quantile(range(1, 60), share=0.95)) == (
        "p95 57 (59 measured; each bound 95 % sure: at least 53, at most 59)"
    )
    assert str(quantile([math.inf], share=0.95)) == (
        "p95 inf (1 measured; each bound 95 % sure: no lower bound, no upper bound)"
    )


@given(
    values=st.lists(st.floats(0, 1000) | st.just(math.inf), min_size=1, max_size=300),
    limit=st.floats(1, 1000),
    share=st.floats(0.1, 0.99),
)
@example(values=[499.0] * 59, limit=500, share=0.95)
@example(values=[499.0] * 58 + [500.0], limit=500, share=0.95)
@example(values=[500.0] * 59, limit=500, share=0.95)
def test_the_figure_never_contradicts_the_decision(
    values: list[float], limit: float, share: float
) -> None:
    below = number_below(values, limit=limit)
    outcome = decide(good=below, of=len(values), share=share).outcome
    figure = quantile(values, share=share)
    assert (outcome is Outcome.HOLDS) == (figure.upper is not None and figure.upper < limit)
    assert (outcome is Outcome.VIOLATED) == (figure.lower is not None and figure.lower >= limit)


def test_what_equals_the_limit_or_never_ended_is_not_below_it() -> None:
    assert number_below([499.9, 500.0, math.inf, 12.0], limit=500) == 2
