"""What a probe found when it held the expected beside the observed. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN_DIFFERENCES = 12


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as expected."""

    subject: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.subject}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The differences among ``checked`` things; ``checked`` is never zero for a true comparison.

    ``do`` says what the person on call can do about the differences; ``notes`` are facts worth
    reading that are no difference.
    """

    subject: str
    checked: int
    differences: tuple[Difference, ...] = ()
    do: str = ""
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether something was checked and nothing differs."""
        return self.checked > 0 and not self.differences

    def __bool__(self) -> bool:
        """Be true only when equal, so that ``assert comparison`` means what it says."""
        return self.equal

    @property
    def expected(self) -> str:
        """What was expected, in words."""
        return f"{self.subject}: {self.checked} as expected"

    @property
    def found(self) -> str:
        """What was found, in words."""
        if self.checked == 0:
            return f"no {self.subject} to check"
        if not self.differences:
            return f"{self.checked} of {self.checked} as expected"
        number = len(self.differences)
        return f"{number} difference{'' if number == 1 else 's'} in {self.checked} checked"

    def __str__(self) -> str:
        """Read as a headline, then one line for each difference, then what to do about them."""
        return self.told(SHOWN_DIFFERENCES)

    def told(self, most: int | None = None) -> str:
        """Return the same with at most so many differences; None tells them all."""
        shown = [f"  - {difference}" for difference in self.differences[:most]]
        left = len(self.differences) - len(shown)
        lines = [f"{self.subject}: {self.found}", *shown]
        if left > 0:
            lines.append(f"  … and {left} more")
        lines += [f"  note: {note}" for note in self.notes]
        if self.do and not self.equal:
            lines.append(f"  what to do: {self.do}")
        return "\n".join(lines)
