"""The items that a machine observes: those that faults must turn red."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gonogo.checklist import Item, Kind, parse
from gonogo.checks_in_tests import items_with_checks
from staging.faults.fault import Fault

CHECKLIST = "checklist/contacts-redesign.md"


def machine_items(root: Path, fault: Fault) -> list[str]:
    """Return the ids of the items with a check that *fault* is run against, as in the document."""
    return [each.id for each in _checked_items(root) if fault.concerns(each)]


@cache
def _checked_items(root: Path) -> tuple[Item, ...]:
    text = (root / CHECKLIST).read_text(encoding="utf-8")
    checked = items_with_checks(root)
    items = parse(text, path=CHECKLIST).items
    return tuple(each for each in items if each.kind is not Kind.H and each.id in checked)
