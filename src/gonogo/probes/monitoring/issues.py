"""Whether a release brought errors, or brought errors back, or made known ones more frequent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from gonogo.clock import Clock, SystemClock
from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell, WaitTimedOut
from gonogo.probes.monitoring.browser_events import TITLE
from gonogo.statistics import lower_bound
from gonogo.vendors.sentry import Sentry, SentryEvent, SentryIssue
from gonogo.waiting import growing, pause, wait_until

SURE = 0.99
"""How sure it must be that an old error happens more often now before that is held against it."""
LONGEST = timedelta(days=7)
"""How far back an old error is counted, before the release and since: Sentry keeps it longer."""
CAME_BACK = {
    "regressed": "it came back after it was resolved",
    "escalating": "Sentry finds it escalating",
}


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How often each issue happened, by its id; no key: never."""

    ours: Mapping[str, int] = field(default_factory=dict)
    """Test events of ours, in the release."""
    others: Mapping[str, int] = field(default_factory=dict)
    """All other events, in the release."""
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    """In other releases."""
    before: Mapping[str, int] = field(default_factory=dict)
    """In as long a time as ``since`` spans, just before the release began."""
    since: Mapping[str, int] = field(default_factory=dict)
    """Since the release began, a week at most."""

    def is_ours(self, issue: SentryIssue) -> bool:
        """Whether test events are all there is of it: its title may be that of any event."""
        return bool(self.ours.get(issue.id)) and not self.others.get(issue.id)


@dataclass(frozen=True, kw_only=True)
class ReleaseIssues:
    """The serious issues of *release*; ``sleep`` and ``clock`` are injected by tests."""

    sentry: Sentry
    release: str
    sleep: Callable[[float], None] = pause
    clock: Clock = SystemClock()  # noqa: RUF009 - it has no state

    @property
    def where(self) -> str:
        """Where it is looked at."""
        return self.sentry.where

    def listed(self, control: Sequence[SentryEvent], *, within_s: float) -> tuple[SentryIssue, ...]:
        """Return the issues as soon as that of our own event, *control*, is among them.

        No news from a collector that hears nothing is no good news.

        Raises:
            CannotTell: our own event did not arrive as one of this release, or in time.
        """
        wanted = {each.issue for each in control if each.release == self.release}
        if not wanted:
            arrived = ", ".join(f"{each.title} of release {each.release}" for each in control)
            raise self._not_collected(f"our test event, of release {self.release}", arrived)
        seen: list[tuple[SentryIssue, ...]] = []

        def look() -> tuple[SentryIssue, ...]:
            seen.append(self.sentry.serious_issues(self.release))
            return seen[-1]

        try:
            return wait_until(
                look,
                lambda found: any(each.id in wanted for each in found),
                what="the issue of our test event",
                timeout_s=within_s,
                interval_s=growing(),
                clock=self.clock,
                sleep=self.sleep,
            )
        except WaitTimedOut:
            found = f"{len(seen[-1])} other issues"
            raise self._not_collected(f"issue {', '.join(sorted(wanted))}", found) from None

    def news(self, issues: Sequence[SentryIssue]) -> Comparison:
        """Compare those of *issues* that are open with "none that this release has to answer for".

        Raises:
            CannotTell: Sentry cannot be asked.
        """
        began = self.sentry.release_began(self.release)
        return judged(issues, began=began, counts=self._counts(issues, began))

    def _counts(self, issues: Sequence[SentryIssue], began: datetime | None) -> Counts:
        ids = [each.id for each in issues if each.is_open]
        counted = partial(self.sentry.occurrences, ids)
        here = f'release:"{self.release}"'
        in_release = Counts(
            ours=counted(f'{here} title:"*{TITLE}*"'), others=counted(f'{here} !title:"*{TITLE}*"')
        )
        if began is None:
            return in_release
        now = self.clock.now()
        span = min(now - began, LONGEST)
        if span <= timedelta(0):
            return in_release
        return Counts(
            ours=in_release.ours,
            others=in_release.others,
            elsewhere=counted(f"!{here}"),
            before=counted(period=(began - span, began)),
            since=counted(period=(now - span, now)),
        )

    def _not_collected(self, expected: str, found: str) -> CannotTell:
        return CannotTell(
            "it is not known whether errors of this release are collected at all",
            where=self.where,
            expected=expected,
            found=found or "nothing",
            do="mend what keeps the test event from arriving, then look again",
        )


def judged(issues: Sequence[SentryIssue], *, began: datetime | None, counts: Counts) -> Comparison:
    """Compare *issues* with "none": an old one that goes on as before is no news, and listed.

    *began* is since when the release is known; None: it is not, and everything is news. Pure.
    """
    differences, notes = [], []
    for each in issues:
        if not each.is_open:
            notes.append(f"put aside by somebody ({each.status}): {each}")
        elif not counts.is_ours(each):
            reason = _reason(each, began=began, counts=counts)
            if reason:
                found = f"{each}: {reason}"
                differences.append(
                    Difference(subject=f"issue {each.id}", expected="none", found=found)
                )
            else:
                notes.append(f"older than the release, {_how_often(each, counts)}: {each}")
    return Comparison(
        subject="serious issues of this release",
        checked=len(issues),
        differences=tuple(differences),
        notes=tuple(notes),
        do="read the issue; resolve it there when it is understood",
    )


def _reason(issue: SentryIssue, *, began: datetime | None, counts: Counts) -> str:
    """Return why the release has to answer for *issue*; empty where it does not."""
    # The first error makes a release known, and is older than it by a moment.
    if began is None or issue.first_seen >= began or not counts.elsewhere.get(issue.id):
        return "it is new"
    if issue.substatus in CAME_BACK:
        return CAME_BACK[issue.substatus]
    if issue.level == "fatal":
        return "it is old, and fatal"
    since, before = counts.since.get(issue.id, 0), counts.before.get(issue.id, 0)
    # Were it as frequent as before, half of both would be since the release began.
    if since and lower_bound(since, of=since + before, confidence=SURE) > 1 / 2:
        return f"it is old, and happens more often, {_how_often(issue, counts)}"
    return ""


def _how_often(issue: SentryIssue, counts: Counts) -> str:
    since, before = counts.since.get(issue.id, 0), counts.before.get(issue.id, 0)
    return f"{since} times since, {before} in as long a time before"
