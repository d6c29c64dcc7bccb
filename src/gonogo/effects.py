"""Keeps what has an effect from being done where the target does not allow that effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.errors import Blocked, TargetRefused
from gonogo.target import check_effect

if TYPE_CHECKING:
    from gonogo.config import Settings


def require_effect(settings: Settings, effect: str) -> None:
    """Return where the target allows *effect*.

    Raises:
        Blocked: it does not, so that what needs it is NOT_RUN.
    """
    try:
        check_effect(settings, effect)
    except TargetRefused as error:
        raise Blocked(
            error.what,
            where=error.where,
            expected=error.expected,
            found=error.found,
            do=error.do,
        ) from error
