"""The tables, relationships and functions of the exposed schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

from staging.services.supabase.refusals import no_table

LOOK = Path(__file__).with_suffix(".sql").read_text("utf-8")
"""The query that reads it all; takes ``schemas``."""
Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A table or view by its full name."""

    schema: str
    name: str


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """One column; ``default`` is SQL."""

    name: str
    type: str
    default: str | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table or view."""

    relation: Relation
    columns: Mapping[str, TableColumn]
    key: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Junction:
    """The table between two others: its columns beside each side's."""

    relation: Relation
    constraints: tuple[str, str]
    source: Pairs
    target: Pairs


@dataclass(frozen=True, kw_only=True)
class Relationship:
    """How one table is related to another, seen from the first: pairs of (own, other) columns."""

    kind: Literal["many-to-one", "one-to-many", "one-to-one", "many-to-many"]
    source: Relation
    target: Relation
    constraint: str
    pairs: Pairs
    junction: Junction | None = None
    holds_key: bool = False
    """Whether the first table holds the foreign key."""

    @property
    def to_one(self) -> bool:
        """Whether each row has at most one related row."""
        return self.kind in {"many-to-one", "one-to-one"}

    def goes_by(self, name: str) -> bool:
        """Whether *name* is its constraint, its one foreign key column, or its junction."""
        if self.junction is not None:
            return name in {self.junction.relation.name, *self.junction.constraints}
        if name == self.constraint:
            return True
        key_columns = [own if self.holds_key else other for own, other in self.pairs]
        return key_columns == [name]

    def is_called(self, name: str, hint: str | None) -> bool:
        """Whether an embedded resource *name*, made clear by *hint*, means it."""
        if name == self.target.name:
            return hint is None or self.goes_by(hint)
        return self.holds_key and self.goes_by(name) and hint in {None, self.target.name}


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument of a function."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function that can be called by name."""

    relation: Relation
    arguments: tuple[Argument, ...]
    volatility: str
    is_set: bool
    is_composite: bool
    type: str
    table: str | None
    """The table whose rows it returns."""

    def takes(self, names: frozenset[str]) -> bool:
        """Whether it can be called with exactly the arguments *names*."""
        required = {each.name for each in self.arguments if each.required}
        return required <= names <= {each.name for each in self.arguments}


@dataclass(frozen=True)
class Catalogue:
    """One look at the database; two looks are equal when nothing has changed."""

    text: str

    @cached_property
    def _data(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        data: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(self.text)
        return data

    @cached_property
    def tables(self) -> Mapping[Relation, Table]:
        """The tables and views by their full name."""
        found = [
            Table(
                relation=Relation(schema=each["schema"], name=each["name"]),
                columns={column["name"]: TableColumn(**column) for column in each["columns"]},
                key=tuple(each["key"]),
            )
            for each in self._data["tables"]
        ]
        return {table.relation: table for table in found}

    @cached_property
    def relationships(self) -> Mapping[Relation, Sequence[Relationship]]:
        """All ways from one table to another, by the first."""
        found: dict[Relation, list[Relationship]] = {}
        for each in [*self._direct(), *self._through_junctions()]:
            found.setdefault(each.source, []).append(each)
        return found

    def _direct(self) -> Iterator[Relationship]:
        for key in self._data["keys"]:
            own = Relation(schema=key["schema"], name=key["table"])
            other = Relation(schema=key["target_schema"], name=key["target"])
            there: Pairs = tuple((first, second) for first, second in key["pairs"])
            back: Pairs = tuple((second, first) for first, second in there)
            single = bool(key["one_to_one"])
            yield Relationship(
                kind="one-to-one" if single else "many-to-one",
                source=own,
                target=other,
                constraint=key["name"],
                pairs=there,
                holds_key=True,
            )
            yield Relationship(
                kind="one-to-one" if single else "one-to-many",
                source=other,
                target=own,
                constraint=key["name"],
                pairs=back,
            )

    def _through_junctions(self) -> Iterator[Relationship]:
        """Two foreign keys inside one primary key join two tables many to many."""
        keys = [each for each in self._direct() if each.holds_key]
        for one in keys:
            for two in keys:
                table = self.tables[one.source]
                columns = {pair[0] for key in (one, two) for pair in key.pairs}
                if one is two or one.source != two.source or not columns <= set(table.key):
                    continue
                yield Relationship(
                    kind="many-to-many",
                    source=one.target,
                    target=two.target,
                    constraint=table.relation.name,
                    pairs=(),
                    junction=Junction(
                        relation=table.relation,
                        constraints=(one.constraint, two.constraint),
                        source=one.pairs,
                        target=two.pairs,
                    ),
                )

    @cached_property
    def functions(self) -> Sequence[Function]:
        """The functions that can be called."""
        return [
            Function(
                relation=Relation(schema=each["schema"], name=each["name"]),
                arguments=tuple(Argument(**argument) for argument in each["arguments"]),
                volatility=each["volatility"],
                is_set=each["is_set"],
                is_composite=each["is_composite"],
                type=each["type"],
                table=each["table"],
            )
            for each in self._data["functions"]
        ]

    def table(self, schema: str, name: str) -> Table:
        """Return the table *name* of *schema*; raises Refusal PGRST205 when there is none."""
        found = self.tables.get(Relation(schema=schema, name=name))
        if found is None:
            known = [each.name for each in self.tables if each.schema == schema]
            raise no_table(schema, name, known)
        return found
