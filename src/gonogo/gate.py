"""The gate: a pure function from where the items stand to GO, HOLD or NO-GO (design §3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gonogo.records import Absence, Decision, Standing
from gonogo.verdict import RED, SETTLED, State, Verdict

ACCEPTED_IN_REHEARSAL = frozenset({Absence.NO_CHECK, Absence.PERSON, Absence.TOOL, Absence.HORIZON})
"""What may keep a rehearsal at HOLD without failing it: nothing a rehearsal could mend."""

_WORST_FIRST = (
    State.FAIL,
    State.REFUSED,
    State.ERROR,
    State.INVALID,
    State.INCONCLUSIVE,
    State.STALE,
    State.EXPIRED,
    State.NOT_RUN,
    State.PENDING,
    State.WAITING,
)


def decide(
    standings: Sequence[Standing],
    *,
    scope: str,
    in_scope: Collection[str],
    partial: bool = False,
    problems: Sequence[str] = (),
) -> Decision:
    """Decide over the items in scope; whatever is missing, unknown or damaged is never GO.

    *problems* are reasons that hold whatever the items say, such as an id nobody knows or a
    damaged segment.
    """
    wanted = set(in_scope)
    unknown = sorted(wanted - {standing.item.id for standing in standings})
    reasons = [*problems, *(f"unknown item id {item_id}" for item_id in unknown)]
    chosen = [s for s in standings if s.item.id in wanted]
    if not chosen:
        reasons.append("no item of the checklist is in scope")
    blocking = sorted(
        (s for s in chosen if s.state not in SETTLED and not s.item.advisory),
        key=lambda s: _WORST_FIRST.index(s.state),
    )
    not_applicable = sum(s.state is State.NOT_APPLICABLE for s in chosen)
    settled = sum(s.state in SETTLED for s in chosen) - not_applicable
    if chosen and not_applicable == len(chosen):
        reasons.append("nothing in scope applies to this target, so nothing was looked at")
    elif chosen and not blocking and not settled:
        reasons.append("only advisory items are in scope, and none of them is settled")
    if any(s.state in RED for s in blocking):
        verdict = Verdict.NO_GO
    elif blocking or reasons:
        verdict = Verdict.HOLD
    else:
        verdict = Verdict.GO
    return Decision(
        verdict=verdict,
        scope=scope,
        partial=partial,
        in_scope=tuple(s.item.id for s in chosen),
        blocking=tuple(blocking),
        problems=tuple(reasons),
        not_applicable=not_applicable,
    )


def acceptable_in_rehearsal(decision: Decision) -> bool:
    """Return whether a rehearsal's HOLD rests only on what a rehearsal cannot mend.

    A rehearsal that settled nothing is none.
    """
    return (
        decision.verdict is not Verdict.NO_GO
        and not decision.problems
        and len(decision.blocking) < len(decision.in_scope) - decision.not_applicable
        and all(standing.absence in ACCEPTED_IN_REHEARSAL for standing in decision.blocking)
    )
