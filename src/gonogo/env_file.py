"""Reads an env file with the line of every variable; values are held as secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from gonogo.errors import ConfigError
from gonogo.redaction import Secret


@dataclass(frozen=True, kw_only=True)
class EnvLine:
    """One assignment of an env file."""

    name: str
    value: Secret
    line: int


@dataclass(frozen=True, kw_only=True)
class EnvFile:
    """An env file, in its order; a name given twice is there twice."""

    shown: str
    entries: tuple[EnvLine, ...]
    unreadable_lines: tuple[int, ...] = ()
    """Lines that are neither an assignment nor a comment nor blank."""

    @property
    def values(self) -> Mapping[str, Secret]:
        """Each name's value; the last line of a name wins, as it does for the product."""
        return {entry.name: entry.value for entry in self.entries}

    @property
    def duplicates(self) -> Mapping[str, tuple[int, ...]]:
        """The lines of each name that is given more than once."""
        return {name: lines for name in self.values if len(lines := self.lines_of(name)) > 1}

    def lines_of(self, name: str) -> tuple[int, ...]:
        """Return the lines that assign *name*."""
        return tuple(entry.line for entry in self.entries if entry.name == name)

    def text_of(self, name: str) -> str:
        """Return the value of *name*, or "" where it is not given."""
        value = self.values.get(name)
        return value.reveal() if value else ""


def parse_env(text: str, *, shown: str) -> EnvFile:
    """Return what *text*, an env file's, assigns; *shown* is its name in messages."""
    entries: list[EnvLine] = []
    unreadable: list[int] = []
    for binding in parse_stream(StringIO(text)):
        # A binding starts with the blank lines before it.
        blank = binding.original.string
        line = binding.original.line + blank[: len(blank) - len(blank.lstrip())].count("\n")
        if binding.key is not None and binding.value is not None:
            entries.append(EnvLine(name=binding.key, value=Secret(binding.value), line=line))
        elif binding.error or binding.key is not None:
            unreadable.append(line)
    return EnvFile(shown=shown, entries=tuple(entries), unreadable_lines=tuple(unreadable))


def read_env_file(path: Path, *, shown: str = "") -> EnvFile:
    """Return what the env file at *path* assigns.

    Raises:
        ConfigError: the file is missing, unreadable or not UTF-8.
    """
    shown = shown or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "bytes that are not UTF-8"
        raise ConfigError(
            "the env file cannot be read",
            where=shown,
            expected="a text file of NAME=value lines",
            found=reason or type(error).__name__,
            do="create it, or correct its name or rights",
        ) from error
    return parse_env(text, shown=shown)
