"""What is said at the end of a run beside the verdict: why it counts, or why nothing was run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from difflib import get_close_matches

import pytest

from gonogo.checklist import PHASES, Checklist
from gonogo.gate import acceptable_in_rehearsal
from gonogo.pytest_plugin.scope import Scope
from gonogo.records import Decision
from gonogo.verdict import Verdict

_ARGUMENTS = re.compile(r"\([^()]*=[^()]*\)")
_NAME = re.compile(r"[\w:+.\[\]\\/-]+")
_WORDS = frozenset({"and", "or", "not", "True", "False", "None"})


def rehearsal_lines(decision: Decision) -> list[str]:
    """Say why the HOLD of a run with ``--rehearse`` is accepted, or that it is not."""
    if decision.verdict is not Verdict.HOLD:
        return []
    if not acceptable_in_rehearsal(decision):
        return ["--rehearse: this HOLD is not accepted; a rehearsal could mend it"]
    counts = Counter(str(standing.absence) for standing in decision.blocking)
    reasons = (f"  {count} items: {reason}" for reason, count in counts.most_common())
    return ["--rehearse: this HOLD is accepted (exit status 0), it rests only on", *reasons]


def unknown_markers(config: pytest.Config, checklist: Checklist) -> tuple[str, ...]:
    """Return the names in ``-m`` that are no marker: pytest itself takes them for "no test"."""
    expression = _ARGUMENTS.sub("", config.option.markexpr)
    known = _known_markers(config, checklist)
    named = dict.fromkeys(_NAME.findall(expression))
    return tuple(name for name in named if name not in known | _WORDS)


def unknown_marker_problems(config: pytest.Config, checklist: Checklist) -> tuple[str, ...]:
    """Return one problem for each unknown name in ``-m``: its verdict speaks for nobody."""
    known = sorted(_known_markers(config, checklist))
    return tuple(
        f"-m names {name}, which is no marker{_near(name, known)}"
        for name in unknown_markers(config, checklist)
    )


def nothing_selected_lines(
    config: pytest.Config, checklist: Checklist, scope: Scope, checked: Collection[str]
) -> list[str]:
    """Say why no check was selected, and what to do; *checked* are the items that have one."""
    lines = [f"gonogo: nothing was run, so nothing is decided ({scope.label})"]
    problems = unknown_marker_problems(config, checklist)
    items = [item for item in checklist.items if item.id in (scope.ids or ())]
    phases = [phase for phase in PHASES if any(item.phase == phase for item in items)]
    with_checks = _with_checks(checklist, checked)
    first = next(iter(with_checks), PHASES[0])
    do = f"pytest -m {first}"
    if problems:
        lines += [f"unknown: {problem}" for problem in problems]
        lines.append(f"known:   {', '.join(PHASES)}")
    elif phases and not any(item.id in checked for item in items):
        named = ", ".join(phases)
        lines.append(f"missing: no check yet for any of the {len(items)} items of {named}")
        do = f"gonogo items --phase {phases[0]} lists what a person has to look at"
    elif scope.partial:
        lines.append(f"missing: none of the {len(checked)} checks is selected by this")
        do = f"name an item by its id, such as pytest -k {next(iter(checked), 'ID')}"
    else:
        lines.append("missing: no item of the checklist is in this scope")
    lines.append(f"checks:  {', '.join(f'{p} ({n})' for p, n in with_checks.items()) or 'none'}")
    return [*lines, f"next:    {do}"]


def _known_markers(config: pytest.Config, checklist: Checklist) -> frozenset[str]:
    declared = (re.match(r"\w+", line) for line in config.getini("markers"))
    of_items = (marker for item in checklist.items for marker in item.markers)
    return frozenset([*(found[0] for found in declared if found), *of_items])


def _with_checks(checklist: Checklist, checked: Collection[str]) -> dict[str, str]:
    """Return ``12 of 12 items`` for each phase that has checks, in the document's order."""
    counts: dict[str, str] = {}
    for phase in PHASES:
        ids = [item.id for item in checklist.items if item.phase == phase]
        number = sum(item_id in checked for item_id in ids)
        if number:
            counts[phase] = f"{number} of {len(ids)} items"
    return counts


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=3)
    return f"; near it: {', '.join(near)}" if near else ""
