from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from gonogo.errors import CannotTell
from gonogo.probes.monitoring.browser_events import TITLE
from gonogo.probes.monitoring.issues import EVERYWHERE, ReleaseIssues
from gonogo.vendors.sentry import SentryChange, SentryEvent, SentryIssue
from selftest.smoke.made_up_issues import EARLIER, OLD, OLDER, OURS, came_back, event, issue
from selftest.smoke.made_up_sentry import BEGAN, NOW, RELEASE, MadeUpSentry, SleptClock

MADE = {f'title:"*{TITLE}*"': {"9": 1}}
OF_OTHERS = {'!release:"': {"1": 40}}
REGRESSED = issue("Old", first_seen=EARLIER, substatus="regressed")


def of_release(made_up: MadeUpSentry, *control: SentryEvent) -> ReleaseIssues:
    clock = SleptClock()
    return ReleaseIssues(
        sentry=made_up.sentry,
        release=RELEASE,
        control=control or (event("9"),),
        sleep=clock.sleep,
        clock=clock,
    )


class TestListed:
    def test_the_issues_are_listed_once_our_own_is_among_them(self) -> None:
        made_up = MadeUpSentry(lists=[[issue()], [issue()], [issue(), OURS]])
        clock = SleptClock()
        release = ReleaseIssues(
            sentry=made_up.sentry,
            release=RELEASE,
            control=[event("9")],
            sleep=clock.sleep,
            clock=clock,
        )
        assert [each.id for each in release.listed(within_s=60)] == ["1", "9"]
        assert clock.naps_s == pytest.approx([0.2, 0.3])

    def test_our_own_may_be_put_aside_and_is_heard_all_the_same(self) -> None:
        made_up = MadeUpSentry(lists=[[issue(OURS.title, number="9", status="ignored")]])
        assert not of_release(made_up).listed(within_s=0)[0].is_open

    @pytest.mark.parametrize("issues", [[], [issue()]])
    def test_without_our_own_silence_says_nothing(self, issues: list[SentryIssue]) -> None:
        release = of_release(MadeUpSentry(lists=[issues]))
        with pytest.raises(CannotTell, match="collected at all") as caught:
            release.listed(within_s=60)
        assert caught.value.expected == "issue 9"
        assert caught.value.found == f"{len(issues)} other issues"

    @pytest.mark.parametrize(
        ("events", "found"),
        [([], "nothing"), ([event("9", release=OLDER)], f"{TITLE} abc of release {OLDER}")],
    )
    def test_an_event_that_is_not_of_this_release_proves_nothing_at_once(
        self, events: list[SentryEvent], found: str
    ) -> None:
        made_up = MadeUpSentry(lists=[[OURS]])
        release = ReleaseIssues(sentry=made_up.sentry, release=RELEASE, control=events)
        with pytest.raises(CannotTell, match="collected at all") as caught:
            release.listed(within_s=60)
        assert caught.value.found == found
        assert made_up.asked == []


class TestEnvironment:
    def asked(self, *control: SentryEvent) -> tuple[list[httpx.QueryParams], tuple[str, ...]]:
        made_up = MadeUpSentry(
            lists=[[OURS]],
            counts={**MADE, **OF_OTHERS},
            became={"1": [came_back(EARLIER), came_back(EARLIER, kind="set_resolved")]},
        )
        release = of_release(made_up, *control)
        release.listed(within_s=0)
        notes = release.news([OURS, REGRESSED]).notes
        asked = [*made_up.asked_for("events"), *made_up.asked_for("issues")]
        return [each.url.params for each in asked if "/issues/1/" not in each.url.path], notes

    def test_everything_is_asked_of_the_one_that_our_event_arrived_with(self) -> None:
        queries, notes = self.asked(event("9", environment="production"))
        assert [each["environment"] for each in queries] == ["production"] * 8
        assert EVERYWHERE not in notes

    @pytest.mark.parametrize("names", [[""], ["production", "staging"]])
    def test_without_one_name_nothing_is_limited_and_a_note_says_so(self, names: list[str]) -> None:
        queries, notes = self.asked(*(event("9", environment=each) for each in names))
        assert not any("environment" in each for each in queries)
        assert notes[0] == EVERYWHERE

    def test_an_event_of_another_release_does_not_name_it(self) -> None:
        queries, _ = self.asked(
            event("9", environment="production"),
            event("8", environment="staging", release=OLDER),
        )
        assert {each["environment"] for each in queries} == {"production"}


class TestCounted:
    def test_what_is_counted_decides(self) -> None:
        aside = issue(number="5", status="ignored")
        made_up = MadeUpSentry(lists=[], counts={**MADE, **OF_OTHERS})
        assert of_release(made_up).news([OURS, OLD, aside]).equal
        assert [each["query"] for each in made_up.counted] == [
            f'issue.id:[9,1] level:[error,fatal] release:"{RELEASE}" title:"*{TITLE}*"',
            f'issue.id:[9,1] level:[error,fatal] release:"{RELEASE}" !title:"*{TITLE}*"',
            f'issue.id:[9,1] level:[error,fatal] !release:"{RELEASE}"',
            "issue.id:[9,1] level:[error,fatal]",
            "issue.id:[9,1] level:[error,fatal]",
        ]
        *_, before, since = made_up.counted
        # Two weeks after the release, a week before it is held beside the last one.
        assert before["start"] == "2026-02-22T00:00:00.000000"
        assert before["end"] == "2026-03-01T00:00:00.000000"
        assert since["start"] == "2026-03-08T00:00:00.000000"
        assert since["end"] == NOW.strftime("%Y-%m-%dT%H:%M:%S.%f")

    def test_a_release_begins_here_when_it_is_first_heard_here(self) -> None:
        heard = NOW - timedelta(days=2)
        made_up = MadeUpSentry(lists=[], counts={**MADE, **OF_OTHERS}, heard=heard)
        between = issue("Old", first_seen=heard - timedelta(days=1))
        assert of_release(made_up).news([OURS, between]).equal
        *_, before, since = made_up.counted
        assert before["end"] == since["start"] == heard.strftime("%Y-%m-%dT%H:%M:%S.%f")

    def test_an_error_whose_clock_is_late_does_not_make_a_release_older(self) -> None:
        made_up = MadeUpSentry(lists=[], counts=MADE, heard=BEGAN - timedelta(days=3))
        of_release(made_up).news([OURS])
        assert made_up.counted[-2]["end"] == "2026-03-01T00:00:00.000000"

    @pytest.mark.parametrize("began", [None, NOW + timedelta(seconds=5)])
    def test_a_release_that_is_not_known_or_just_begins_has_no_time_to_compare(
        self, began: datetime | None
    ) -> None:
        made_up = MadeUpSentry(lists=[], counts=MADE, began=began)
        release = of_release(made_up)
        assert release.news([OURS]).equal
        assert len(made_up.counted) == 2
        assert not release.news([OURS, OLD]).equal
        assert release.where == "https://sentry.test"


class TestFlareUps:
    HERE = 'release:"r@1"'

    def news(
        self, *became: SentryChange, substatus: str = "regressed", happened: bool = True
    ) -> tuple[bool, str, MadeUpSentry]:
        here = {f'level:[error,fatal] release:"{RELEASE}"': {"1": 2}} if happened else {}
        made_up = MadeUpSentry(lists=[], counts={**MADE, **OF_OTHERS, **here}, became={"1": became})
        found = issue("Old", first_seen=EARLIER, substatus=substatus)
        compared = of_release(made_up).news([OURS, found])
        return compared.equal, str(compared), made_up

    def test_the_last_return_decides(self) -> None:
        early, late = came_back(EARLIER, release=OLDER), came_back(NOW, release=OLDER)
        assert not self.news(early, late)[0]
        assert self.news(early)[0]

    def test_a_return_is_not_taken_for_an_escalation(self) -> None:
        back = came_back(EARLIER, release=OLDER)
        equal, told, _ = self.news(back, substatus="escalating")
        assert not equal
        assert "Sentry finds it escalating, since when is not known" in told
        assert self.news(came_back(EARLIER, kind="set_escalating"), substatus="escalating")[0]

    def test_a_history_that_lacks_the_return_leaves_it_held_against_the_release(self) -> None:
        equal, told, _ = self.news(came_back(EARLIER, kind="set_resolved"))
        assert not equal
        assert "since when is not known" in told

    @pytest.mark.parametrize("kind", ["set_resolved", "set_resolved_in_release"])
    def test_what_came_back_is_looked_for_here_since_it_was_resolved(self, kind: str) -> None:
        mended = came_back(NOW - timedelta(days=2), kind=kind)
        back = came_back(NOW - timedelta(days=1), release=RELEASE)
        equal, _, made_up = self.news(mended, back)
        assert not equal
        asked = made_up.counted[-1]
        assert asked["query"] == f'issue.id:[1] level:[error,fatal] release:"{RELEASE}"'
        assert asked["start"] == "2026-03-13T00:00:00.000000"
        assert asked["environment"] == "production"
        equal, told, _ = self.news(mended, back, happened=False)
        assert equal
        assert "came back but not in this release here" in told

    def test_a_resolution_after_the_return_is_not_what_it_came_back_from(self) -> None:
        later = came_back(NOW, kind="set_resolved")
        equal, _, made_up = self.news(came_back(NOW - timedelta(days=1)), later, happened=False)
        assert not equal
        assert len(made_up.counted) == 5

    def test_only_what_flares_up_and_is_open_and_not_ours_is_asked_for(self) -> None:
        made_up = MadeUpSentry(lists=[], counts={**MADE, **OF_OTHERS})
        ours = issue(OURS.title, number="9", substatus="regressed")
        aside = issue(number="5", status="resolved", substatus="regressed")
        of_release(made_up).news([ours, aside, OLD])
        assert made_up.asked_for("issues") == []
