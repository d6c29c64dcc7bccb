"""Reads PostgREST's little language of names, lists and JSON arrows, character by character."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from staging.services.supabase.grammar import Field, Step
from staging.services.supabase.refusals import unreadable

T = TypeVar("T")
DEEPEST = 60
"""How deep parentheses may nest before the reader gives up."""


class Unread(Exception):
    """The text does not go on as it should."""


class Reader:
    """A place in one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.farthest = 0
        self.wanted = ""
        self._depth = 0

    @property
    def rest(self) -> str:
        """What is not read yet."""
        return self.text[self.at :]

    def fail(self, wanted: str) -> Unread:
        """Return the error that says what was *wanted* here; the farthest one is kept."""
        if self.at >= self.farthest:
            self.farthest, self.wanted = self.at, wanted
        return Unread(wanted)

    def try_take(self, literal: str) -> bool:
        """Read *literal* if the text goes on with it."""
        if not self.text.startswith(literal, self.at):
            return False
        self.at += len(literal)
        return True

    def take(self, literal: str) -> None:
        """Read *literal*."""
        if not self.try_take(literal):
            raise self.fail(f'"{literal}"')

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Return what *read* reads, or nothing and stay here."""
        start = self.at
        try:
            return read()
        except Unread:
            self.at = start
            return None

    def nested(self, read: Callable[[], T]) -> T:
        """Return what *read* reads between parentheses."""
        self.spaces()
        self.take("(")
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.fail(f"at most {DEEPEST} levels")
        value = read()
        self._depth -= 1
        self.spaces()
        self.take(")")
        return value

    def spaces(self) -> None:
        """Read blanks."""
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1

    def listed(self, read: Callable[[], T]) -> tuple[T, ...]:
        """Return what *read* reads, once or more often, between commas."""
        values = [read()]
        while True:
            self.spaces()
            if not self.try_take(","):
                return tuple(values)
            self.spaces()
            values.append(read())

    def until(self, ends: str) -> str:
        """Return all up to the first of *ends*."""
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ends:
            self.at += 1
        return self.text[start : self.at]

    def quoted(self) -> str:
        r"""Return a text in double quotes, where ``\`` keeps the next character."""
        self.take('"')
        found: list[str] = []
        while not self.try_take('"'):
            self.try_take("\\")
            if self.at >= len(self.text):
                raise self.fail('"""')
            found.append(self.text[self.at])
            self.at += 1
        return "".join(found)

    def element(self, ends: str = ",)") -> str:
        """Return one element of a list: quoted, or all up to one of *ends*."""

        def whole() -> str:
            value = self.quoted()
            if self.rest and self.rest[0] not in ends:
                raise self.fail('"," or ")"')
            return value

        value = self.attempt(whole)
        return self.until(ends) if value is None else value

    def identifier(self) -> str:
        """Return letters, digits, ``_``, ``$`` and blanks, without the blanks around them."""
        start = self.at
        while self.at < len(self.text) and _names(self.text[self.at]):
            self.at += 1
        if self.at == start:
            raise self.fail("field name (* or [a..z0..9_$])")
        return self.text[start : self.at].strip()

    def name(self) -> str:
        """Return a quoted name, or identifiers joined by ``-``."""
        if self.rest.startswith('"'):
            return self.quoted()
        parts = [self.identifier()]
        while self.rest.startswith("-") and not self.rest.startswith("->"):
            self.at += 1
            parts.append(self.identifier())
        return "-".join(parts)

    def field(self) -> Field:
        """Return a name and the arrows behind it."""
        self.spaces()
        return Field(name=self.name(), steps=self.steps())

    def steps(self) -> tuple[Step, ...]:
        """Return the arrows into a JSON value."""
        found: list[Step] = []
        while True:
            if self.try_take("->>"):
                found.append(self._step(as_text=True))
            elif self.try_take("->"):
                found.append(self._step(as_text=False))
            else:
                return tuple(found)

    def _step(self, *, as_text: bool) -> Step:
        def index() -> str:
            sign = "-" if self.try_take("-") else ""
            start = self.at
            while self.at < len(self.text) and self.text[self.at] in "0123456789":
                self.at += 1
            if self.at == start or (self.rest and not self.rest.startswith(_AFTER_INDEX)):
                raise self.fail("digit")
            return sign + self.text[start : self.at]

        number = self.attempt(index)
        operand = self.name() if number is None else number
        return Step(operand=operand, is_index=number is not None, as_text=as_text)


_AFTER_INDEX = ("->", "::", ".", ",", ")")


def _names(character: str) -> bool:
    return character.isalpha() or character.isdigit() or character in "_ $"


def read_all(text: str, what: str, read: Callable[[Reader], T]) -> T:
    """Return what *read* makes of the whole *text*.

    Raises:
        Refusal: PGRST100, naming *what* could not be read and where.
    """
    reader = Reader(text)
    try:
        value = read(reader)
        if reader.rest:
            raise reader.fail("end of input")
    except Unread as error:
        found = f'"{text[reader.farthest]}"' if reader.farthest < len(text) else "end of input"
        details = f"unexpected {found} expecting {reader.wanted}"
        raise unreadable(what, text, reader.farthest + 1, details) from error
    return value
