"""What a request's query string says, once it is understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Path: TypeAlias = tuple[str, ...]
"""The embedded resources on the way down; empty for the table asked for."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One arrow into a JSON value."""

    operand: str
    is_index: bool
    as_text: bool


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column, or a place inside a JSON column."""

    name: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One comparison; its value is a text, or the elements of a list."""

    field: Field
    operator: str
    value: str | tuple[str, ...]
    negated: bool = False
    quantifier: Literal["any", "all"] | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Logic:
    """Conditions joined by ``and`` or ``or``."""

    operator: Literal["and", "or"]
    terms: tuple[Condition, ...]
    negated: bool = False


Condition: TypeAlias = Filter | Logic


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the answer."""

    field: Field
    alias: str | None = None
    cast: str | None = None


@dataclass(frozen=True, kw_only=True)
class Embed:
    """Rows of a related table inside each row."""

    name: str
    items: tuple[SelectItem, ...]
    alias: str | None = None
    hint: str | None = None
    inner: bool = False
    spread: bool = False

    @property
    def key(self) -> str:
        """The name it has in the answer."""
        return self.alias or self.name


SelectItem: TypeAlias = Column | Embed
EVERYTHING = Column(field=Field(name="*"))


@dataclass(frozen=True, kw_only=True)
class Order:
    """One sort key, of the table itself or of a related one."""

    field: Field
    relation: str | None = None
    direction: Literal["ASC", "DESC"] | None = None
    nulls: Literal["FIRST", "LAST"] | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which rows of all: ``limit`` rows after the first ``offset``."""

    limit: int | None = None
    offset: int = 0

    def at_most(self, rows: int) -> Window:
        """Return the same window with no more than *rows* rows."""
        limit = rows if self.limit is None else min(rows, self.limit)
        return Window(limit=limit, offset=self.offset)


@dataclass(frozen=True, kw_only=True)
class Query:
    """A whole query string."""

    select: tuple[SelectItem, ...] = (EVERYTHING,)
    conditions: tuple[tuple[Path, Condition], ...] = ()
    orders: tuple[tuple[Path, tuple[Order, ...]], ...] = ()
    windows: Mapping[Path, Window] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    on_conflict: tuple[str, ...] | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    """What is handed to a function."""
