"""Whether a release brought errors that were not there before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.monitoring.browser_events import TITLE
from gonogo.vendors.sentry import SentryIssue


def new_issues(
    issues: Sequence[SentryIssue], *, began: datetime | None, control: str
) -> Comparison:
    """Compare the unresolved serious *issues* of a release with "none but our own test events".

    *began* is since when the release is known: what is older is no news, and listed. *control*
    is the title of our own event, which must be among them: no news from a collector that hears
    nothing is no good news.

    Raises:
        CannotTell: our own event is not among the issues.
    """
    if not any(control in each.title for each in issues):
        raise CannotTell(
            "it is not known whether errors of this release are collected at all",
            expected=f"among the unresolved issues: {control}",
            found=f"{len(issues)} other issues",
            do="mend what keeps the test event from arriving, then look again",
        )
    others = [each for each in issues if TITLE not in each.title]
    old = [each for each in others if began is not None and each.first_seen < began]
    return Comparison(
        subject="serious issues of this release",
        checked=len(issues),
        differences=tuple(
            Difference(subject=f"issue {each.id}", expected="none that is new", found=str(each))
            for each in others
            if each not in old
        ),
        notes=tuple(f"older than the release: {each}" for each in old),
        do="read the issue; resolve it there when it is understood",
    )
