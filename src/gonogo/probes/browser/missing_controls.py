"""What a control that people need and that is not there means for a comparison."""

from __future__ import annotations

from collections.abc import Callable

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.browser.list_page import ControlMissing


def difference_of(missing: ControlMissing) -> Difference:
    """Return what a control that is not there means for a comparison."""
    return Difference(subject=missing.what, expected=missing.expected, found=missing.found)


def repeated(act: Callable[[], object], *, where: str) -> None:
    """Do what was done before the rows changed; a control that is gone is not the page's fault."""
    try:
        act()
    except ControlMissing as missing:
        raise CannotTell(
            "the rows changed while the page was looked at, and it cannot be looked at again",
            where=where,
            expected=missing.expected,
            found=missing.found,
            do="run again when fewer people work with it",
        ) from missing


def none_of(missing: ControlMissing, subject: str, *, do: str) -> Comparison:
    """Return the comparison of what cannot be looked at for want of a control."""
    return Comparison(subject=subject, checked=1, differences=(difference_of(missing),), do=do)
