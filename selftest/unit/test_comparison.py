from __future__ import annotations

from dataclasses import replace

import pytest

from gonogo.comparison import SHOWN_DIFFERENCES, Comparison, Difference


def differing(number: int) -> tuple[Difference, ...]:
    return tuple(Difference(subject=f"table {n}", expected="1", found="2") for n in range(number))


@pytest.mark.parametrize(
    ("checked", "differences", "equal", "found"),
    [
        (3, 0, True, "3 of 3 as expected"),
        (3, 1, False, "1 difference in 3 checked"),
        (0, 0, False, "no tables to check"),
        (0, 1, False, "no tables to check"),
    ],
)
def test_equal_is_something_checked_and_nothing_that_differs(
    checked: int,
    differences: int,
    equal: bool,  # noqa: FBT001
    found: str,
) -> None:
    made = Comparison(subject="tables", checked=checked, differences=differing(differences))
    assert made.equal is equal
    assert bool(made) is equal
    assert made.found == found
    assert str(made).startswith(f"tables: {found}")


def test_an_assertion_on_the_comparison_itself_is_no_way_to_be_green() -> None:
    with pytest.raises(AssertionError):
        assert Comparison(subject="tables", checked=3, differences=differing(1))


def test_every_difference_is_told_up_to_a_number_and_the_rest_counted() -> None:
    whole = str(Comparison(subject="tables", checked=99, differences=differing(SHOWN_DIFFERENCES)))
    cut = str(
        Comparison(subject="tables", checked=99, differences=differing(SHOWN_DIFFERENCES + 2))
    )
    assert whole.count("expected 1, found 2") == cut.count("expected 1, found 2")
    assert "more" not in whole
    assert "… and 2 more" in cut


def test_notes_and_advice_are_told_last() -> None:
    made = Comparison(subject="tables", checked=1, notes=("one was empty",), do="nothing")
    assert str(made).splitlines()[1:] == ["  note: one was empty"], "it is as it should be"
    red = replace(made, differences=differing(1))
    assert str(red).splitlines()[2:] == ["  note: one was empty", "  what to do: nothing"]
    assert "1" in made.expected
