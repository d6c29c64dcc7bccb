from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.pulse.counting import (
    brought_over,
    in_words,
    left_in_order,
    nothing_added,
    written_since,
)
from gonogo.probes.pulse.people import moment_of, people_in
from selftest.pulse.known import NOW, held, profile, row, timing

THREE = people_in([profile(1), profile(2), profile(3)])
TWINS = people_in(
    [
        profile(1, canonical_email="a@x.test", updated_at="2026-01-01T00:00:00Z"),
        profile(2, canonical_email=" A@X.test", updated_at="2026-02-01T00:00:00Z"),
    ]
)


def found(comparison: Comparison) -> list[str]:
    return [str(each) for each in comparison.differences]


def test_records_of_one_address_are_one_person_whatever_its_case() -> None:
    (person,) = TWINS
    assert (person.email, sorted(person.ids)) == ("a@x.test", ["p1", "p2"])
    assert [each["id"] for each in person.speaking] == ["p2"]


def test_records_without_an_address_are_a_person_each() -> None:
    people = people_in([profile(1, canonical_email=None), profile(2, canonical_email=" ")])
    assert [each.email for each in people] == ["", ""]


def test_records_changed_at_the_same_moment_both_speak() -> None:
    (person,) = people_in([profile(1, canonical_email="a"), profile(2, canonical_email="a")])
    assert len(person.speaking) == 2


@pytest.mark.parametrize(("text", "zone"), [("2026-01-01T00:00:00", "UTC"), ("soon", "")])
def test_a_time_without_a_zone_is_utc_and_nonsense_is_none(text: str, zone: str) -> None:
    moment = moment_of(text)
    assert (moment.tzname() if moment else "") == zone


def test_everybody_once_is_as_expected() -> None:
    after = held(row(1), row(2), row(3), rows=10)
    assert brought_over(THREE, after, timing=timing(), before=held(rows=7)).equal


def test_somebody_missing_is_a_difference() -> None:
    compared = brought_over(
        THREE, held(row(1), row(2), rows=10), timing=timing(), before=held(rows=7)
    )
    assert found(compared) == [
        "the person of p3: expected one row, found no rows",
    ]


def test_a_row_too_few_or_too_many_is_a_difference() -> None:
    after = held(row(1), row(2), row(3), rows=9)
    compared = brought_over(THREE, after, timing=timing(), before=held(rows=7))
    assert "rows added: expected 3, one for each person who was not there, found 2" in found(
        compared
    )


def test_who_was_there_before_is_not_added() -> None:
    after = held(row(1), row(2), row(3), rows=8)
    before = held(row(1), rows=7, emails={"p2@x.test": 1})
    assert brought_over(THREE, after, timing=timing(), before=before).equal
    tied = held(rows=7, emails={"p2@x.test": 1}, links={"k1": "p1"})
    assert brought_over(THREE, after, timing=timing(), before=tied).equal


def test_twins_need_one_row_and_it_is_the_later_ones() -> None:
    assert brought_over(TWINS, held(row(2, email="a@x.test")), timing=timing()).equal
    older = brought_over(TWINS, held(row(1, email="a@x.test")), timing=timing())
    assert found(older) == [
        "the person of p1, p2: expected the row of p2, which was changed last, found that of p1"
    ]


def test_two_rows_of_twins_are_a_duplicate() -> None:
    both = held(row(1, email="a@x.test"), row(2, email="a@x.test"))
    assert found(brought_over(TWINS, both, timing=timing())) == [
        "the person of p1, p2: expected one row, found 2 rows",
        "the address of p1, p2: expected one row with it, whatever its letters' case, found 2 rows",
    ]


def test_an_address_that_was_there_twice_may_stay_so() -> None:
    after = held(row(1), row(2), row(3), rows=9, emails={"p1@x.test": 2})
    before = held(rows=8, emails={"p1@x.test": 2, "p2@x.test": 1})
    assert brought_over(THREE, after, timing=timing(), before=before).equal


def test_rows_of_people_the_partner_forgot_are_a_note() -> None:
    compared = brought_over(THREE, held(row(1), row(2), row(3), row(9)), timing=timing())
    assert compared.equal
    assert compared.notes == (
        "the partner has 3 records of 3 people",
        "1 rows carry an id that the partner does not have (any more)",
    )


def test_a_count_says_why_it_is_less_than_the_partners() -> None:
    assert in_words((*TWINS, *THREE)) == (
        "the partner has 5 records of 4 people: 1 have the address of another record"
    )


def test_nobody_to_bring_over_tells_nothing() -> None:
    for compare in (partial(brought_over, timing=timing()), left_in_order):
        with pytest.raises(CannotTell, match="nobody to bring over"):
            compare((), held())
    with pytest.raises(CannotTell):
        written_since((), held(), since=NOW)


def test_each_row_must_have_been_written_by_this_import() -> None:
    old = row(3, synced_at=NOW - timedelta(hours=1))
    compared = written_since(THREE, held(row(1), row(2, synced_at=None), old), since=NOW)
    assert [each.subject for each in compared.differences] == [
        "the person of p2",
        "the person of p3",
    ]
    assert written_since(THREE[:1], held(row(1)), since=NOW).equal


def test_rows_are_in_order_when_none_has_an_error_and_each_is_tied() -> None:
    links = {"k1": "p1", "k2": "p2", "k3": "p3"}
    after = held(row(1), row(2), row(3), links=links, has_links=True)
    assert left_in_order(THREE, after).equal


def test_errors_and_missing_ties_are_differences() -> None:
    after = held(
        row(1, error="refused"),
        row(2),
        links={"k1": "p1"},
        has_links=True,
        link_errors=("k9: refused",),
    )
    assert found(left_in_order(THREE, after)) == [
        "row k1: expected no error, found refused",
        "a tie: expected no error, found k9: refused",
        "row k2: expected tied to p2, found tied to nothing",
    ]


def test_no_row_at_all_is_not_in_order() -> None:
    assert not left_in_order(THREE, held()).equal


def test_a_second_import_may_add_nothing() -> None:
    before = held(row(1), rows=5, links={"k1": "p1"}, has_links=True)
    assert nothing_added(before, before, THREE, told=0).equal
    after = held(row(1), rows=6, links={"k1": "p1"}, has_links=True)
    assert found(nothing_added(before, after, THREE, told=0)) == ["rows: expected 5, found 6"]
    assert found(nothing_added(before, before, THREE, told=1)) == [
        "people that it says it imported: expected 0, found 1"
    ]
    assert str(before) == "1 rows with a partner's id among 5, 1 ties to the partner's"


def test_who_was_made_between_two_imports_may_be_added() -> None:
    before = held(row(1), rows=5, links={"k1": "p1"}, has_links=True)
    after = held(row(1), row(9), rows=6, links={"k1": "p1", "k9": "p9"}, has_links=True)
    compared = nothing_added(before, after, THREE, told=1)
    assert compared.equal, str(compared)
    assert compared.notes == ("1 rows are left out: the partner made their people since",)
    late = held(row(1), row(2), rows=6, links={"k1": "p1", "k2": "p2"}, has_links=True)
    assert not nothing_added(before, late, THREE, told=1).equal, "who was there before is late"
