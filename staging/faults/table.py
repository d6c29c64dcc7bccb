"""The outcome of all faults as text for a terminal or a CI log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gonogo.verdict import State
from staging.faults.fault import Fault
from staging.faults.outcome import Outcome, Tally

SHOWN_MESSAGE = 6
HEADINGS = ("fault", "expected", "observed", "missed", "extra", "s")


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Return one line for each outcome, in columns that fit their content."""
    rows = [HEADINGS, *(_row(each) for each in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _row(outcome: Outcome) -> tuple[str, ...]:
    observed = outcome.observed
    return (
        outcome.fault.id,
        in_short(outcome.fault.expected),
        "not run" if observed.trouble else in_short(observed.states),
        " ".join(outcome.missed) or "-",
        " ".join(outcome.extra) or "-",
        f"{observed.duration_s:.1f}{' known' if outcome.known else ''}",
    )


def in_short(states: Mapping[str, State]) -> str:
    """Return states as ``FAIL MIG-1.2 2.1, NOT_RUN MIG-3.4``; a section's name stands once."""
    parts = []
    for state in dict.fromkeys(states.values()):
        section = ""
        words = [str(state)]
        for item in sorted(name for name, each in states.items() if each is state):
            head, _, number = item.rpartition("-")
            words.append(number if head == section else item)
            section = head
        parts.append(" ".join(words))
    return ", ".join(parts) or "all green"


def surprises(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield what a person needs to judge each outcome that is not as expected."""
    for outcome in outcomes:
        if outcome.right:
            continue
        yield f"{outcome.fault.id}: {outcome.fault.sentence}"
        if outcome.observed.trouble:
            yield f"  could not be run: {outcome.observed.trouble}"
            continue
        for item, words in outcome.missed.items():
            yield f"  missed  {item}: {words}"
            yield from _message(outcome, item)
        for item, words in outcome.extra.items():
            yield f"  extra   {item}: {words}"
            yield from _message(outcome, item)


def _message(outcome: Outcome, item: str) -> Iterator[str]:
    lines = outcome.observed.messages.get(item, "").splitlines()
    yield from (f"            {line}" for line in lines[:SHOWN_MESSAGE])


def summary(tally: Tally) -> list[str]:
    """Return the last lines: what turns each item red, the kill rate, the false alarms."""
    by_item = [f"{item} {count}" for item, count in tally.reddened.items()]
    controls = sum(each.fault.is_control for each in tally.outcomes)
    rate = f"{tally.killed / tally.faults:.0%}" if tally.faults else "no fault was run"
    lines = [
        f"red by item, whole catalogue: {', '.join(by_item)}",
        f"kill rate: {rate} ({tally.killed} of {tally.faults} faults)",
        f"false alarms: {tally.false_alarms} (over {tally.faults} faults and {controls} controls)",
    ]
    if tally.broken:
        lines.append(f"could not be run: {tally.broken}")
    if tally.left_out:
        lines.append(f"not judged, this machine lacks the tool: {', '.join(tally.left_out)}")
    if tally.uncovered:
        lines.append(f"never turned red: {', '.join(tally.uncovered)}")
    return lines


def listing(faults: Iterable[Fault]) -> Iterator[str]:
    """Yield each fault with its sentence and what it must turn red."""
    group = ""
    for fault in faults:
        if fault.group != group:
            group = fault.group
            yield f"{group}:"
        yield f"  {fault.id}"
        yield f"      {fault.sentence}"
        yield f"      {in_short(fault.expected)}"
