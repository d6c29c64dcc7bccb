"""The states an item can be in, and the verdicts a gate can give. Pure data."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where one item of the checklist stands."""

    PASS = "PASS"  # noqa: S105 - a state, no password
    PASS_AFTER_RETRY = "PASS_AFTER_RETRY"  # noqa: S105
    FAIL = "FAIL"
    ERROR = "ERROR"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_RUN = "NOT_RUN"
    WAITING = "WAITING"
    ATTESTED = "ATTESTED"
    REFUSED = "REFUSED"
    PENDING = "PENDING"
    EXPIRED = "EXPIRED"
    INVALID = "INVALID"
    WAIVED = "WAIVED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    STALE = "STALE"


class Verdict(StrEnum):
    """May this release go on?"""

    GO = "GO"
    HOLD = "HOLD"
    NO_GO = "NO-GO"

    @property
    def exit_code(self) -> int:
        """0 for GO, 1 for NO-GO, 20 for HOLD (pytest keeps 2 to 5 for itself)."""
        return {Verdict.GO: 0, Verdict.NO_GO: 1, Verdict.HOLD: 20}[self]


OBSERVED = frozenset(
    {
        State.PASS,
        State.FAIL,
        State.ERROR,
        State.INCONCLUSIVE,
        State.NOT_RUN,
        State.WAITING,
    }
)
"""The states that a check itself can end in."""
SETTLED = frozenset(
    {
        State.PASS,
        State.PASS_AFTER_RETRY,
        State.ATTESTED,
        State.WAIVED,
        State.NOT_APPLICABLE,
    }
)
RED = frozenset({State.FAIL, State.REFUSED})
