from __future__ import annotations

import pytest

from staging.services.supabase.changes import read_payload
from staging.services.supabase.grammar import Window
from staging.services.supabase.preferences import (
    Preferences,
    Wanted,
    content_range,
    narrowed,
    range_status,
)
from staging.services.supabase.refusals import Refusal


@pytest.mark.parametrize(
    ("window", "header", "expected"),
    [
        (Window(), None, Window()),
        (Window(), "0-9", Window(limit=10)),
        (Window(), "5-", Window(offset=5)),
        (Window(limit=3, offset=2), "0-9", Window(limit=3, offset=2)),
        (Window(limit=30), "5-9", Window(limit=5, offset=5)),
        (Window(), "bytes=0-9", Window()),
    ],
)
def test_a_range_narrows_a_window(window: Window, header: str | None, expected: Window) -> None:
    assert narrowed(window, header) == expected


@pytest.mark.parametrize(
    ("window", "header"), [(Window(), "9-0"), (Window(limit=-1), None), (Window(offset=-1), None)]
)
def test_an_impossible_range_is_refused(window: Window, header: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        narrowed(window, header)
    assert (caught.value.status, caught.value.code) == (416, "PGRST103")


def test_ranges_are_told_as_postgrest_tells_them() -> None:
    assert content_range(0, 10, None) == "0-9/*"
    assert content_range(20, 10, 30) == "20-29/30"
    assert content_range(0, 0, 0) == "*/0"
    assert [range_status(0, 10, t) for t in (None, 10, 11)] == [200, 200, 206]
    assert range_status(12, 0, 11) == 416


def test_preferences_are_known_or_with_strict_handling_refused() -> None:
    assert Preferences.read("return=minimal, foo=bar,count=exact").given == {
        "return": "minimal",
        "count": "exact",
    }
    with pytest.raises(Refusal) as caught:
        Preferences.read("handling=strict, foo=bar")
    assert caught.value.code == "PGRST122"


def test_an_unknown_form_of_answer_is_refused() -> None:
    assert Wanted.read("application/vnd.pgrst.object+json;nulls=stripped").single
    assert not Wanted.read("text/html, */*;q=0.1").single
    with pytest.raises(Refusal) as caught:
        Wanted.read("text/csv")
    assert (caught.value.status, caught.value.code) == (406, "PGRST107")


@pytest.mark.parametrize("body", [b"", b"[1]", b'"x"', b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_rows_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        read_payload(body, None)
    assert caught.value.code == "PGRST102"


def test_rows_must_be_alike_unless_their_columns_are_named() -> None:
    body = b'[{"a": 1}, {"b": 2}]'
    assert read_payload(body, ["a", "b"]).names == ("a", "b")
    with pytest.raises(Refusal, match="All object keys must match"):
        read_payload(body, None)
