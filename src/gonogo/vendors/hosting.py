"""What every hosting platform says of a deployment, in one shape."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from gonogo.errors import CannotTell


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One deployment as its platform describes it; ``state`` is the platform's own word."""

    id: str
    address: str
    """Where this very deployment answers, whatever production's address leads to."""
    state: str
    is_ready: bool
    """Built, and able to answer."""
    has_ended: bool
    """Whether the platform is done with it, well or not."""
    is_production: bool
    is_live: bool
    """Whether the platform says that production's address leads to it."""
    commit: str
    """The commit that the platform recorded; empty where it recorded none."""
    created_at: datetime
    names_commit: bool = True
    """Whether one made in this way has its commit recorded at all."""
    is_dirty: bool = False
    """Whether it was made from a working tree with changes that are no part of the commit."""
    error: str = ""

    def __str__(self) -> str:
        """Read as one line."""
        kind = "production" if self.is_production else "preview"
        commit = f"commit {self.commit[:12]}" if self.commit else "no commit"
        changed = " with uncommitted changes" if self.is_dirty else ""
        words = (
            f"{self.id}, {kind}, {self.state}, {commit}{changed}, made {self.created_at:%F %T} UTC"
        )
        return f"{words}: {self.error}" if self.error else words


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One line of a build's log."""

    text: str
    is_error: bool = False
    """Whether the platform itself calls it an error."""


@contextmanager
def understood(platform: str, where: str) -> Iterator[None]:
    """Read an answer within; one that lacks what it must have is CannotTell."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CannotTell(
            f"{platform}'s answer is not understood",
            where=where,
            expected="the fields of its documentation",
            found=f"{type(error).__name__}: {error}",
            do="see whether the address is the platform's API, and of a version known here",
        ) from error
