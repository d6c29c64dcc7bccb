from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from functools import cache

import pytest

from gonogo.errors import TooLittleToDecide
from gonogo.statistics import Outcome, decide, decide_early
from selftest.unit.exact_chances import ROUNDING, chances

SLOTS = 8
LOOKS = 2 * SLOTS
Look = Callable[[int, int, int], str]


def planned(share: float, each: int) -> Look:
    """Every slot and every sum so far is an early look, and the last sum is the end."""

    @cache
    def aborted(good: int, of: int) -> bool:
        found = decide_early(good=good, of=of, share=share, looks=LOOKS)
        return found.outcome is Outcome.VIOLATED

    @cache
    def at_the_end(good: int) -> str:
        return decide(good=good, of=SLOTS * each, share=share, early_looks=LOOKS).outcome

    def look(slot: int, good: int, so_far: int) -> str:
        if aborted(good, each) or aborted(so_far, slot * each):
            return "aborted"
        return at_the_end(so_far) if slot == SLOTS else ""

    return look


def impatient(share: float, each: int) -> Look:
    """Every sum so far is taken for the end."""

    @cache
    def decided(good: int, of: int) -> str:
        outcome = decide(good=good, of=of, share=share).outcome
        return "" if outcome is Outcome.UNDECIDED else outcome

    return lambda slot, _, so_far: decided(so_far, slot * each)


def chances_of_ends(truth: float, each: int, look: Look) -> dict[str, float]:
    """What a window ends in, over every way its slots can go."""
    ends: dict[str, float] = defaultdict(float)
    going = {0: 1.0}
    for slot in range(1, SLOTS + 1):
        onward: dict[int, float] = defaultdict(float)
        for before, likely in going.items():
            for good, chance in enumerate(chances(each, truth)):
                if end := look(slot, good, before + good):
                    ends[end] += likely * chance
                else:
                    onward[before + good] += likely * chance
        going = onward
    return ends


@pytest.mark.parametrize(("share", "each"), [(0.5, 12), (0.8, 20), (0.95, 20), (0.995, 80)])
def test_looking_early_leaves_a_window_as_seldom_wrong(share: float, each: int) -> None:
    ends = chances_of_ends(share, each, planned(share, each))
    assert math.fsum(ends.values()) == pytest.approx(1)
    assert ends[Outcome.HOLDS] <= 0.05 + ROUNDING
    assert ends["aborted"] <= 0.01 + ROUNDING
    assert ends["aborted"] + ends[Outcome.VIOLATED] <= 0.05 + ROUNDING


def test_whoever_takes_every_look_for_the_end_is_wrong_too_often() -> None:
    ends = chances_of_ends(0.95, 60, impatient(0.95, 60))
    assert ends[Outcome.HOLDS] > 0.1
    assert ends[Outcome.VIOLATED] > 0.1


def test_a_breach_is_seen_long_before_the_end() -> None:
    assert decide_early(good=45, of=60, share=0.95, looks=LOOKS).outcome is Outcome.VIOLATED


@pytest.mark.parametrize("of", [1, 59, 10_000])
def test_no_early_look_says_that_a_share_holds(of: int) -> None:
    found = decide_early(good=of, of=of, share=0.95, looks=LOOKS)
    assert found.outcome is Outcome.UNDECIDED
    with pytest.raises(TooLittleToDecide, match="go on to the planned end"):
        bool(found)


def test_two_bad_ones_abort_nothing() -> None:
    assert decide_early(good=0, of=2, share=0.995, looks=1).outcome is Outcome.UNDECIDED
    assert decide_early(good=0, of=3, share=0.995, looks=1).outcome is Outcome.VIOLATED


def test_early_looks_make_the_end_slower_to_condemn_but_no_slower_to_approve() -> None:
    plain = decide(good=54, of=60, share=0.95)
    after = decide(good=54, of=60, share=0.95, early_looks=LOOKS)
    assert after.at_most > plain.at_most
    assert after.at_least == plain.at_least
    assert decide(good=59, of=59, share=0.95, early_looks=LOOKS).holds
