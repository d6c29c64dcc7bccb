from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.monitoring.browser_events import TITLE
from gonogo.probes.monitoring.issues import new_issues
from gonogo.vendors.sentry import SentryIssue

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def issue(title: str, *, day: int = 2, number: str = "1") -> SentryIssue:
    seen = datetime(2026, 3, 1, tzinfo=UTC).replace(month=3 if day > 0 else 2, day=abs(day) or 1)
    return SentryIssue(
        id=number, title=title, level="error", count=1, first_seen=seen, link="https://s"
    )


OURS = issue(f"Error: {TITLE} abc")


def test_our_own_events_alone_are_no_news() -> None:
    other_run = issue(f"Error: {TITLE} def")
    assert new_issues([OURS, other_run], began=BEGAN, control="abc").equal


def test_another_error_is_news() -> None:
    compared = new_issues([OURS, issue("TypeError: x")], began=BEGAN, control="abc")
    assert not compared.equal
    assert "TypeError: x" in str(compared)


def test_what_is_older_than_the_release_is_listed() -> None:
    compared = new_issues([OURS, issue("Old", day=-5)], began=BEGAN, control="abc")
    assert compared.equal
    assert compared.notes[0].startswith("older than the release: error: Old")
    assert not new_issues([OURS, issue("Old", day=-5)], began=None, control="abc").equal


@pytest.mark.parametrize("issues", [[], [issue("TypeError: x")]])
def test_without_our_own_event_silence_says_nothing(issues: list[SentryIssue]) -> None:
    with pytest.raises(CannotTell, match="collected at all"):
        new_issues(issues, began=BEGAN, control="abc")
