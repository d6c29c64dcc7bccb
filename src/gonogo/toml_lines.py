"""Where each key of a TOML text stands: tomllib gives values, this gives their lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Path = tuple[str, ...]

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}=,.\n]"
    r"""|[^\s\[\]{}=,."'\#]+""",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class _Token:
    text: str
    line: int
    start: int


@dataclass(kw_only=True)
class _Walk:
    """Reads tokens of a text that tomllib has already accepted, so it need not complain."""

    tokens: list[_Token]
    position: int = 0
    lines: dict[Path, int] = field(default_factory=dict)
    repeated: dict[Path, int] = field(default_factory=dict)

    def at(self, *texts: str) -> bool:
        return self.position < len(self.tokens) and self.tokens[self.position].text in texts

    def next(self) -> _Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def skip_blank(self) -> None:
        while self.position < len(self.tokens) and (
            self.at("\n", ",") or self.tokens[self.position].text.startswith("#")
        ):
            self.position += 1

    def key(self, end: str) -> Path:
        parts: list[str] = []
        while not self.at(end):
            text = self.next().text
            if text != ".":
                parts.append(text[1:-1] if text[0] in "\"'" else text)
        self.position += 1
        return tuple(parts)

    def header(self) -> Path:
        first = self.next()
        repeats = self.at("[") and self.tokens[self.position].start == first.start + 1
        if repeats:
            self.position += 1
        path: Path = ()
        parts = self.key("]")
        if repeats:
            self.position += 1
        for index, part in enumerate(parts):
            path = (*path, part)
            if repeats and index == len(parts) - 1:
                self.repeated[path] = self.repeated.get(path, -1) + 1
            if path in self.repeated:
                path = (*path, str(self.repeated[path]))
        self.record(path, first.line)
        return path

    def record(self, path: Path, line: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)

    def entry(self, prefix: Path) -> None:
        line = self.tokens[self.position].line
        path = (*prefix, *self.key("="))
        self.record(path, line)
        self.value(path)

    def value(self, path: Path) -> None:
        if self.at("["):
            self.position += 1
            self.skip_blank()
            index = 0
            while not self.at("]"):
                item = (*path, str(index))
                self.record(item, self.tokens[self.position].line)
                self.value(item)
                self.skip_blank()
                index += 1
            self.position += 1
        elif self.at("{"):
            self.position += 1
            self.skip_blank()
            while not self.at("}"):
                self.entry(path)
                self.skip_blank()
            self.position += 1
        else:
            while self.position < len(self.tokens) and not (
                self.at(",", "]", "}", "\n") or self.tokens[self.position].text.startswith("#")
            ):
                self.position += 1


def _tokens(text: str) -> Iterator[_Token]:
    line, counted = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        yield _Token(text=match.group(), line=line, start=match.start())


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every table, key and array item of valid TOML *text*.

    A path holds the keys from the top; an array's items are numbered from "0".
    """
    walk = _Walk(tokens=list(_tokens(text)))
    prefix: Path = ()
    walk.skip_blank()
    while walk.position < len(walk.tokens):
        if walk.at("["):
            prefix = walk.header()
        else:
            walk.entry(prefix)
        walk.skip_blank()
    return walk.lines
