from __future__ import annotations

from typing import Any

import pytest

from gonogo.config_import import SyncSection, TrendSection
from gonogo.errors import CannotTell, NotDoneYet
from gonogo.probes.browser.listening import Heard
from gonogo.probes.pulse.clocked_page import SyncSeen
from gonogo.probes.pulse.importing import ImportSeen
from gonogo.probes.pulse.partner_requests import PartnerRequest
from gonogo.probes.pulse.people import people_in
from gonogo.probes.pulse.shape import compared_shape
from gonogo.probes.pulse.steps import (
    NOTE,
    Arrived,
    Synced,
    apply,
    changes_to_make,
    moved_trends,
    only_changes_fetched,
)
from selftest.pulse.known import NOW, held, profile, row

SYNC = SyncSection(since_parameter="modified_since")
SINCE = "https://crm.test/api/pulse/list?modified_since=2026-02-28T00:00:00Z"
CHANGED = profile(1, updated_at="2026-03-01T00:00:00Z")
PAGE = {"total": 1, "limit": 1, "offset": 0, "has_more": False}
SHAPE = {"id": "text", "score": "number?", "tags": "words?", "at": "moment", "vip": "flag?"}
GOOD = {"id": "p1", "score": 1, "tags": ["a"], "at": "2026-01-01T00:00:00Z", "vip": True}


def synced(*requests: PartnerRequest, changed: tuple[Any, ...] = ()) -> Synced:
    seen = SyncSeen(
        where="page", interval_minutes=15, automatic=True, early=0, due=len(requests),
        requests=requests, lines=(), heard=Heard(), settled=True, given=("x = 0",),
    )  # fmt: skip
    return Synced(seen=seen, before=held(), after=held(), changed=changed)


def asked(*profiles: dict[str, Any], address: str = SINCE) -> PartnerRequest:
    return PartnerRequest(address=address, status=200, profiles=profiles)


def fetched_of(
    *requests: PartnerRequest, changed: tuple[Any, ...] = (), total: int = 9
) -> list[str]:
    found = only_changes_fetched(synced(*requests, changed=changed), SYNC, total)
    return [str(each) for each in found.differences]


def test_only_changes_were_fetched() -> None:
    assert fetched_of(asked(CHANGED), changed=(CHANGED,)) == []
    assert fetched_of(asked(CHANGED)) == []


def test_a_question_without_a_time_is_a_question_for_everything() -> None:
    (found, *_) = fetched_of(asked(CHANGED, address="https://crm.test/list"))
    assert found == "question 1: expected modified_since with a time, found not asked for"


def test_older_ones_are_too_many() -> None:
    found = fetched_of(asked(CHANGED, profile(2)), changed=(CHANGED,), total=2)
    assert found == [
        "question 1: expected nothing older than 2026-02-28 00:00:00+00:00, found 1 older",
        "question 1: expected the changed records, found all 2",
    ]


def test_a_change_that_was_not_fetched_is_missing() -> None:
    found = fetched_of(asked(), changed=(CHANGED,))
    assert found == ["what was fetched: expected p1, which changed meanwhile, found not among it"]


def test_no_question_at_all_is_not_equal() -> None:
    assert not only_changes_fetched(synced(), SYNC, 1).equal


def test_what_arrived_is_judged_by_changes_on_purpose_or_by_nature() -> None:
    assert synced(asked(profile(2)), changed=(CHANGED,)).arrivals() == (CHANGED,)
    assert synced(asked(profile(2))).arrivals() == (profile(2),)
    with pytest.raises(NotDoneYet, match="nothing changed"):
        synced(asked()).arrivals()


def test_an_import_that_was_not_ours_is_not_judged() -> None:
    arrived = Arrived(profiles=(CHANGED,), after=held(), read_at=NOW)
    assert len(arrived.people) == 1
    assert str(arrived).startswith("1 records of the partner; 0 rows")
    with pytest.raises(NotDoneYet, match="did not import"):
        _ = arrived.our_import


def test_where_nobody_has_imported_there_is_nothing_to_judge_yet() -> None:
    with pytest.raises(NotDoneYet, match="nobody has imported"):
        _ = Arrived(profiles=(CHANGED,), after=held(), read_at=NOW).imported
    rows = held(row(1))
    assert Arrived(profiles=(CHANGED,), after=rows, read_at=NOW).imported == rows


def test_our_own_import_is_told_with_its_result() -> None:
    seen = ImportSeen(
        where="page", began=NOW, duration_s=1.0, requests=(asked(CHANGED),), lines=(), progress=(),
        heard=Heard(), result={"success": True, "imported": 1, "errors": True},
    )  # fmt: skip
    arrived = Arrived(profiles=(CHANGED,), after=held(), seen=seen, read_at=NOW)
    assert arrived.our_import.succeeded
    assert arrived.imported == held(), "our own import that wrote nothing is judged"
    assert (seen.figure("imported"), seen.figure("errors"), seen.figure("odd")) == (1, -1, -1)
    assert "1 questions to the partner, 1 answered well" in str(arrived)


def test_changes_are_a_rise_a_fall_and_a_note_of_three_people() -> None:
    scores = {1: 5, 2: 30, 3: 50, 4: 70, 5: 95}
    people = people_in(
        profile(n, relationship_score=score, tags=["a"]) for n, score in scores.items()
    )
    assert changes_to_make(people, held(*map(row, scores))) == {
        "p4": {"relationship_score": 90},
        "p3": {"relationship_score": 30},
        "p5": {"notes": NOTE, "tags": []},
    }


def test_where_nobody_has_room_nothing_is_changed_but_notes() -> None:
    people = people_in([profile(1, relationship_score=5, tags=["a"]), profile(2)])
    assert changes_to_make(people, held(row(1))) == {"p1": {"notes": NOTE, "tags": []}}
    assert changes_to_make(people, held()) == {}


def test_changes_are_made_where_the_partner_lets_us() -> None:
    made = apply({"p1": {"notes": "n"}}, [profile(1)], lambda *_: True)
    assert [each["notes"] for each in made] == ["n"]
    assert apply({"p1": {"notes": "n"}}, [profile(1)], lambda *_: False) == ()


def test_directions_after_a_change_are_compared_with_the_row_before() -> None:
    before = held(row(1, values={"relationship_score": 50}))
    after = held(row(1, trend="rising"))
    seen = synced().seen
    moved = Synced(
        seen=seen, before=before, after=after, changed=(profile(1, relationship_score=70),)
    )
    assert moved_trends(moved, rule=TrendSection()).equal


def test_a_sync_is_told_in_a_few_lines() -> None:
    told = str(synced(asked(CHANGED)).seen)
    assert "0 questions to the partner until 14:59, 1 at 15:00" in told
    assert "given in place of the server's own: x = 0" in told


def test_an_answer_of_the_agreed_shape() -> None:
    nothing = {**GOOD, "score": None, "tags": None, "vip": None}
    assert compared_shape({"data": [GOOD, nothing], "pagination": PAGE}, shape=SHAPE).equal


@pytest.mark.parametrize(
    ("body", "difference"),
    [
        ("<html>", "pagination: expected an object, found nothing"),
        ({"data": [], "pagination": PAGE}, "data: expected records, found list of 0"),
        ({"data": [GOOD], "pagination": {**PAGE, "total": "1"}}, "total: expected number"),
        (
            {"data": [{**GOOD, "at": None}], "pagination": PAGE},
            "at: expected moment, found nothing",
        ),
        ({"data": [{**GOOD, "at": "today"}], "pagination": PAGE}, "at: expected moment"),
        ({"data": [{**GOOD, "at": "2026-01-01T00:00:00"}], "pagination": PAGE}, "at: expected"),
        ({"data": [{**GOOD, "vip": 1}], "pagination": PAGE}, "vip: expected flag?, found int"),
        ({"data": [{**GOOD, "score": True}], "pagination": PAGE}, "score: expected number?"),
        (
            {"data": [{"id": "p1"}], "pagination": PAGE},
            "record 1, score: expected number?, found no",
        ),
        ({"data": ["p1"], "pagination": PAGE}, "record 1: expected an object"),
    ],
)
def test_an_answer_of_another_shape(body: object, difference: str) -> None:
    compared = compared_shape(body, shape=SHAPE)
    assert difference in str(compared)
    assert not compared.equal


def test_without_an_agreed_shape_nothing_can_be_said() -> None:
    with pytest.raises(CannotTell, match="no agreed shape"):
        compared_shape({}, shape={})
