from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.clock import SystemClock, from_rfc3339, rfc3339

ZONES = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(
    st.datetimes(
        min_value=datetime(1900, 1, 3),  # noqa: DTZ001 - the zone is drawn beside it
        max_value=datetime(9999, 12, 30),  # noqa: DTZ001
        timezones=ZONES,
    )
)
def test_a_time_survives_the_way_there_and_back(moment: datetime) -> None:
    text = rfc3339(moment)
    assert from_rfc3339(text) == moment
    assert text.endswith("Z")


@given(st.lists(st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)), min_size=2))  # noqa: DTZ001
def test_times_sort_as_text(moments: list[datetime]) -> None:
    assert sorted(map(rfc3339, moments)) == list(map(rfc3339, sorted(moments)))


@pytest.mark.parametrize("text", ["2026-01-25T14:00:00", "2026-01-25", "yesterday", ""])
def test_a_time_without_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset|isoformat"):
        from_rfc3339(text)


def test_a_time_that_names_no_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        rfc3339(datetime(2026, 1, 25))  # noqa: DTZ001


def test_the_machines_clock_is_aware_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic_s() <= clock.monotonic_s()
