from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from gonogo.comparison import Comparison
from gonogo.config_import import FieldSection, TrendSection
from gonogo.errors import CannotTell
from gonogo.probes.browser.listening import Heard
from gonogo.probes.pulse.counting import brought_over, written_since
from gonogo.probes.pulse.fields import same_values
from gonogo.probes.pulse.importing import ImportSeen
from gonogo.probes.pulse.meanwhile import as_exchanged, made_since, newest_exchange
from gonogo.probes.pulse.people import Person, people_in
from gonogo.probes.pulse.records import Holdings, Record
from gonogo.probes.pulse.steps import Arrived
from gonogo.probes.pulse.trend import fitting_trends
from selftest.pulse.known import NOW, held, profile, row

SCORE = {"relationship_score": FieldSection(column="score", kind="number")}
LATER = (NOW + timedelta(minutes=1)).isoformat()
JUST_BEFORE = (NOW - timedelta(minutes=1)).isoformat()
LONG_BEFORE = (NOW - timedelta(minutes=3)).isoformat()


def scored(number: int, score: int, **fields: object) -> Record:
    return row(number, values={"relationship_score": score}, **fields)


def values(profiles: list[dict[str, Any]], *rows: Record, **more: Any) -> Comparison:  # noqa: ANN401 - as of the function
    compare = partial(same_values, profiles, fields=SCORE)
    return as_exchanged(profiles, held(*rows), compare, **more)


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
    assert caught.value.found == "none of 1"


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
    assert as_exchanged(profiles, rows, follow).equal


def counted(profiles: list[dict[str, Any]], after: Holdings) -> Comparison:
    return brought_over(people_in(profiles), after)


def test_who_was_made_after_the_newest_exchange_is_left_out_with_a_word() -> None:
    made = profile(9, created_at=LATER)
    compared = counted([profile(1), made], held(row(1)))
    assert compared.equal, str(compared)
    assert compared.checked == 1
    assert f"1 people are left out: made after the last exchange, at {NOW}" in compared.notes
    assert not counted([profile(1), profile(9, created_at=LONG_BEFORE)], held(row(1))).equal
    assert not counted([profile(1), profile(9, created_at=None)], held(row(1))).equal


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
    assert not brought_over(people, after, imported=NOW).equal


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
    assert list(Arrived(profiles=profiles, after=held(), seen=seen).totals) == [1, 2]
    assert list(Arrived(profiles=profiles, after=held()).totals) == [2]
    assert Arrived(profiles=profiles, after=held()).imported_at is None


def test_when_anything_was_exchanged_last() -> None:
    rows = held(row(1), row(2, synced_at=None), row(3, synced_at=NOW - timedelta(1)))
    assert newest_exchange(rows) == NOW
    assert newest_exchange(held(row(1, synced_at=None))) is None
    assert newest_exchange(held(), NOW) == NOW
    person = Person(email="", records=(profile(1, created_at=LATER),))
    assert not made_since(person.records, None)
