"""The words, symbols and tones in which states, kinds, phases and times are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gonogo.checklist import Kind
from gonogo.verdict import State, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gonogo.records import RunSummary, Standing


@dataclass(frozen=True, kw_only=True)
class Words:
    """How one state or verdict is shown; ``tone`` names a colour, which never stands alone."""

    text: str
    symbol: str
    tone: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class KindWords:
    """How one kind of item is shown."""

    short: str
    meaning: str


def _words(text: str, symbol: str, tone: str, meaning: str) -> Words:
    return Words(text=text, symbol=symbol, tone=tone, meaning=meaning)


# Worst first: counts, legend and bars follow this order.
STATES: dict[State, Words] = {
    State.FAIL: _words("FAIL", "✕", "bad", "It was observed and is not as it must be."),
    State.REFUSED: _words("REFUSED", "⊘", "bad", "A person in the role said no."),
    State.ERROR: _words(
        "ERROR", "!", "error", "The check could not look; that is neither yes nor no."
    ),
    State.INVALID: _words(
        "INVALID",
        "≠",
        "error",
        "A signature does not hold: wrong key, role, release, or the text changed since.",
    ),
    State.INCONCLUSIVE: _words(
        "INCONCLUSIVE", "?", "unsure", "It was observed, but too little to decide either way."
    ),
    State.STALE: _words(
        "STALE", "≈", "unsure", "It was green, but it is too old or what it rests on changed."
    ),
    State.EXPIRED: _words("EXPIRED", "⊖", "unsure", "A signed word whose time has run out."),
    State.PENDING: _words("PENDING", "✎", "wait", "A named person still has to sign."),
    State.WAITING: _words("WAITING", "…", "wait", "Due later: its time has not come."),
    State.NOT_RUN: _words("NOT RUN", "○", "idle", "Nobody looked. Nothing is known about it."),
    State.WAIVED: _words(
        "WAIVED", "~", "waived", "Not green, and accepted in a signed record with an expiry."
    ),
    State.PASS_AFTER_RETRY: _words(
        "PASS AFTER RETRY",
        "↻",
        "good",
        "Observed as it must be, after an earlier attempt of this commit was red.",
    ),
    State.PASS: _words("PASS", "✓", "good", "Observed as it must be."),
    State.ATTESTED: _words("ATTESTED", "§", "good", "A person in the role signed for it."),
    State.NOT_APPLICABLE: _words(
        "NOT APPLICABLE",
        "–",
        "idle",
        "Does not concern this release, by configuration or signed.",
    ),
}

ADVICE: dict[State, str] = {
    State.FAIL: "Mend what failed, then run the same command again; or decide to roll back.",
    State.REFUSED: "Talk to the person who refused; only a new signed record changes this.",
    State.ERROR: "Make it possible to look, then run the same command again; an exception without"
    " a place is a defect: report it with its traceback.",
    State.INVALID: "Have the record signed again by a person in the right role.",
    State.INCONCLUSIVE: "Collect more, in a new window; or have its role accept it, signed.",
    State.STALE: "Run the stale items again.",
    State.EXPIRED: "Have the record signed again.",
    State.PENDING: "Ask the person in the role; until a signed word is there, this holds.",
    State.WAITING: "Come back when its time has come.",
    State.NOT_RUN: "Run what was not run.",
}
"""What is to be done about a state that is not settled, where nobody says it better."""

VERDICTS: dict[Verdict, Words] = {
    Verdict.GO: _words("GO", "✓", "good", "Every item in scope is settled."),
    Verdict.HOLD: _words(
        "HOLD", "‖", "unsure", "Nothing was seen to be wrong, but something is not settled."
    ),
    Verdict.NO_GO: _words("NO-GO", "✕", "bad", "Something was seen to be wrong, or refused."),
}

KINDS: dict[Kind, KindWords] = {
    Kind.A: KindWords(short="machine", meaning="A machine observes it."),
    Kind.H: KindWords(short="person", meaning="A named person attests it with a signature."),
    Kind.AH: KindWords(short="machine and person", meaning="Observed, and attested as well."),
    Kind.A_H: KindWords(
        short="machine or person",
        meaning="Observed where the service is configured; attested where it is not.",
    ),
    Kind.A_PLUS: KindWords(short="machine, then person", meaning="Computed, then signed."),
    Kind.M: KindWords(short="metric", meaning="Measured against a target, over time."),
}

PHASES: dict[str, str] = {
    "preflight": "Preflight",
    "final": "Final checks",
    "phase1": "Phase 1",
    "phase2": "Phase 2",
    "phase3": "Phase 3",
    "phase4": "Phase 4",
    "monitoring": "Monitoring",
    "rollout1": "Rollout 1",
    "rollout2": "Rollout 2",
    "rollout3": "Rollout 3",
    "success": "Success criteria",
    "closeout": "Closing out",
    "rollback": "Rollback",
    "signoff": "Sign-off",
}


EXIT_STATUSES: dict[int, str] = {
    0: "GO",
    1: "NO-GO",
    2: "interrupted",
    3: "internal error",
    4: "refused",
    5: "no check was selected",
    20: "HOLD",
}


def exit_meaning(run: RunSummary) -> str:
    """Return a run's exit status and what it says; 0 is not always a GO."""
    if run.exit_status is None:
        return "not known"
    meaning = EXIT_STATUSES.get(run.exit_status, "")
    if run.exit_status == 0 and not run.planned:
        meaning = "recorded, nothing judged"
    elif run.exit_status == 0 and "--rehearse" in run.options.split() and run.verdict != "GO":
        meaning = "HOLD, accepted by --rehearse" if run.verdict else "GO, or an accepted HOLD"
    return f"{run.exit_status}: {meaning}" if meaning else str(run.exit_status)


def moment(at: datetime | None) -> str:
    """Return *at* to the second in UTC, as a person writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "never"


def duration(seconds: float) -> str:
    """Return a length of time in the two units that matter at its size."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def size(size_bytes: int) -> str:
    """Return a size in decimal units."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:.1f} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 item`` or ``2 items``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def counts(standings: Iterable[Standing]) -> dict[State, int]:
    """Return how many items stand in each state that occurs, worst state first."""
    found = Counter(standing.state for standing in standings)
    return {state: found[state] for state in STATES if found[state]}
