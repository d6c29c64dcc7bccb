"""What a release has to answer for, of the issues that its errors belong to. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from gonogo.comparison import Comparison, Difference
from gonogo.statistics import lower_bound
from gonogo.vendors.sentry import SentryChange, SentryIssue

SURE = 0.99
"""How sure it must be that an old error happens more often now before that is held against it."""


class Flaring(NamedTuple):
    """What Sentry's word for an issue that flares up means."""

    change: str
    """The change that the issue's history has of it."""
    found: str
    earlier: str
    """How it is told where it was before the release."""


FLARE_UPS = {
    "regressed": Flaring(
        change="set_regression",
        found="it came back after it was resolved",
        earlier="came back",
    ),
    "escalating": Flaring(
        change="set_escalating",
        found="Sentry finds it escalating",
        earlier="escalated",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """When a release began: not before it was known, and not after it was heard here."""

    known: datetime
    """Since when Sentry knows of it; another environment may have had it first."""
    heard: datetime
    """When its first error happened here; not before ``known``."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How often each issue happened here, by its id; no key: never."""

    ours: Mapping[str, int] = field(default_factory=dict)
    """Test events of ours, in the release."""
    others: Mapping[str, int] = field(default_factory=dict)
    """All other events, in the release."""
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    """In other releases."""
    before: Mapping[str, int] = field(default_factory=dict)
    """In as long a time as ``since`` spans, just before the release was heard."""
    since: Mapping[str, int] = field(default_factory=dict)
    """Since the release was heard, a week at most."""

    def is_ours(self, issue: SentryIssue) -> bool:
        """Whether test events are all there is of it: its title may be that of any event."""
        return bool(self.ours.get(issue.id)) and not self.others.get(issue.id)


@dataclass(frozen=True, kw_only=True)
class FlareUp:
    """The last time that an issue came back, or escalated, in whatever environment."""

    change: SentryChange
    is_here: bool = True
    """Whether the release had the error here since it was resolved, as far as that is known."""


@dataclass(frozen=True, kw_only=True)
class History:
    """What is known of *release*, and of the issues beside what Sentry lists of them."""

    release: str
    began: Beginning | None
    """None: it is not known, and everything is news."""
    counts: Counts
    flare_ups: Mapping[str, FlareUp] = field(default_factory=dict)
    """Of the issues that Sentry says are in one, by id; no key: it does not tell since when."""


def judged(
    issues: Sequence[SentryIssue], history: History, *, notes: Sequence[str] = ()
) -> Comparison:
    """Compare *issues* with "none": an old one that goes on as before is no news, and listed.

    *notes* are told first.
    """
    differences, told = [], list(notes)
    for each in issues:
        if not each.is_open:
            told.append(f"put aside by somebody ({each.status}): {each}")
        elif not history.counts.is_ours(each):
            reason = _reason(each, history)
            if reason:
                found = f"{each}: {reason}"
                differences.append(
                    Difference(subject=f"issue {each.id}", expected="none", found=found)
                )
            else:
                told.append(f"{_age(each, history)}, {_how_often(each, history)}: {each}")
    return Comparison(
        subject="serious issues of this release",
        checked=len(issues),
        differences=tuple(differences),
        notes=tuple(told),
        do="read the issue; resolve it there when it is understood",
    )


def _reason(issue: SentryIssue, history: History) -> str:
    """Return why the release has to answer for *issue*; empty where it does not."""
    began, counts = history.began, history.counts
    # The first error makes a release known, and is older than it by a moment.
    if began is None or issue.first_seen >= began.heard or not counts.elsewhere.get(issue.id):
        return "it is new"
    if issue.substatus in FLARE_UPS:
        flare_up = history.flare_ups.get(issue.id)
        held = _held(flare_up, release=history.release, began=began)
        if held:
            return f"{FLARE_UPS[issue.substatus].found}, {held}"
    if issue.level == "fatal":
        return "it is old, and fatal"
    since, before = counts.since.get(issue.id, 0), counts.before.get(issue.id, 0)
    # Were it as frequent as before, half of both would be since the release began.
    if since and lower_bound(since, of=since + before, confidence=SURE) > 1 / 2:
        return f"it is old, and happens more often, {_how_often(issue, history)}"
    return ""


def _held(flare_up: FlareUp | None, *, release: str, began: Beginning) -> str:
    """Return since when an issue flares up where *release* has to answer for that, else "".

    Sentry keeps one state of an issue for all environments: that it came back elsewhere alone is
    known where this release had no error of it here since it was resolved. A release that was
    known and not yet heard here may have been live here: in that time only another release that
    Sentry names excuses it. What cannot be told apart is held against the release: an issue that
    an error of another release, as of a page that is open since yesterday, brought back after
    this one was heard; and an escalation in another environment, as Sentry does not say where.
    """
    if flare_up is None:
        return "since when is not known"
    change = flare_up.change
    if not flare_up.is_here:
        return ""
    if change.release == release or change.at >= began.heard:
        return str(change)
    if change.at >= began.known and not change.release:
        return f"{change}; whether that was in this release is not known"
    return ""


def _age(issue: SentryIssue, history: History) -> str:
    """Return since when *issue* is what it is, where the release need not answer for it."""
    flare_up = history.flare_ups.get(issue.id)
    if flare_up is None:
        return "older than the release"
    place = "before the release" if flare_up.is_here else "but not in this release here"
    return f"{FLARE_UPS[issue.substatus].earlier} {place} ({flare_up.change})"


def _how_often(issue: SentryIssue, history: History) -> str:
    counts = history.counts
    since, before = counts.since.get(issue.id, 0), counts.before.get(issue.id, 0)
    return f"{since} times since, {before} in as long a time before"
