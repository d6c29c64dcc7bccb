"""What a migration file declares only where it is missing (IF NOT EXISTS, OR REPLACE)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

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
# These are either there or not; an older one is not set aside.
PRESENCE_ONLY = re.compile(r"CREATE\s+(?:EXTENSION|SCHEMA)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Conditional:
    """An object that a file makes only where it is missing; *schema* "" means the search path."""

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


def _of_statement(tree: exp.Expr) -> Iterator[Conditional]:
    if isinstance(tree, exp.Alter):
        table = tree.this
        for action in tree.args.get("actions") or []:
            if isinstance(action, exp.ColumnDef) and action.args.get("exists"):
                yield Conditional(
                    kind="column", schema=table.db, name=table.name, column=action.name
                )
    elif isinstance(tree, exp.Create):
        yield from _of_create(tree)


def _of_create(tree: exp.Create) -> Iterator[Conditional]:
    kind = str(tree.kind).lower()
    if kind == "index" and tree.args.get("exists"):
        table = tree.this.args["table"]
        # An index stands in its table's schema and takes no qualifier of its own.
        yield Conditional(kind="index", schema=table.db, name=tree.this.name)
        return
    table = tree.find(exp.Table)
    if table is None:
        return
    if kind == "table" and tree.args.get("exists"):
        yield Conditional(kind="table", schema=table.db, name=table.name)
    elif kind == "sequence" and tree.args.get("exists"):
        yield Conditional(kind="sequence", schema=table.db, name=table.name)
    elif kind == "view":
        materialized = tree.find(exp.MaterializedProperty) is not None
        if materialized and tree.args.get("exists"):
            yield Conditional(kind="materialized view", schema=table.db, name=table.name)
        elif not materialized and tree.args.get("replace"):
            yield Conditional(kind="view", schema=table.db, name=table.name)
