"""What a migration file makes, or only where it is missing (IF NOT EXISTS, OR REPLACE)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

Kind = Literal["table", "column", "index", "view", "materialized view", "sequence"]
READABLE = re.compile(
    r"(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNIQUE\s+|UNLOGGED\s+|MATERIALIZED\s+)?"
    r"(?:TABLE|INDEX|VIEW|SEQUENCE)|ALTER\s+TABLE)\b",
    re.IGNORECASE,
)
CONDITIONAL = re.compile(
    r"\bIF\s+NOT\s+EXISTS\b|\bOR\s+REPLACE\s+(?:TEMP\w*\s+)?(?:RECURSIVE\s+)?VIEW\b", re.IGNORECASE
)
NAME = r'(?:"[^"]+"|\w+)'
RENAMES = re.compile(
    r"ALTER\s+(?P<kind>TABLE|VIEW|MATERIALIZED\s+VIEW|INDEX|SEQUENCE)\s+"
    r"(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?"
    rf"(?:(?P<schema>{NAME})\.)?(?P<name>{NAME})\s+RENAME\s+"
    rf"(?:(?!TO\s)(?:COLUMN\s+)?(?P<column>{NAME})\s+)?TO\s+(?P<new>{NAME})\s*$",
    re.IGNORECASE,
)
PATH = rf"{NAME}(?:\.{NAME})*"
# What a statement drops; what it renames inside of something; what it renames or moves itself.
REMOVALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            r"\bDROP\s+(?:(?:TABLE|(?:MATERIALIZED\s+)?VIEW|INDEX|SEQUENCE|COLUMN|CONSTRAINT|FUNCTION"
            r"|PROCEDURE|TRIGGER|POLICY|TYPE|DOMAIN|RULE|SCHEMA|EXTENSION)\s+)?(?:CONCURRENTLY\s+)?"
            rf"(?:IF\s+EXISTS\s+)?({PATH}(?:\s*,\s*(?!(?:DROP|ADD|ALTER|RENAME)\s){PATH})*)"
        ),
        rf"\bRENAME\s+(?:(?:COLUMN|CONSTRAINT|ATTRIBUTE)\s+)?(?!TO\s)({NAME})\s+TO\b",
        (
            r"^ALTER\s+(?:MATERIALIZED\s+)?\w+\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?"
            rf"({PATH})[^;]*?\b(?:RENAME\s+TO|SET\s+SCHEMA)\b"
        ),
    )
)
# These are either there or not; an older one is not set aside.
PRESENCE_ONLY = re.compile(r"CREATE\s+(?:EXTENSION|SCHEMA)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Conditional:
    """An object that a file makes, mostly where it is missing; *schema* "" is the search path."""

    kind: Kind
    schema: str
    name: str
    column: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read in one file, and which conditional statements could not be read, and where."""

    conditionals: tuple[Conditional, ...]
    unread: tuple[str, ...]


def read_declarations(text: str) -> Reading:
    """Return what *text* declares conditionally, by parsing its statements one by one.

    A statement that has IF NOT EXISTS and cannot be parsed (a DO block, for one) is named in
    *unread*: an object of it that exists already is taken as it is.
    """
    try:
        statements = list(_statements(text))
    except SqlglotError as error:
        reason = str(error).splitlines()[0]
        return Reading(conditionals=(), unread=(f"the whole file ({reason})",))
    found: list[Conditional] = []
    unread: list[str] = []
    for line, statement in statements:
        if not CONDITIONAL.search(statement) or PRESENCE_ONLY.match(statement):
            continue
        tree = _parsed(statement) if READABLE.match(statement) else None
        if tree is None:
            unread.append(f"line {line}: {' '.join(statement.split()[:4])} …")
        else:
            found += _of_statement(tree)
    return Reading(conditionals=tuple(dict.fromkeys(found)), unread=tuple(unread))


def read_makings(text: str) -> tuple[Conditional, ...]:
    """Return what *text* makes or gives a new name, whether it was there or not.

    What cannot be parsed is left out, and so are functions, triggers, policies and types.
    """
    found: list[Conditional] = []
    for statement in _readable_statements(text):
        if renamed := RENAMES.match(statement):
            found.append(_of_rename(renamed))
        elif READABLE.match(statement) and (tree := _parsed(statement)) is not None:
            found += _of_statement(tree, always=True)
    return tuple(dict.fromkeys(found))


def names_removed(text: str) -> frozenset[str]:
    """Return the names, without their schema, of what *text* drops, renames or moves."""
    found = [
        path
        for statement in _readable_statements(text)
        for removal in REMOVALS
        for paths in removal.findall(statement)
        for path in re.findall(PATH, paths)
    ]
    return frozenset(_plain(re.findall(NAME, path)[-1]) for path in found)


def _readable_statements(text: str) -> list[str]:
    try:
        return [statement for _, statement in _statements(text)]
    except SqlglotError:
        return []


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with the line it starts on; quoted semicolons do not end one."""
    start: int | None = None
    end = 0
    for token in sqlglot.tokenize(text, dialect="postgres"):
        if token.text == ";" and token.start == token.end:
            if start is not None:
                yield text.count("\n", 0, start) + 1, text[start:end]
            start = None
            continue
        start = token.start if start is None else start
        end = token.end + 1
    if start is not None:
        yield text.count("\n", 0, start) + 1, text[start:end]


def _parsed(statement: str) -> exp.Expr | None:
    try:
        tree = sqlglot.parse_one(statement, dialect="postgres")
    except SqlglotError:
        return None
    # What it does not know, it keeps as text.
    return None if isinstance(tree, exp.Command) else tree


def _of_rename(renamed: re.Match[str]) -> Conditional:
    kind = " ".join(renamed["kind"].lower().split())
    schema, new = _plain(renamed["schema"] or ""), _plain(renamed["new"])
    if renamed["column"]:
        return Conditional(kind="column", schema=schema, name=_plain(renamed["name"]), column=new)
    return Conditional(kind=cast("Kind", kind), schema=schema, name=new)


def _plain(name: str) -> str:
    """Return a name as the catalog holds it."""
    return name[1:-1] if name.startswith('"') else name.lower()


def _of_statement(tree: exp.Expr, *, always: bool = False) -> Iterator[Conditional]:
    if isinstance(tree, exp.Alter):
        schema, name = _names(tree.this)
        for action in tree.args.get("actions") or []:
            if isinstance(action, exp.ColumnDef) and (always or action.args.get("exists")):
                yield Conditional(
                    kind="column", schema=schema, name=name, column=_folded(action.this)
                )
    elif isinstance(tree, exp.Create) and tree.find(exp.TemporaryProperty) is None:
        yield from _of_create(tree, always=always)


def _of_create(tree: exp.Create, *, always: bool) -> Iterator[Conditional]:
    kind = str(tree.kind).lower()
    exists = always or tree.args.get("exists")
    if kind == "index":
        schema, _ = _names(tree.this.args["table"])
        # An index stands in its table's schema and takes no qualifier of its own.
        if exists and tree.this.name:
            yield Conditional(kind="index", schema=schema, name=_folded(tree.this.this))
        return
    table = tree.find(exp.Table)
    if table is None:
        return
    schema, name = _names(table)
    if kind == "table" and exists:
        yield Conditional(kind="table", schema=schema, name=name)
    elif kind == "sequence" and exists:
        yield Conditional(kind="sequence", schema=schema, name=name)
    elif kind == "view":
        materialized = tree.find(exp.MaterializedProperty) is not None
        if materialized and exists:
            yield Conditional(kind="materialized view", schema=schema, name=name)
        elif not materialized and (always or tree.args.get("replace")):
            yield Conditional(kind="view", schema=schema, name=name)


def _names(table: exp.Table) -> tuple[str, str]:
    """Return a relation's schema, "" where none is named, and its name."""
    schema = table.args.get("db")
    return _folded(schema) if schema else "", _folded(table.this)


def _folded(identifier: exp.Identifier) -> str:
    """Return a name as the catalog holds it: in small letters unless it was quoted."""
    name = str(identifier.name)
    return name if identifier.args.get("quoted") else name.lower()
