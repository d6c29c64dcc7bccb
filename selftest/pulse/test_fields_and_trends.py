from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gonogo.config_import import FieldSection, TrendSection
from gonogo.errors import CannotTell
from gonogo.probes.pulse.fields import normal, same_values, told
from gonogo.probes.pulse.people import people_in
from gonogo.probes.pulse.records import Record
from gonogo.probes.pulse.trend import fitting_trends, trends_for
from selftest.pulse.known import NOW, held, profile, row

RULE = TrendSection()
NOTES = {"notes": FieldSection(column="pulse_notes")}
DATE = {"last_interaction_date": FieldSection(column="last", kind="moment")}
BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (None, "", "text"),
        (None, [], "words"),
        (["a"], ("a",), "words"),
        (None, False, "flag"),
        ("2026-01-01T10:00:00+01:00", datetime(2026, 1, 1, 9, tzinfo=UTC), "moment"),
        (None, None, "moment"),
    ],
)
def test_values_of_one_meaning_are_equal(one: object, other: object, kind: str) -> None:
    assert normal(one, kind) == normal(other, kind)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (None, 0, "number"),
        ("a", "a ", "text"),
        (["a", "b"], ["b", "a"], "words"),
        ([], [""], "words"),
        ("2026-01-01T10:00:00+01:00", datetime(2026, 1, 1, 10, tzinfo=UTC), "moment"),
    ],
)
def test_values_of_two_meanings_are_not(one: object, other: object, kind: str) -> None:
    assert normal(one, kind) != normal(other, kind)


def test_a_value_that_arrived_otherwise_is_a_difference() -> None:
    profiles = [profile(1, notes="née Ødegård"), profile(2)]
    after = held(row(1, values={"notes": "n"}), row(2, values={"notes": ""}))
    compared = same_values(profiles, after, NOTES)
    assert compared.checked == 2
    assert [str(each) for each in compared.differences] == [
        "row k1, pulse_notes: expected 'née Ødegård', found 'n'"
    ]


def test_private_values_are_not_shown() -> None:
    after = held(row(1, values={"notes": "n"}))
    compared = same_values([profile(1, notes="secret")], after, NOTES, private=True)
    assert "secret" not in str(compared)
    assert "a value of 6 characters (not shown)" in str(compared)
    assert told(7, private=True) == "a value (not shown)"
    assert told(("a", "b"), private=False) == "'a, b'"
    assert told((), private=False) == "nothing"
    assert len(told("x" * 500, private=False)) < 90


def test_a_field_that_nobody_has_proves_nothing() -> None:
    after = held(row(1, values={"notes": ""}))
    with pytest.raises(CannotTell, match="no record of the partner has a value for notes"):
        same_values([profile(1)], after, NOTES)


@pytest.mark.parametrize(("rows", "fields"), [((), NOTES), ((row(9),), NOTES), ((row(1),), {})])
def test_nothing_to_compare_tells_nothing(
    rows: tuple[Record, ...], fields: dict[str, FieldSection]
) -> None:
    with pytest.raises(CannotTell, match="nothing to compare"):
        same_values([profile(1)], held(*rows), fields)


def test_a_moment_is_the_same_in_every_zone() -> None:
    at = datetime(2026, 2, 20, 11, tzinfo=BERLIN)
    after = held(row(1, values={"last_interaction_date": at}))
    assert same_values([profile(1)], after, DATE).equal


def before(score: int | None, trend: str = "") -> Record:
    return row(1, values={"relationship_score": score}, trend=trend)


@pytest.mark.parametrize(
    ("fields", "was", "expected"),
    [
        ({"relationship_trend": "falling"}, None, {"falling"}),
        ({"relationship_trend": "odd"}, None, {"stable"}),
        ({"created_at": "2026-02-25T00:00:00Z"}, None, {"new"}),
        ({"created_at": "2026-02-25T00:00:00Z"}, before(50), {"stable"}),
        ({"last_interaction_date": "2025-01-01T00:00:00Z"}, before(0), {"dormant"}),
        ({"last_interaction_date": None}, None, {"dormant"}),
        ({}, None, {"stable"}),
        ({}, before(None), {"stable"}),
        ({"relationship_score": None}, before(10), {"stable"}),
        ({}, before(45), {"rising"}),
        ({}, before(55), {"falling"}),
        ({}, before(46), {"stable"}),
        ({}, before(50, "rising"), {"rising"}),
        ({}, before(49, "rising"), {"stable"}),
        ({}, before(50, "dormant"), {"stable"}),
    ],
)
def test_the_rule_says_which_way(
    fields: dict[str, object], was: Record | None, expected: set[str]
) -> None:
    assert trends_for(profile(1, **fields), at=NOW, rule=RULE, before=was, known=True) == expected


def test_without_knowing_what_was_every_word_of_a_score_fits() -> None:
    found = trends_for(profile(1), at=NOW, rule=RULE, before=None, known=False)
    assert found == {"rising", "falling", "stable"}
    young = profile(1, created_at="2026-02-25T00:00:00Z", last_interaction_date=None)
    found = trends_for(young, at=NOW, rule=RULE, before=None, known=False)
    assert found == {"new", "dormant"}


def test_directions_are_compared_row_by_row() -> None:
    people = people_in([profile(1, relationship_score=70), profile(2)])
    was = held(before(50))
    after = held(row(1, trend="falling"), row(2, trend="stable"))
    compared = fitting_trends(people, after, rule=RULE, before=was)
    assert [str(each) for each in compared.differences] == [
        "row k1: expected rising, found falling"
    ]


def test_of_several_records_nobody_knows_which_came_first() -> None:
    people = people_in([profile(1, canonical_email="a"), profile(2, canonical_email="a")])
    after = held(row(1, trend="rising"))
    assert fitting_trends(people, after, rule=RULE, before=held()).equal


def test_rows_without_a_time_of_exchange_tell_nothing() -> None:
    with pytest.raises(CannotTell, match="no row with a direction"):
        fitting_trends(
            people_in([profile(1)]), held(row(1, synced_at=None)), rule=RULE, before=None
        )
