"""A page beside rows that others may change while it is looked at: only what stays differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gonogo.errors import CannotTell

T = TypeVar("T")
S = TypeVar("S")

LOOKS = 3
"""How often a page is looked at while its rows change."""


def while_unchanged(
    ask: Callable[[], T],
    look: Callable[[T], S],
    *,
    anew: Callable[[], object],
    where: str,
    differs: Callable[[S], object] = bool,
) -> S:
    """Return what *look* sees beside what *ask* says.

    1. Ask, and look. What does not differ is returned.
    2. Ask again. Where the same is said before and after the look, its difference is real.
    3. Else have the page ask *anew*, and look beside what was said last.

    Raises:
        CannotTell: it differed at every look, and each time something else was said.
    """
    wanted = ask()
    for number in range(LOOKS):
        if number:
            anew()
        seen = look(wanted)
        if not differs(seen):
            return seen
        now = ask()
        if now == wanted:
            return seen
        wanted = now
    raise CannotTell(
        "the rows change faster than the page can be looked at",
        where=where,
        expected="the same rows before and after a look",
        found=f"others each time in {LOOKS} looks",
        do="run again when fewer people work with it",
    )
