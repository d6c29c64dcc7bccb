"""Whether a release brought errors, or brought errors back, or made known ones more frequent.

Only errors of one environment are looked at, the one that our own test event arrived with: what
another environment of the same Sentry project did is no news here, and proves nothing old.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from gonogo.clock import Clock, SystemClock
from gonogo.comparison import Comparison
from gonogo.errors import CannotTell, WaitTimedOut
from gonogo.probes.monitoring.browser_events import TITLE
from gonogo.probes.monitoring.judged_issues import (
    FLARE_UPS,
    Beginning,
    Counts,
    FlareUp,
    History,
    judged,
)
from gonogo.vendors.sentry import Sentry, SentryEvent, SentryIssue
from gonogo.waiting import growing, pause, wait_until

LONGEST = timedelta(days=7)
"""How far back an old error is counted, before the release and since: Sentry keeps it longer."""
RESOLVED = "set_resolved"
"""What the kinds of change begin with that are a resolution: by hand, in a release, by age."""
EVERYWHERE = "errors of every environment are counted: our test event does not name one"


@dataclass(frozen=True, kw_only=True)
class ReleaseIssues:
    """The serious issues of *release*; ``sleep`` and ``clock`` are injected by tests."""

    sentry: Sentry
    release: str
    control: Sequence[SentryEvent] = field(repr=False)
    """Our own test event, as it arrived."""
    sleep: Callable[[float], None] = pause
    clock: Clock = SystemClock()  # noqa: RUF009 - it has no state

    @property
    def where(self) -> str:
        """Where it is looked at."""
        return self.sentry.where

    @property
    def environment(self) -> str:
        """The environment that our own event arrived with; empty: it does not name one."""
        # What it should be called is held beside what is served with the other public values.
        names = {each.environment for each in self.control if each.release == self.release}
        return names.pop() if len(names) == 1 else ""

    def listed(self, *, within_s: float) -> tuple[SentryIssue, ...]:
        """Return the issues as soon as that of our own event is among them.

        No news from a collector that hears nothing is no good news.

        Raises:
            CannotTell: our own event did not arrive as one of this release, or in time.
        """
        wanted = {each.issue for each in self.control if each.release == self.release}
        if not wanted:
            arrived = ", ".join(f"{each.title} of release {each.release}" for each in self.control)
            raise self._not_collected(f"our test event, of release {self.release}", arrived)
        seen: list[tuple[SentryIssue, ...]] = []

        def look() -> tuple[SentryIssue, ...]:
            seen.append(self.sentry.serious_issues(self.release, environment=self.environment))
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
        began = self._began()
        counts = self._counts(issues, began)
        history = History(
            release=self.release,
            began=began,
            counts=counts,
            flare_ups=self._flare_ups(issues, counts),
        )
        return judged(issues, history, notes=() if self.environment else (EVERYWHERE,))

    def _began(self) -> Beginning | None:
        known = self.sentry.release_began(self.release)
        if known is None:
            return None
        heard = self.sentry.first_heard(self.release, environment=self.environment)
        # A visitor's clock may be late: a release is not heard before it is known.
        return Beginning(known=known, heard=max(known, heard or known))

    def _counts(self, issues: Sequence[SentryIssue], began: Beginning | None) -> Counts:
        ids = [each.id for each in issues if each.is_open]
        counted = partial(self.sentry.occurrences, ids, environment=self.environment)
        in_release = Counts(
            ours=counted(f'{self._here} title:"*{TITLE}*"'),
            others=counted(f'{self._here} !title:"*{TITLE}*"'),
        )
        if began is None:
            return in_release
        now = self.clock.now()
        span = min(now - began.heard, LONGEST)
        if span <= timedelta(0):
            return in_release
        return Counts(
            ours=in_release.ours,
            others=in_release.others,
            elsewhere=counted(f"!{self._here}"),
            before=counted(period=(began.heard - span, began.heard)),
            since=counted(period=(now - span, now)),
        )

    def _flare_ups(self, issues: Sequence[SentryIssue], counts: Counts) -> Mapping[str, FlareUp]:
        """Return the last flare-up of each issue that Sentry says is in one, where it tells it."""
        flaring = (each for each in issues if each.substatus in FLARE_UPS and each.is_open)
        found = {each.id: self._flare_up(each) for each in flaring if not counts.is_ours(each)}
        return {number: flare_up for number, flare_up in found.items() if flare_up}

    def _flare_up(self, issue: SentryIssue) -> FlareUp | None:
        changes = self.sentry.changes(issue.id)
        kind = FLARE_UPS[issue.substatus].change
        change = next((each for each in changes if each.kind == kind), None)
        if change is None:
            return None
        resolved = (each.at for each in changes if each.kind.startswith(RESOLVED))
        mended = next((at for at in resolved if at <= change.at), None)
        return FlareUp(change=change, is_here=mended is None or self._happened(issue, mended))

    def _happened(self, issue: SentryIssue, since: datetime) -> bool:
        period = (since, self.clock.now())
        return bool(
            self.sentry.occurrences(
                [issue.id], self._here, period=period, environment=self.environment
            )
        )

    @property
    def _here(self) -> str:
        return f'release:"{self.release}"'

    def _not_collected(self, expected: str, found: str) -> CannotTell:
        return CannotTell(
            "it is not known whether errors of this release are collected at all",
            where=self.where,
            expected=expected,
            found=found or "nothing",
            do="mend what keeps the test event from arriving, then look again",
        )
