from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from gonogo.checklist import PHASES, Kind
from gonogo.report import wording
from gonogo.verdict import SETTLED, State, Verdict
from selftest.report import sample


def test_every_state_verdict_kind_and_phase_has_words() -> None:
    assert set(wording.STATES) == set(State)
    assert set(wording.VERDICTS) == set(Verdict)
    assert set(wording.KINDS) == set(Kind)
    assert set(wording.PHASES) == set(PHASES)


def test_no_state_is_told_by_colour_or_symbol_alone() -> None:
    words = list(wording.STATES.values())
    assert len({w.text for w in words}) == len(words)
    assert len({w.symbol for w in words}) == len(words)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0421, "42 ms"), (1.25, "1.2 s"), (75, "1 min 15 s"), (7325, "2 h 2 min")],
)
def test_durations_use_the_units_that_matter(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(999, "999 B"), (25_800, "25.8 kB"), (3_200_000, "3.2 MB")]
)
def test_sizes_are_decimal(size_bytes: int, text: str) -> None:
    assert wording.size(size_bytes) == text


def test_times_are_shown_in_utc() -> None:
    at = datetime(2026, 1, 25, 15, 0, tzinfo=timezone(timedelta(hours=1)))
    assert wording.moment(at) == "2026-01-25 14:00:00 UTC"
    assert wording.moment(None) == "never"


@pytest.mark.parametrize(
    ("status", "options", "verdict", "meaning"),
    [
        (None, "", "", "not known"),
        (0, "", "GO", "0: GO"),
        (0, "--rehearse", "GO", "0: GO"),
        (0, "--rehearse", "HOLD", "0: HOLD, accepted by --rehearse"),
        (0, "--rehearse", "", "0: GO, or an accepted HOLD"),
        (1, "", "NO-GO", "1: NO-GO"),
        (20, "--rehearse", "HOLD", "20: HOLD"),
        (4, "", "", "4: refused"),
        (70, "", "", "70"),
    ],
)
def test_an_exit_status_says_what_it_means(
    status: int | None, options: str, verdict: str, meaning: str
) -> None:
    run = replace(sample.green_view().runs[1], exit_status=status, options=options, verdict=verdict)
    assert wording.exit_meaning(run) == meaning


def test_a_run_that_only_recorded_judged_nothing() -> None:
    run = replace(sample.green_view().runs[1], exit_status=0, planned=())
    assert wording.exit_meaning(run) == "0: recorded, nothing judged"


def test_what_is_not_settled_always_has_advice() -> None:
    assert set(wording.ADVICE) == set(State) - SETTLED


def test_counts_have_the_right_number() -> None:
    assert wording.count(1, "item") == "1 item"
    assert wording.count(2000, "item") == "2,000 items"
    assert wording.count(2, "entry", "entries") == "2 entries"
