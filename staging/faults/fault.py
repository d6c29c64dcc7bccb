"""A fault: what is broken, how, and which items must leave green; a control must change nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, overload

from gonogo.checklist import Item
from gonogo.verdict import OBSERVED, State
from staging.faults.clone import Clone

Breaks = Callable[[Any], None]
BreaksWhile = Callable[[Any], Generator[None]]
"""They take a Clone; those of a phase with services take a WholeClone."""
RED_STATES = OBSERVED - {State.PASS}
DATABASE_ALONE = "phase1"
MARKS_OF_PHASE: Mapping[str, tuple[str, ...]] = {"preflight": ("preflight", "browser")}
"""Which part of a phase faults are for, where they are not for the whole of it."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to break a clone; ``sentence`` is what the person on call would say.

    ``expected`` are the items that must leave green and the state each must have; empty for a
    control, a harmless variation. ``own_server`` faults change the server or its roles, or what
    no reset takes back. *before* names the action that the run itself takes.
    """

    id: str
    sentence: str
    group: str
    expected: Mapping[str, State]
    breaks: Breaks | BreaksWhile = field(repr=False)
    phase: str = DATABASE_ALONE
    own_server: bool = False
    before: str = ""

    @property
    def is_control(self) -> bool:
        """Whether nothing may leave green."""
        return not self.expected

    @property
    def needs_services(self) -> bool:
        """Whether its phase looks at more than the database."""
        return self.phase != DATABASE_ALONE

    @property
    def marks(self) -> tuple[str, ...]:
        """The markers of the items that it is run against."""
        return MARKS_OF_PHASE.get(self.phase, (self.phase,))

    def concerns(self, item: Item) -> bool:
        """Whether *item* is one of those."""
        return item.markers.issuperset(self.marks)

    def applied(self, clone: Clone) -> AbstractContextManager[None]:
        """Break *clone*; what the fault holds open, such as a session, ends with the context."""
        if inspect.isgeneratorfunction(self.breaks):
            return contextmanager(self.breaks)(clone)
        self.breaks(clone)
        return nullcontext()


def fault(  # noqa: PLR0913 - each is one fact about it
    *,
    fails: str = "",
    errors: str = "",
    not_run: str = "",
    inconclusive: str = "",
    phase: str = DATABASE_ALONE,
    own_server: bool = False,
    before: str = "",
) -> Callable[[Breaks | BreaksWhile], Fault]:
    """Make a fault of a function: its name is the id, its docstring the sentence.

    *fails*, *errors*, *not_run* and *inconclusive* are item ids with blanks between them, all of
    *phase*. A function that yields keeps the clone broken until the checks have run. With
    *before* ``deploy`` the run itself deploys.

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
    return lambda function: _made_of(
        function, expected, phase=phase, own_server=own_server, before=before
    )


@overload
def control(function: Breaks | BreaksWhile, /) -> Fault: ...
@overload
def control(
    *, phase: str, before: str = "", own_server: bool = False
) -> Callable[[Breaks | BreaksWhile], Fault]: ...


def control(
    function: Breaks | BreaksWhile | None = None,
    /,
    *,
    phase: str = DATABASE_ALONE,
    before: str = "",
    own_server: bool = False,
) -> Fault | Callable[[Breaks | BreaksWhile], Fault]:
    """Make a control of a function: a harmless variation, after which all must still be green."""

    def made(function: Breaks | BreaksWhile) -> Fault:
        return _made_of(function, {}, phase=phase, own_server=own_server, before=before)

    return made if function is None else made(function)


def _made_of(
    function: Breaks | BreaksWhile,
    expected: Mapping[str, State],
    *,
    phase: str,
    own_server: bool,
    before: str,
) -> Fault:
    return Fault(
        id=function.__name__.replace("_", "-"),
        sentence=(inspect.getdoc(function) or "").strip(),
        group=function.__module__.rpartition(".")[2],
        expected=expected,
        breaks=function,
        phase=phase,
        own_server=own_server,
        before=before,
    )
