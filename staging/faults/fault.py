"""A fault: what is broken, how, and which items must leave green; a control must change nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from gonogo.verdict import OBSERVED, State
from staging.faults.clone import Clone

Breaks = Callable[[Clone], None]
BreaksWhile = Callable[[Clone], Generator[None]]
RED_STATES = OBSERVED - {State.PASS}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to break a clone; ``sentence`` is what the person on call would say.

    ``expected`` are the items that must leave green and the state each must have; empty for a
    control, a harmless variation. ``own_server`` faults change the server or its roles.
    """

    id: str
    sentence: str
    group: str
    expected: Mapping[str, State]
    breaks: Breaks | BreaksWhile = field(repr=False)
    phase: str = "phase1"
    own_server: bool = False

    @property
    def is_control(self) -> bool:
        """Whether nothing may leave green."""
        return not self.expected

    def applied(self, clone: Clone) -> AbstractContextManager[None]:
        """Break *clone*; what the fault holds open, such as a session, ends with the context."""
        if inspect.isgeneratorfunction(self.breaks):
            return contextmanager(self.breaks)(clone)
        self.breaks(clone)
        return nullcontext()


def fault(
    *,
    fails: str = "",
    errors: str = "",
    not_run: str = "",
    inconclusive: str = "",
    own_server: bool = False,
) -> Callable[[Breaks | BreaksWhile], Fault]:
    """Make a fault of a function: its name is the id, its docstring the sentence.

    *fails*, *errors*, *not_run* and *inconclusive* are item ids with blanks between them. A
    function that yields keeps the clone broken until the checks have run.

    Raises:
        ValueError: no item is named, or one twice.
    """
    named = {
        State.FAIL: fails,
        State.ERROR: errors,
        State.NOT_RUN: not_run,
        State.INCONCLUSIVE: inconclusive,
    }
    listed = [(item, state) for state, items in named.items() for item in items.split()]
    expected = dict(listed)
    if not expected or len(listed) != len(expected):
        raise ValueError("a fault names items, each of them once")
    return lambda function: _made_of(function, expected, own_server=own_server)


def control(function: Breaks) -> Fault:
    """Make a control of a function: a harmless variation, after which all must still be green."""
    return _made_of(function, {}, own_server=False)


def _made_of(
    function: Breaks | BreaksWhile, expected: Mapping[str, State], *, own_server: bool
) -> Fault:
    return Fault(
        id=function.__name__.replace("_", "-"),
        sentence=(inspect.getdoc(function) or "").strip(),
        group=function.__module__.rpartition(".")[2],
        expected=expected,
        breaks=function,
        own_server=own_server,
    )
