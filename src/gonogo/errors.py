"""Every error this project raises, in one tree.

GonogoError
├── UsageError            refused before anything was touched (pytest exit code 4)
│   ├── ConfigError       a configuration file or variable is wrong
│   ├── ChecklistError    the checklist file is wrong
│   └── TargetRefused     the target is not who it should be, or may not be acted on
├── CannotTell            a probe could not look: the item ends in ERROR
│   ├── WaitTimedOut      a wait ran out before the wanted value was seen
│   ├── ServiceRefused    a service answered that it will not say
│   └── ActionUnfinished  a script was stopped, lost or refused before its own end
├── TooLittleToDecide     it looked, but the evidence decides neither way: INCONCLUSIVE
├── NotRunYet             blocked, or what the check needs does not exist: NOT_RUN
│   ├── Blocked           an earlier item stands in the way
│   ├── NothingToCompare  there is no baseline for the comparison
│   ├── NotDoneYet        nobody has taken the step whose result the check looks at
│   └── ToolMissing       an engine or tool this machine lacks
└── RecordError           a dossier file is damaged or cannot be written
"""

from __future__ import annotations

DEEPER = " " * 6
"""What the second and later lines of a part begin with; a label has at most four blanks."""


class GonogoError(Exception):
    """An error that says what, where, what was expected, what was found and what to do."""

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        expected: str = "",
        found: str = "",
        do: str = "",
    ) -> None:
        self.what = what
        self.where = where
        self.expected = expected
        self.found = found
        self.do = do
        super().__init__(what)

    def __str__(self) -> str:
        """One line for what happened, then one labelled line for each part that is known.

        What a part has below its first line is indented deeper than any label, so that a label
        within it is not taken for one of this error.
        """
        parts = (
            ("where", self.where),
            ("expected", self.expected),
            ("found", self.found),
            ("what to do", self.do),
        )
        lines = [self.what, *(f"  {label}: {_below(text)}" for label, text in parts if text)]
        return "\n".join(lines)


def _below(text: str) -> str:
    return text.replace("\n", f"\n{DEEPER}")


class UsageError(GonogoError):
    """Refused before anything was touched."""


class ConfigError(UsageError):
    """A configuration file, variable or option is wrong."""


class ChecklistError(UsageError):
    """The checklist file is wrong."""


class TargetRefused(UsageError):
    """The target is not who it should be, or may not be acted on."""


class CannotTell(GonogoError):
    """A probe could not look; neither yes nor no."""


class WaitTimedOut(CannotTell):
    """A wait ran out before the wanted value was seen."""


class ServiceRefused(CannotTell):
    """A service answered with an error of HTTP: ``status``; ``said`` is its own word for why."""

    def __init__(self, what: str, *, status: int = 0, said: str = "", **parts: str) -> None:
        super().__init__(what, **parts)
        self.status = status
        self.said = said


class ActionUnfinished(CannotTell):
    """A script was stopped, lost or refused before it reached its own end."""


class TooLittleToDecide(GonogoError):
    """The evidence was seen but decides neither way."""


class NotRunYet(GonogoError):
    """The check is blocked, or what it needs does not exist."""


class Blocked(NotRunYet):
    """An earlier item stands in the way."""


class NothingToCompare(NotRunYet):
    """There is no baseline for the comparison."""


class NotDoneYet(NotRunYet):
    """Nobody has taken the step whose result the check looks at."""


class ToolMissing(NotRunYet):
    """An engine or tool this machine lacks; ``do`` says how to get it."""


class RecordError(GonogoError):
    """A dossier file is damaged or cannot be written."""
