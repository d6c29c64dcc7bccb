"""One item, one check, both ways; and the order the checks run in."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import pytest

from gonogo.checklist import Checklist
from gonogo.errors import UsageError

ITEM_MARK = "item"
item_id_key = pytest.StashKey[str]()


def mark_with_phase(test: pytest.Item, checklist: Checklist) -> None:
    """Give a test its item's markers, before ``-m`` is applied to it.

    A test whose marker names no item keeps none; :func:`check_traceability` refuses it.
    """
    ids = _marked_ids(test)
    if len(ids) != 1 or ids[0] not in checklist:
        return
    test.stash[item_id_key] = ids[0]
    test.extra_keyword_matches.add(ids[0])
    for name in sorted(checklist.item(ids[0]).markers):
        test.add_marker(name)


def check_traceability(tests: Iterable[pytest.Item], checklist: Checklist) -> None:
    """Refuse tests without an item, with an unknown one, or two for one item; and xfail.

    Raises:
        UsageError: listing every such test.
    """
    owners: dict[str, str] = {}
    faults: list[str] = []
    for test in tests:
        ids = _marked_ids(test)
        if len(ids) != 1:
            faults.append(f'{test.nodeid}: expected one @pytest.mark.item("…"), found {len(ids)}')
        elif ids[0] not in checklist:
            known = [item.id for item in checklist.items]
            near = ", ".join(get_close_matches(ids[0], known, n=3)) or "none"
            faults.append(f"{test.nodeid}: unknown item {ids[0]!r}; near it: {near}")
        elif ids[0] in owners:
            faults.append(f"{test.nodeid}: {ids[0]} is already checked by {owners[ids[0]]}")
        else:
            owners[ids[0]] = test.nodeid
        if test.get_closest_marker("xfail"):
            faults.append(f"{test.nodeid}: xfail is refused, a red item is red")
    if faults:
        raise UsageError(
            "tests and checklist do not match one to one",
            where=checklist.path,
            found="\n    ".join(["", *faults]),
            do="give each test the id of its item, and each item one test",
        )


def order_key(test: pytest.Item, checklist: Checklist) -> tuple[int, int]:
    """Return where a test stands: by its item's turn, then as in the document."""
    item = checklist.item(test.stash[item_id_key])
    return item.turn, item.line


def _marked_ids(test: pytest.Item) -> list[str]:
    """Return the ids that a test's item markers give; a malformed marker gives itself."""
    return [
        str(mark.args[0]) if len(mark.args) == 1 and not mark.kwargs else f"item{mark.args}"
        for mark in test.iter_markers(ITEM_MARK)
    ]
