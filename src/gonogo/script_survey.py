"""Reads, out of a shell script that talks to a database, its options, prompts and folders. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_DATABASE_PROGRAM = re.compile(r"^[^#\n]*\b(?:psql|pg_dump)\b", re.MULTILINE)
_SHELL = re.compile(r"\A#!.*\b(?:ba|da|z|k)?sh\b")
_OPTION = re.compile(r"(?:^\s*|\|\s*|=\s*[\"']?)(--[a-z][\w-]*)(?=[\s|)\"'])")
_PROMPT = re.compile(r"""^[^#\n]*\bread\s+(?:-[a-zA-Z]+\s+)*-[a-zA-Z]*p\s*(["'])(?P<text>.+?)\1""")
_PRINTED = re.compile(r"""^\s*(?:echo\s+-\w*n\w*|printf)\s+(["'])(?P<text>.+?)\1""")
_READ = re.compile(r"^\s*read\b(?!.*-[a-zA-Z]*p)")
_FOLDER = re.compile(
    r"""^\s*(?:export\s+|readonly\s+|local\s+)?\w*(?P<kind>backup|log)s?_?(?:dir|folder|path)?=
        ["']?(?:\$\{?\w+\}?/|\./)*(?P<path>[\w./-]+)["']?\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_DATED_NAME = re.compile(
    r"[\"'/](?P<name>[\w-]*(?:\$\{?\w+\}?|\$\([^)]*\))[\w-]*"
    r"\.(?P<ending>log|dump|backup|sql|tar)(?:\.gz)?)(?=[\s\"']|$)"
)
_VARYING = re.compile(r"\$\{?\w+\}?|\$\([^)]*\)")
_SECRET = re.compile(r"password|passphrase|secret|token", re.IGNORECASE)
_CONTINUE = re.compile(r"continue\s+anyway", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class SeenValue:
    """A value and the line it was seen in."""

    value: object
    line: int


@dataclass(frozen=True, kw_only=True)
class SeenPrompt:
    """A question that the script asks."""

    text: str
    line: int

    @property
    def secret(self) -> bool:
        """Whether it asks for a secret."""
        return bool(_SECRET.search(self.text))

    @property
    def never_answered(self) -> bool:
        """Whether it asks to go on in spite of a problem."""
        return bool(_CONTINUE.search(self.text))

    @property
    def pattern(self) -> str:
        """A regular expression for its fixed words."""
        fixed = re.split(r"\$\{?\w+\}?|\$\([^)]*\)|\\n", self.text)
        longest = max((part.strip(" :?>") for part in fixed), key=len)
        return re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", longest)


@dataclass(frozen=True, kw_only=True)
class ScriptFacts:
    """What one script offers and asks."""

    path: PurePosixPath
    options: Mapping[str, int]
    """Each option with its line."""
    prompts: tuple[SeenPrompt, ...]
    settings: Mapping[str, SeenValue]
    """Guesses by dotted setting; folders are seen from the repository."""

    @property
    def backup_option(self) -> str:
        """The option that makes a backup, or "" where there is none."""
        return next((option for option in self.options if "backup" in option), "")

    @property
    def command(self) -> str:
        """How it is started from its own folder."""
        return f"./{self.path.name}"

    @property
    def folder(self) -> str:
        """Its folder, seen from the repository."""
        return "" if str(self.path.parent) == "." else str(self.path.parent)


def seems_database_script(text: str) -> bool:
    """Whether *text* is a shell script that runs psql or pg_dump."""
    return bool(_SHELL.match(text)) and bool(_DATABASE_PROGRAM.search(text))


def read_script(path: PurePosixPath, text: str) -> ScriptFacts:
    """Return what the script at *path* (seen from the repository) offers and asks."""
    lines = list(enumerate(text.splitlines(), 1))
    options: dict[str, int] = {}
    settings: dict[str, SeenValue] = {}
    for number, line in lines:
        code = line.split(" #")[0]
        for option in _OPTION.findall("" if line.lstrip().startswith("#") else code):
            options.setdefault(option, number)
        if folder := _FOLDER.match(line):
            key = "backups" if folder["kind"].lower() == "backup" else "logs"
            inside = str(PurePosixPath(path.parent) / folder["path"])
            settings.setdefault(f"migration.{key}", SeenValue(value=inside, line=number))
        if dated := _DATED_NAME.search(line):
            kind = "log" if dated["ending"] == "log" else "backup"
            glob = _VARYING.sub("*", dated["name"])
            if kind == "log" or "backup" in line.lower():
                settings.setdefault(f"migration.{kind}_pattern", SeenValue(value=glob, line=number))
    return ScriptFacts(
        path=path, options=options, prompts=tuple(_prompts(lines)), settings=settings
    )


def _prompts(lines: list[tuple[int, str]]) -> Iterator[SeenPrompt]:
    printed = ""
    for number, line in lines:
        if asked := _PROMPT.match(line):
            yield SeenPrompt(text=asked["text"], line=number)
        elif printed and _READ.match(line):
            yield SeenPrompt(text=printed, line=number)
        found = _PRINTED.match(line)
        printed = found["text"] if found else ""
