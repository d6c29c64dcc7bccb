"""Puts a query and the catalogue together: which table gives what, and how they are joined."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from staging.services.supabase.catalogue import Catalogue, Relation, Relationship, Table
from staging.services.supabase.grammar import (
    EVERYTHING,
    Column,
    Condition,
    Embed,
    Order,
    Path,
    Query,
    SelectItem,
    Window,
)
from staging.services.supabase.refusals import Refusal, not_embedded


@dataclass(kw_only=True)
class Node:
    """One table of a read, with the related tables inside it."""

    alias: str
    table: Table | None
    """None for rows that come from a function and are of no known table."""
    columns: tuple[Column, ...]
    embed: Embed | None = None
    relationship: Relationship | None = None
    children: list[Node] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    order: tuple[Order, ...] = ()
    window: Window = field(default_factory=Window)

    def child(self, name: str) -> Node | None:
        """Return the embedded resource that is called *name*, by its alias or its own name."""
        for each in self.children:
            assert each.embed is not None
            if name in {each.embed.key, each.embed.name}:
                return each
        return None

    def walk(self) -> Iterator[Node]:
        """Return it and all below it."""
        yield self
        for each in self.children:
            yield from each.walk()


def plan(query: Query, catalogue: Catalogue, root: Relation, *, most: int | None) -> Node:
    """Return what to read from *root*, no more than *most* rows of any to-many table.

    Raises:
        Refusal: PGRST200 or PGRST201 for a related table, PGRST108 for a filter on one that is
            not selected.
    """
    numbers = itertools.count(1)
    top = Node(alias=root.name, table=catalogue.tables.get(root), columns=())
    _fill(top, query.select, catalogue, root, numbers)
    for path, condition in query.conditions:
        _at(top, path).conditions.append(condition)
    for path, order in query.orders:
        _at(top, path).order = order
    for path, window in query.windows.items():
        _at(top, path).window = window
    for node in top.walk():
        if most is not None and (node.relationship is None or not node.relationship.to_one):
            node.window = node.window.at_most(most)
    return top


def _at(top: Node, path: Path) -> Node:
    node = top
    for name in path:
        found = node.child(name)
        if found is None:
            raise not_embedded(name)
        node = found
    return node


def _fill(
    node: Node,
    items: Sequence[SelectItem],
    catalogue: Catalogue,
    relation: Relation,
    numbers: Iterator[int],
) -> None:
    node.columns = tuple(item for item in items if isinstance(item, Column))
    if not items and node.embed is None:
        node.columns = (EVERYTHING,)
    for item in items:
        if not isinstance(item, Embed):
            continue
        relationship = _relationship(catalogue, relation, item)
        if item.spread and not relationship.to_one:
            details = "A to-many relationship cannot be spread"
            raise Refusal(400, "PGRST127", "Feature not implemented", details=details)
        child = Node(
            alias=f"{relationship.target.name}_{next(numbers)}",
            table=catalogue.tables[relationship.target],
            columns=(),
            embed=item,
            relationship=relationship,
        )
        _fill(child, item.items, catalogue, relationship.target, numbers)
        node.children.append(child)


def _relationship(catalogue: Catalogue, source: Relation, embed: Embed) -> Relationship:
    candidates = catalogue.relationships.get(source, ())
    found = [each for each in candidates if each.is_called(embed.name, embed.hint)]
    if len(found) == 1:
        return found[0]
    if not found:
        using = f" using the hint '{embed.hint}'" if embed.hint else ""
        near = get_close_matches(embed.name, {each.target.name for each in candidates}, n=1)
        suggested = bool(near) and near[0] != embed.name
        raise Refusal(
            400,
            "PGRST200",
            f"Could not find a relationship between '{source.name}' and '{embed.name}' "
            "in the schema cache",
            details=f"Searched for a foreign key relationship between '{source.name}' and "
            f"'{embed.name}'{using} in the schema '{source.schema}', but no matches were found.",
            hint=f"Perhaps you meant '{near[0]}' instead of '{embed.name}'." if suggested else None,
        )
    ways = ", ".join(f"'{each.target.name}!{each.constraint}'" for each in found)
    raise Refusal(
        300,
        "PGRST201",
        f"Could not embed because more than one relationship was found for '{source.name}' "
        f"and '{embed.name}'",
        details=[_described(each) for each in found],
        hint=f"Try changing '{embed.name}' to one of the following: {ways}. Find the desired "
        "relationship in the 'details' key.",
    )


def _described(way: Relationship) -> dict[str, Any]:
    if way.junction is not None:
        first = ", ".join(pair[0] for pair in way.junction.source)
        second = ", ".join(pair[0] for pair in way.junction.target)
        one, two = way.junction.constraints
        how = f"{way.junction.relation.name} using {one}({first}) and {two}({second})"
    else:
        own = ", ".join(pair[0] for pair in way.pairs)
        other = ", ".join(pair[1] for pair in way.pairs)
        how = f"{way.constraint} using {way.source.name}({own}) and {way.target.name}({other})"
    return {
        "cardinality": way.kind,
        "embedding": f"{way.source.name} with {way.target.name}",
        "relationship": how,
    }
