"""Where each item stands, folded from a dossier's history. Pure: the time is given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gonogo.checklist import Item, Kind
from gonogo.history import History
from gonogo.records import NO_INSTANCE, Absence, Attempt, Standing
from gonogo.verdict import SETTLED, State

HUMAN_PART = frozenset({Kind.H, Kind.AH, Kind.A_PLUS})


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What evidence must belong to in order to count now.

    ``covered`` are the items that have a check; None when nobody looked (no collection).
    """

    commit: str
    instance: str
    now: datetime
    bindings: Mapping[str, str] = field(default_factory=dict)
    covered: Collection[str] | None = None
    run_id: str = ""
    """The run that asks; its own unselected items are named so."""
    platforms: Collection[str] = ()
    """The platforms this target is deployed on; empty: nobody said, so all are judged."""


def standings(
    items: Collection[Item], history: History, circumstances: Circumstances
) -> tuple[Standing, ...]:
    """Return the standing of every item, in the given order (design §3)."""
    by_item: dict[str, list[Attempt]] = {}
    for attempt in history.attempts:
        if attempt.commit == circumstances.commit:
            by_item.setdefault(attempt.item_id, []).append(attempt)
    planned = {run.run_id: set(run.planned) for run in history.runs}
    return tuple(
        _standing(item, by_item.get(item.id, []), planned, circumstances) for item in items
    )


def applies(item: Item, platforms: Collection[str]) -> bool:
    """Whether *item* concerns a target on these platforms; where nobody named any, it does."""
    return not item.platform or not platforms or item.platform in platforms


def _standing(
    item: Item,
    attempts: list[Attempt],
    planned: Mapping[str, Collection[str]],
    circumstances: Circumstances,
) -> Standing:
    if not applies(item, circumstances.platforms):
        used = ", ".join(sorted(circumstances.platforms))
        return Standing(
            item=item,
            state=State.NOT_APPLICABLE,
            reason=f"deployment.platforms names {used}, not {item.platform}",
            attempts=tuple(attempts),
        )
    here = [a for a in attempts if _counts(a, circumstances)]
    asking = circumstances.run_id or _newest_run_for(item, planned)
    interrupted = _unfinished_in(asking, item, here, planned)
    if interrupted or not here:
        return _absent(item, tuple(attempts), planned, circumstances)
    # The newest run's own attempt decides, whatever the clocks of older ones said.
    latest = next((a for a in reversed(here) if a.run_id == asking), here[-1])
    # What ran on another instance tells of earlier reds, but the state is decided here.
    attempts = [*(a for a in attempts if a is not latest), latest]
    earlier_red = any(a.state in {State.FAIL, State.ERROR} for a in attempts[:-1])
    state, reason = latest.state, latest.message
    if state is State.PASS:
        state, reason = _still_good(item, latest, circumstances)
        if state is State.PASS and earlier_red:
            state, reason = State.PASS_AFTER_RETRY, "an earlier attempt of this commit was red"
    if state in SETTLED and item.kind in HUMAN_PART:
        state, reason = State.PENDING, "the machine's part passed; a person's word is missing"
    return Standing(
        item=item,
        state=state,
        reason=reason,
        absence=Absence.PERSON if state is State.PENDING else latest.absence,
        attempts=tuple(attempts),
    )


def _counts(attempt: Attempt, circumstances: Circumstances) -> bool:
    """Whether an attempt speaks of this instance; where none was reached, only for no green."""
    if attempt.instance == NO_INSTANCE and attempt.state is not State.PASS:
        return True
    return attempt.instance == circumstances.instance


def _newest_run_for(item: Item, planned: Mapping[str, Collection[str]]) -> str:
    """Return the newest run that planned the item; runs are in the order of their time."""
    return next((run_id for run_id in reversed(list(planned)) if item.id in planned[run_id]), "")


def _unfinished_in(
    run_id: str, item: Item, here: list[Attempt], planned: Mapping[str, Collection[str]]
) -> bool:
    """Whether that run planned this item and did not finish it, whatever older runs say."""
    return item.id in planned.get(run_id, ()) and not any(a.run_id == run_id for a in here)


def _absent(
    item: Item,
    attempts: tuple[Attempt, ...],
    planned: Mapping[str, Collection[str]],
    circumstances: Circumstances,
) -> Standing:
    if circumstances.covered is not None and item.id not in circumstances.covered:
        absence = Absence.PERSON if item.kind is Kind.H else Absence.NO_CHECK
        reason = str(absence)
    elif any(item.id in ids for ids in planned.values()):
        absence, reason = Absence.NOT_FINISHED, "planned, but its check never finished"
    else:
        absence, reason = Absence.NOT_SELECTED, "not run on this target"
    return Standing(
        item=item, state=State.NOT_RUN, reason=reason, absence=absence, attempts=attempts
    )


def _still_good(item: Item, latest: Attempt, circumstances: Circumstances) -> tuple[State, str]:
    if latest.bindings.get("text") != item.text_sha256:
        return State.STALE, "the checklist's text of this item changed since"
    for name in sorted(item.depends):
        if latest.bindings.get(name) != circumstances.bindings.get(name):
            return State.STALE, f"{name} changed since this was observed"
    if item.max_age_s is not None:
        age = circumstances.now - latest.finished_at
        if age > timedelta(seconds=item.max_age_s):
            return State.STALE, f"observed {age} ago; at most {item.max_age_s} s count"
    return State.PASS, latest.message
