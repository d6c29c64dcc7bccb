"""A text file of a clone, edited at places that are named by their text."""

from __future__ import annotations

from pathlib import Path


class PlaceNotFoundError(LookupError):
    """The file no longer has the text, exactly once, that an edit starts from."""


class TextFile:
    """A file below a clone; every edit that does not find its place once is an error."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def text(self) -> str:
        """The whole text."""
        return self.path.read_text(encoding="utf-8")

    def write(self, text: str) -> None:
        """Replace the whole text; rights stay."""
        self.path.write_text(text, encoding="utf-8")

    def replace(self, old: str, new: str) -> None:
        """Put *new* in the place of *old*.

        Raises:
            PlaceNotFoundError: *old* is not there, or more than once.
        """
        found = self.text.count(old)
        if found != 1:
            raise PlaceNotFoundError(f"{self.path.name}: {found} places read {old!r}, expected 1")
        self.write(self.text.replace(old, new))

    def replace_between(self, first: str, last: str, new: str) -> None:
        """Put *new* in the place of all text from *first* to the next *last*, both included."""
        start = self.text.find(first)
        end = self.text.find(last, start)
        if min(start, end) < 0:
            raise PlaceNotFoundError(f"{self.path.name}: no text from {first!r} to {last!r}")
        self.replace(self.text[start : end + len(last)], new)

    def insert_before(self, place: str, text: str) -> None:
        """Insert *text* right before *place*."""
        self.replace(place, f"{text}{place}")

    def insert_after(self, place: str, text: str) -> None:
        """Insert *text* right after *place*."""
        self.replace(place, f"{place}{text}")

    def append(self, text: str) -> None:
        """Add *text* at the end, on a line of its own."""
        self.write(f"{self.text.rstrip()}\n{text}\n")
