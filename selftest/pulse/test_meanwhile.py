from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from gonogo.comparison import Comparison
from gonogo.config_import import FieldSection, SyncSection, TrendSection
from gonogo.errors import CannotTell
from gonogo.probes.browser.listening import Heard
from gonogo.probes.pulse.counting import brought_over, written_since
from gonogo.probes.pulse.fields import same_values
from gonogo.probes.pulse.importing import ImportSeen
from gonogo.probes.pulse.meanwhile import as_exchanged, made_since
from gonogo.probes.pulse.people import Person, people_in
from gonogo.probes.pulse.records import Holdings, Record
from gonogo.probes.pulse.steps import Arrived
from gonogo.probes.pulse.trend import fitting_trends
from selftest.pulse.known import NOW, held, profile, row, timing

SCORE = {"relationship_score": FieldSection(column="score", kind="number")}
LATER = (NOW + timedelta(minutes=1)).isoformat()
JUST_BEFORE = (NOW - timedelta(minutes=1)).isoformat()
LONG_BEFORE = (NOW - timedelta(minutes=3)).isoformat()
DAYS = timedelta(days=3)


def scored(number: int, score: int, **fields: object) -> Record:
    return row(number, values={"relationship_score": score}, **fields)


def values(profiles: list[dict[str, Any]], *rows: Record, **more: Any) -> Comparison:  # noqa: ANN401 - as of the class
    compare = partial(same_values, profiles, fields=SCORE)
    return as_exchanged(profiles, held(*rows), compare, timing=timing(**more))


@pytest.mark.parametrize("at", [LATER, JUST_BEFORE], ids=["later", "while it was exchanged"])
def test_what_the_partner_changed_after_the_exchange_is_left_out_with_a_word(at: str) -> None:
    changed = profile(1, relationship_score=70, updated_at=at)
    compared = values([changed, profile(2)], scored(1, 50), scored(2, 50))
    assert compared.equal, str(compared)
    assert compared.checked == 1
    (note,) = compared.notes
    assert note.startswith("1 of 2 rows are left out: the partner changed their records after")


def test_a_change_that_should_have_been_exchanged_is_a_difference() -> None:
    missed = profile(1, relationship_score=70, updated_at=LONG_BEFORE)
    compared = values([missed, profile(2)], scored(1, 50), scored(2, 50))
    assert [str(each) for each in compared.differences] == [
        "row k1, score: expected '70', found '50'"
    ]
    assert compared.notes == ()


def test_a_row_that_the_newest_exchange_passed_over_is_a_difference() -> None:
    passed_over = scored(1, 50, synced_at=NOW - timedelta(days=2))
    missed = profile(1, relationship_score=70, updated_at=(NOW - timedelta(days=1)).isoformat())
    compared = values([missed, profile(2)], passed_over, scored(2, 50))
    assert len(compared.differences) == 1
    assert compared.notes == ()


def test_a_change_after_an_older_exchange_is_judged_by_our_import() -> None:
    changed = profile(1, relationship_score=70, updated_at=LATER)
    soon = NOW + timedelta(hours=1)
    assert not values([changed], scored(1, 50), imported=soon).equal
    assert not values([changed], scored(1, 50, synced_at=None), imported=soon).equal


def test_where_everything_changed_since_nothing_is_told() -> None:
    with pytest.raises(CannotTell, match="changed every record") as caught:
        values([profile(1, updated_at=LATER)], scored(1, 50))
    assert caught.value.found == f"none of 1; the last exchange that is known was at {NOW}"
    assert "every 15 minutes while somebody has the application open" in caught.value.do


def test_differences_from_rows_of_an_unknown_time_tell_nothing_and_equal_ones_do() -> None:
    timeless = scored(1, 50, synced_at=None)
    assert values([profile(1)], timeless).equal
    with pytest.raises(CannotTell, match="not known when the rows were exchanged"):
        values([profile(1, relationship_score=70)], timeless)


def test_a_row_without_a_stamp_among_others_with_one_is_compared() -> None:
    profiles = [profile(1, relationship_score=70), profile(2)]
    assert not values(profiles, scored(1, 50, synced_at=None), scored(2, 50)).equal


def test_directions_are_judged_by_the_rows_that_are_left() -> None:
    changed = profile(1, last_interaction_date=None, updated_at=LATER)
    profiles = [changed, profile(2)]
    rows = held(row(1, trend="stable"), row(2, trend="stable"))
    follow = partial(fitting_trends, people_in(profiles), rule=TrendSection(), before=None)
    assert not follow(rows).equal
    assert as_exchanged(profiles, rows, follow, timing=timing()).equal


def test_a_change_is_left_out_until_an_exchange_has_had_its_time() -> None:
    profiles = [profile(1, relationship_score=70, updated_at=LATER), profile(2)]
    changed, due = NOW + timedelta(minutes=1), timedelta(minutes=21)
    before = values(profiles, scored(1, 50), scored(2, 50), later=due - timedelta(seconds=1))
    assert (before.equal, before.checked) == (True, 1)
    with pytest.raises(CannotTell, match="nobody knows whether it was due") as caught:
        values(profiles, scored(1, 50), scored(2, 50), later=due)
    assert caught.value.found == (
        f"1 difference in 2 checked; changes at the partner's: 1, from {changed} to {changed};"
        f" the last exchange that is known was at {NOW}"
    )
    assert "due every 15 minutes while somebody has the app" in caught.value.expected
    assert "leave it open until it has exchanged" in caught.value.do


def test_an_interval_is_the_agreed_one() -> None:
    profiles = [profile(1, relationship_score=70, updated_at=LATER), profile(2)]
    hourly = {"later": timedelta(minutes=60), "interval": timedelta(minutes=60)}
    assert values(profiles, scored(1, 50), scored(2, 50), **hourly).checked == 1


def test_what_arrived_without_a_stamp_is_as_expected_however_long_ago_it_changed() -> None:
    compared = values([profile(1, updated_at=LATER)], scored(1, 50), later=DAYS)
    assert (compared.equal, compared.checked, compared.notes) == (True, 1, ())


def test_a_difference_that_was_due_in_any_case_is_red_beside_those_that_nobody_can_tell() -> None:
    profiles = [
        profile(1, relationship_score=70, updated_at=LATER),
        profile(2, relationship_score=70),
        profile(3, updated_at=(NOW + DAYS).isoformat()),
    ]
    compared = values(profiles, scored(1, 50), scored(2, 50), scored(3, 50), later=DAYS)
    assert [each.subject for each in compared.differences] == ["row k2, score"]
    overdue, recent = compared.notes
    assert overdue.startswith("not judged, as nobody knows whether they were due: changes at")
    assert recent.startswith("1 of 3 rows are left out")


def test_where_all_changed_long_after_the_last_exchange_a_difference_tells_nothing() -> None:
    with pytest.raises(CannotTell, match="nobody knows whether it was due"):
        values([profile(1, relationship_score=70, updated_at=LATER)], scored(1, 50), later=DAYS)


def test_what_changed_since_our_own_import_is_left_out_however_long_that_took() -> None:
    profiles = [profile(1, relationship_score=70, updated_at=LATER), profile(2)]
    stamp = NOW + timedelta(hours=1)
    rows = [scored(1, 50, synced_at=stamp), scored(2, 50, synced_at=stamp)]
    compared = values(profiles, *rows, imported=NOW, later=timedelta(hours=1))
    assert (compared.equal, compared.checked) == (True, 1)


def counted(profiles: list[dict[str, Any]], after: Holdings, **more: Any) -> Comparison:  # noqa: ANN401 - as of the class
    return brought_over(people_in(profiles), after, timing=timing(**more))


def test_who_was_made_after_the_newest_exchange_is_left_out_with_a_word() -> None:
    made = profile(9, created_at=LATER)
    compared = counted([profile(1), made], held(row(1)))
    assert compared.equal, str(compared)
    assert compared.checked == 1
    assert f"1 people are left out: made after the last exchange, at {NOW}" in compared.notes
    assert not counted([profile(1), profile(9, created_at=LONG_BEFORE)], held(row(1))).equal
    assert not counted([profile(1), profile(9, created_at=None)], held(row(1))).equal


def test_who_was_made_long_enough_ago_for_an_exchange_is_not_just_left_out() -> None:
    profiles = [profile(1), profile(9, created_at=LATER)]
    with pytest.raises(CannotTell, match="nobody knows whether it was due") as caught:
        counted(profiles, held(row(1)), later=DAYS)
    assert caught.value.found.startswith("1 of 2 people are not there once; changes at the partner")
    assert counted(profiles, held(row(1)), later=DAYS, imported=NOW).equal
    assert counted(profiles, held(row(1), row(9)), later=DAYS).equal


def test_somebody_who_was_due_in_any_case_is_missed_beside_those_that_nobody_can_tell() -> None:
    profiles = [profile(1), profile(2), profile(9, created_at=LATER)]
    compared = counted(profiles, held(row(1)), later=DAYS)
    assert [each.subject for each in compared.differences] == ["the person of p2"]
    assert any("nobody knows whether some were due: changes" in each for each in compared.notes)


def test_where_everybody_was_made_long_after_the_last_exchange_nobody_knows() -> None:
    with pytest.raises(CannotTell, match="nobody knows whether it was due"):
        counted([profile(9, created_at=LATER)], held(row(1)), later=DAYS)


def test_who_was_made_since_and_is_there_twice_all_the_same_is_a_difference() -> None:
    made = profile(9, created_at=LATER, updated_at=LATER)
    assert not counted([profile(1), made], held(row(1), row(9), row(9))).equal


def test_where_nobody_is_left_to_look_for_nothing_is_told() -> None:
    with pytest.raises(CannotTell, match="made or changed everybody"):
        counted([profile(9, created_at=LATER)], held(row(1)))


def test_somebody_missing_among_rows_of_an_unknown_time_tells_nothing() -> None:
    with pytest.raises(CannotTell, match="not known when"):
        counted([profile(1), profile(9)], held(row(1, synced_at=None)))
    people = people_in([profile(1), profile(9)])
    after = held(row(1, synced_at=None))
    assert not brought_over(people, after, timing=timing(imported=NOW)).equal


def twins(**second: object) -> list[dict[str, Any]]:
    address = {"canonical_email": "a@x.test"}
    return [profile(1, **address), profile(2, **{**address, **second}), profile(3)]


def test_whose_address_the_partner_changed_since_may_have_two_rows_until_the_next_exchange() -> (
    None
):
    rows = held(row(1, email="a@x.test"), row(2, email="b@x.test"), row(3))
    compared = counted(twins(updated_at=LATER), rows)
    assert compared.equal, str(compared)
    assert any("who has which row is open" in each for each in compared.notes)
    assert not counted(twins(), rows).equal


def test_whose_address_changed_long_enough_ago_for_an_exchange_is_not_just_left_out() -> None:
    rows = held(row(1, email="a@x.test"), row(2, email="b@x.test"), row(3))
    with pytest.raises(CannotTell, match="nobody knows whether it was due"):
        counted(twins(updated_at=LATER), rows, later=DAYS)


def test_whose_address_the_newest_exchange_passed_over_is_there_twice() -> None:
    old = NOW - DAYS
    rows = (row(1, email="a@x.test", synced_at=old), row(2, email="b@x.test", synced_at=old))
    assert not counted(twins(updated_at=LONG_BEFORE), held(*rows, row(3))).equal


def test_which_of_two_records_speaks_is_open_after_a_change() -> None:
    rows = held(row(1, email="a@x.test"), row(3))
    assert counted(twins(updated_at=LATER), rows).equal
    assert not counted(twins(updated_at=LONG_BEFORE), rows).equal


def test_one_address_in_two_rows_is_a_duplicate_whatever_changed() -> None:
    both = held(row(1, email="a@x.test"), row(2, email="a@x.test"), row(3))
    (found,) = counted(twins(updated_at=LATER), both).differences
    assert found.subject == "the address of p1, p2"


def test_who_is_missing_altogether_is_missed_also_after_a_change() -> None:
    assert not counted(twins(updated_at=LATER), held(row(3))).equal


def test_who_was_made_while_an_import_went_on_need_not_be_written_by_it() -> None:
    people = people_in([profile(1), profile(9, created_at=LATER)])
    compared = written_since(people, held(row(1)), since=NOW)
    assert compared.equal
    assert compared.notes == ("1 people are left out: made since the import began",)


def test_an_import_may_have_met_those_who_were_made_while_it_went_on() -> None:
    profiles = (profile(1), profile(2, created_at=LATER))
    seen = ImportSeen(
        where="page", began=NOW, duration_s=1.0, requests=(), lines=(), progress=(), heard=Heard(),
    )  # fmt: skip
    assert list(Arrived(profiles=profiles, after=held(), seen=seen, read_at=NOW).totals) == [1, 2]
    by_others = Arrived(profiles=profiles, after=held(), read_at=NOW)
    assert list(by_others.totals) == [2]
    assert by_others.timing(SyncSection()) == timing(later=timedelta(0))


def test_when_anything_was_exchanged_last() -> None:
    rows = held(row(1), row(2, synced_at=None), row(3, synced_at=NOW - timedelta(1)))
    assert timing().newest_exchange(rows) == NOW
    assert timing().newest_exchange(held(row(1, synced_at=None))) is None
    began = NOW - timedelta(minutes=1)
    assert timing(imported=began).newest_exchange(rows) == began
    person = Person(email="", records=(profile(1, created_at=LATER),))
    assert not made_since(person.records, None)
