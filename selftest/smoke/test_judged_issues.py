from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gonogo.comparison import Comparison
from gonogo.probes.monitoring.judged_issues import Beginning, Counts, FlareUp, History, judged
from selftest.smoke.made_up_issues import EARLIER, LATER, OLD, OLDER, OURS, came_back, issue
from selftest.smoke.made_up_sentry import BEGAN, RELEASE

MADE = {"9": 1}
KNOWN = {"1": 40}
AT_ONCE = Beginning(known=BEGAN, heard=BEGAN)
STAGING_FIRST = Beginning(known=BEGAN - timedelta(days=2), heard=BEGAN)
BETWEEN = BEGAN - timedelta(days=1)


def history(began: Beginning | None = AT_ONCE, **counts: dict[str, int]) -> History:
    return History(release=RELEASE, began=began, counts=Counts(**{"ours": MADE, **counts}))


def old(
    *,
    before: int = 6,
    since: int = 5,
    began: Beginning = AT_ONCE,
    flare_up: FlareUp | None = None,
    **more: Any,  # noqa: ANN401 - any field
) -> Comparison:
    counts = Counts(
        ours=MADE, others={"1": since}, elsewhere=KNOWN, before={"1": before}, since={"1": since}
    )
    told = {"1": flare_up} if flare_up else {}
    known = History(release=RELEASE, began=began, counts=counts, flare_ups=told)
    return judged([OURS, issue("Old", **{"first_seen": EARLIER, **more})], known)


def test_our_own_events_alone_are_no_news() -> None:
    assert judged([OURS], history()).equal


def test_what_was_found_besides_is_told_first() -> None:
    compared = judged([OURS, issue(status="ignored")], history(), notes=["look here"])
    assert compared.notes[0] == "look here"
    assert len(compared.notes) == 2


def test_another_error_is_news() -> None:
    compared = judged([OURS, issue()], history(others={"1": 1}))
    assert not compared.equal
    assert "TypeError: x (3 times" in str(compared)
    assert "it is new" in str(compared)


def test_an_issue_with_our_title_that_holds_others_errors_is_news() -> None:
    assert not judged([OURS], history(others={"9": 1})).equal


def test_an_issue_that_nothing_was_counted_of_is_not_taken_for_ours() -> None:
    assert not judged([OURS], history(ours={})).equal


def test_an_old_error_that_goes_on_as_before_is_listed() -> None:
    compared = old(before=6, since=5)
    assert compared.equal
    assert compared.notes[0].startswith(
        "older than the release, 5 times since, 6 in as long a time before: error: Old"
    )


def test_an_old_error_that_is_fatal_is_news() -> None:
    compared = old(level="fatal")
    assert not compared.equal
    assert "it is old, and fatal" in str(compared)


@pytest.mark.parametrize(("before", "since"), [(0, 7), (6, 20), (100, 140)])
def test_an_old_error_that_is_proven_to_happen_more_often_is_news(before: int, since: int) -> None:
    compared = old(before=before, since=since)
    assert not compared.equal
    assert f"happens more often, {since} times since, {before} in as long" in str(compared)


@pytest.mark.parametrize(("before", "since"), [(0, 0), (0, 6), (6, 8), (100, 110), (9, 0)])
def test_chance_alone_is_no_news(before: int, since: int) -> None:
    assert old(before=before, since=since).equal


def test_where_the_release_is_not_known_everything_is_news() -> None:
    known = history(None, others={"1": 1}, elsewhere=KNOWN)
    assert not judged([OURS, OLD], known).equal


def test_an_error_of_no_other_release_is_new_whatever_its_clock_said() -> None:
    assert "it is new" in str(judged([OURS, OLD], history(others={"1": 1})))


def test_an_error_of_another_release_before_this_one_was_heard_here_is_not_new() -> None:
    assert old(began=STAGING_FIRST, first_seen=BETWEEN).equal
    assert "it is new" in str(old(began=STAGING_FIRST, first_seen=LATER))


@pytest.mark.parametrize("status", ["resolved", "ignored"])
def test_what_somebody_put_aside_is_listed(status: str) -> None:
    compared = judged([OURS, issue(status=status)], history())
    assert compared.equal
    assert compared.notes[0].startswith(f"put aside by somebody ({status}): error: TypeError")


class TestFlareUps:
    @pytest.mark.parametrize(
        ("substatus", "reason"),
        [
            ("regressed", "it came back after it was resolved"),
            ("escalating", "Sentry finds it escalating"),
        ],
    )
    def test_one_that_sentry_does_not_date_is_held_against_the_release(
        self, substatus: str, reason: str
    ) -> None:
        compared = old(substatus=substatus)
        assert not compared.equal
        assert f"{reason}, since when is not known" in str(compared)

    @pytest.mark.parametrize(
        ("at", "release"), [(BEGAN, ""), (LATER, OLDER), (EARLIER, RELEASE), (BETWEEN, RELEASE)]
    )
    def test_what_came_back_in_the_release_or_after_it_began_is_held_against_it(
        self, at: datetime, release: str
    ) -> None:
        flare_up = FlareUp(change=came_back(at, release=release))
        compared = old(substatus="regressed", began=STAGING_FIRST, flare_up=flare_up)
        assert not compared.equal
        assert f"it came back after it was resolved, {flare_up.change}" in str(compared)

    @pytest.mark.parametrize("release", [OLDER, ""])
    def test_what_came_back_before_the_release_is_listed(self, release: str) -> None:
        flare_up = FlareUp(change=came_back(EARLIER, release=release))
        compared = old(substatus="regressed", flare_up=flare_up)
        assert compared.equal
        assert compared.notes[0].startswith(
            f"came back before the release ({flare_up.change}), 5 times since, 6 in"
        )

    def test_what_escalated_before_the_release_is_listed(self) -> None:
        flare_up = FlareUp(change=came_back(EARLIER, kind="set_escalating"))
        compared = old(substatus="escalating", flare_up=flare_up)
        assert compared.equal
        assert compared.notes[0].startswith("escalated before the release (2026-02-24")

    def test_before_it_was_heard_here_another_release_that_is_named_excuses_it(self) -> None:
        flare_up = FlareUp(change=came_back(BETWEEN, release=OLDER))
        assert old(substatus="regressed", began=STAGING_FIRST, flare_up=flare_up).equal

    @pytest.mark.parametrize("substatus", ["regressed", "escalating"])
    def test_before_it_was_heard_here_a_doubt_is_held_against_it(self, substatus: str) -> None:
        flare_up = FlareUp(change=came_back(BETWEEN))
        compared = old(substatus=substatus, began=STAGING_FIRST, flare_up=flare_up)
        assert not compared.equal
        assert "whether that was in this release is not known" in str(compared)

    def test_what_came_back_elsewhere_alone_is_listed(self) -> None:
        flare_up = FlareUp(change=came_back(LATER, release=RELEASE), is_here=False)
        compared = old(substatus="regressed", flare_up=flare_up)
        assert compared.equal
        assert compared.notes[0].startswith("came back but not in this release here (2026-03-01")

    @pytest.mark.parametrize(
        "found", [{"level": "fatal"}, {"before": 0, "since": 7}], ids=["fatal", "more often"]
    )
    def test_what_came_back_before_the_release_may_be_news_for_another_reason(
        self, found: dict[str, Any]
    ) -> None:
        flare_up = FlareUp(change=came_back(EARLIER, release=OLDER))
        assert not old(substatus="regressed", flare_up=flare_up, **found).equal
