from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.monitoring.browser_events import TITLE
from gonogo.probes.monitoring.issues import Counts, ReleaseIssues, judged
from gonogo.vendors.sentry import SentryEvent, SentryIssue
from selftest.smoke.made_up_sentry import BEGAN, NOW, RELEASE, MadeUpSentry, SleptClock

LATER, EARLIER = BEGAN + timedelta(hours=1), BEGAN - timedelta(days=5)


def issue(title: str = "TypeError: x", *, number: str = "1", **more: Any) -> SentryIssue:  # noqa: ANN401 - any field
    known: dict[str, Any] = {
        "level": "error",
        "status": "unresolved",
        "substatus": "ongoing",
        "count": 3,
        "first_seen": LATER,
        "link": f"https://s/{number}",
    }
    return SentryIssue(id=number, title=title, **known | more)


def event(number: str, *, release: str = RELEASE) -> SentryEvent:
    return SentryEvent(id="e", title=f"{TITLE} abc", release=release, environment="", issue=number)


OURS = issue(f"GonogoTestEvent: {TITLE} of an earlier run", number="9")
MADE = {"9": 1}
OLD = issue("Old", first_seen=EARLIER)
KNOWN = {"1": 40}


def old(*, before: int, since: int, **more: Any) -> Comparison:  # noqa: ANN401 - any field
    counts = Counts(
        ours=MADE, others={"1": since}, elsewhere=KNOWN, before={"1": before}, since={"1": since}
    )
    return judged([OURS, issue("Old", first_seen=EARLIER, **more)], began=BEGAN, counts=counts)


def test_our_own_events_alone_are_no_news() -> None:
    assert judged([OURS], began=BEGAN, counts=Counts(ours=MADE)).equal


def test_another_error_is_news() -> None:
    compared = judged([OURS, issue()], began=BEGAN, counts=Counts(ours=MADE, others={"1": 1}))
    assert not compared.equal
    assert "TypeError: x (3 times" in str(compared)
    assert "it is new" in str(compared)


def test_an_issue_with_our_title_that_holds_others_errors_is_news() -> None:
    counts = Counts(ours=MADE, others={"9": 1})
    assert not judged([OURS], began=BEGAN, counts=counts).equal


def test_an_issue_that_nothing_was_counted_of_is_not_taken_for_ours() -> None:
    assert not judged([OURS], began=BEGAN, counts=Counts()).equal


def test_an_old_error_that_goes_on_as_before_is_listed() -> None:
    compared = old(before=6, since=5)
    assert compared.equal
    assert compared.notes[0].startswith(
        "older than the release, 5 times since, 6 in as long a time before: error: Old"
    )


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"substatus": "regressed"}, "it came back after it was resolved"),
        ({"substatus": "escalating"}, "Sentry finds it escalating"),
        ({"level": "fatal"}, "it is old, and fatal"),
    ],
)
def test_an_old_error_that_flares_up_is_news(found: dict[str, str], reason: str) -> None:
    compared = old(before=6, since=5, **found)
    assert not compared.equal
    assert reason in str(compared)


@pytest.mark.parametrize(("before", "since"), [(0, 7), (6, 20), (100, 140)])
def test_an_old_error_that_is_proven_to_happen_more_often_is_news(before: int, since: int) -> None:
    compared = old(before=before, since=since)
    assert not compared.equal
    assert f"happens more often, {since} times since, {before} in as long" in str(compared)


@pytest.mark.parametrize(("before", "since"), [(0, 0), (0, 6), (6, 8), (100, 110), (9, 0)])
def test_chance_alone_is_no_news(before: int, since: int) -> None:
    assert old(before=before, since=since).equal


def test_where_the_release_is_not_known_everything_is_news() -> None:
    counts = Counts(ours=MADE, others={"1": 1}, elsewhere=KNOWN)
    assert not judged([OURS, OLD], began=None, counts=counts).equal


def test_an_error_of_no_other_release_is_new_whatever_its_clock_said() -> None:
    compared = judged([OURS, OLD], began=BEGAN, counts=Counts(ours=MADE, others={"1": 1}))
    assert "it is new" in str(compared)


@pytest.mark.parametrize("status", ["resolved", "ignored"])
def test_what_somebody_put_aside_is_listed(status: str) -> None:
    compared = judged([OURS, issue(status=status)], began=BEGAN, counts=Counts(ours=MADE))
    assert compared.equal
    assert compared.notes[0].startswith(f"put aside by somebody ({status}): error: TypeError")


class TestAsked:
    def test_the_issues_are_listed_once_our_own_is_among_them(self) -> None:
        made_up = MadeUpSentry(lists=[[issue()], [issue()], [issue(), OURS]])
        clock = SleptClock()
        found = ReleaseIssues(
            sentry=made_up.sentry, release=RELEASE, sleep=clock.sleep, clock=clock
        ).listed([event("9")], within_s=60)
        assert [each.id for each in found] == ["1", "9"]
        assert clock.naps_s == pytest.approx([0.2, 0.3])

    def test_our_own_may_be_put_aside_and_is_heard_all_the_same(self) -> None:
        made_up = MadeUpSentry(lists=[[issue(OURS.title, number="9", status="ignored")]])
        release = ReleaseIssues(sentry=made_up.sentry, release=RELEASE)
        found = release.listed([event("9")], within_s=0)
        assert not found[0].is_open

    @pytest.mark.parametrize("issues", [[], [issue()]])
    def test_without_our_own_silence_says_nothing(self, issues: list[SentryIssue]) -> None:
        clock = SleptClock()
        release = ReleaseIssues(
            sentry=MadeUpSentry(lists=[issues]).sentry,
            release=RELEASE,
            sleep=clock.sleep,
            clock=clock,
        )
        with pytest.raises(CannotTell, match="collected at all") as caught:
            release.listed([event("9")], within_s=60)
        assert caught.value.expected == "issue 9"
        assert caught.value.found == f"{len(issues)} other issues"
        assert sum(clock.naps_s) == pytest.approx(60)

    @pytest.mark.parametrize(
        ("events", "found"),
        [([], "nothing"), ([event("9", release="r@0")], f"{TITLE} abc of release r@0")],
    )
    def test_an_event_that_is_not_of_this_release_proves_nothing_at_once(
        self, events: list[SentryEvent], found: str
    ) -> None:
        made_up = MadeUpSentry(lists=[[OURS]])
        release = ReleaseIssues(sentry=made_up.sentry, release=RELEASE)
        with pytest.raises(CannotTell, match="collected at all") as caught:
            release.listed(events, within_s=60)
        assert caught.value.found == found
        assert made_up.asked == []

    def test_what_is_counted_decides(self) -> None:
        aside = issue(number="5", status="ignored")
        made_up = MadeUpSentry(
            lists=[], counts={f'title:"*{TITLE}*"': {"9": 1}, '!release:"': {"1": 40}}
        )
        release = ReleaseIssues(sentry=made_up.sentry, release=RELEASE, clock=SleptClock())
        assert release.news([OURS, OLD, aside]).equal
        queries = [each.url.params["query"] for each in made_up.asked_for("events")]
        assert queries == [
            f'issue.id:[9,1] level:[error,fatal] release:"{RELEASE}" title:"*{TITLE}*"',
            f'issue.id:[9,1] level:[error,fatal] release:"{RELEASE}" !title:"*{TITLE}*"',
            f'issue.id:[9,1] level:[error,fatal] !release:"{RELEASE}"',
            "issue.id:[9,1] level:[error,fatal]",
            "issue.id:[9,1] level:[error,fatal]",
        ]
        *_, before, since = (each.url.params for each in made_up.asked_for("events"))
        # Two weeks after the release, a week before it is held beside the last one.
        assert before["start"] == "2026-02-22T00:00:00.000000"
        assert before["end"] == "2026-03-01T00:00:00.000000"
        assert since["start"] == "2026-03-08T00:00:00.000000"
        assert since["end"] == NOW.strftime("%Y-%m-%dT%H:%M:%S.%f")

    @pytest.mark.parametrize("began", [None, NOW + timedelta(seconds=5)])
    def test_a_release_that_is_not_known_or_just_begins_has_no_time_to_compare(
        self, began: datetime | None
    ) -> None:
        made_up = MadeUpSentry(lists=[], counts={f'title:"*{TITLE}*"': {"9": 1}}, began=began)
        release = ReleaseIssues(sentry=made_up.sentry, release=RELEASE, clock=SleptClock())
        assert release.news([OURS]).equal
        assert len(made_up.asked_for("events")) == 2
        assert not release.news([OURS, OLD]).equal
        assert release.where == "https://sentry.test"
