"""What is expected of a deployment and what was found, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence

from gonogo.comparison import Comparison, Difference
from gonogo.vendors.hosting import Deployment

NO_DEPLOYMENT = "no production deployment"
Pair = tuple[str, str, str]
"""What is compared, what is expected of it, and what was found."""


def of_commit(each: Deployment | None, commit: str) -> list[Pair]:
    """Compare the commit that a platform recorded; one that records none is not asked for it."""
    if each is not None and not each.commit and not each.names_commit:
        return []
    named = each.commit if each else NO_DEPLOYMENT
    return [("commit that the platform names", commit, named or "none")]


def listed(found: Sequence[str], none: str) -> str:
    """Return what was *found* in one line, and *none* where that is nothing."""
    return "; ".join(found) or none


def compared(subject: str, pairs: Sequence[Pair], *, do: str) -> Comparison:
    """Return the comparison of all *pairs*: those that differ are its differences."""
    return Comparison(
        subject=subject,
        checked=len(pairs),
        differences=tuple(
            Difference(subject=name, expected=expected, found=found)
            for name, expected, found in pairs
            if expected != found
        ),
        do=do,
    )
