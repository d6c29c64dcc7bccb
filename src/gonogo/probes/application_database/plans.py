"""Whether the database would answer a query by the index that was made for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gonogo.comparison import Comparison, Difference
from gonogo.config_app import PlanSection
from gonogo.errors import CannotTell
from gonogo.probes.database.connection import Connection, Reader
from gonogo.probes.database.failures import explained

INDEX_SCANS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Index Scan"})
WITHOUT_READING_ALL = "SET LOCAL enable_seqscan = off"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a query would be answered: the indexes it reads, and the planner's cost."""

    indexes: frozenset[str]
    cost: float


def served_by_indexes(reader: Reader, plans: Sequence[PlanSection]) -> Comparison:
    """Compare the plan of each query with "reads its index", where that pays.

    A table may be too small for an index to pay: then the planner reads all of it. So each query
    is planned once more as if reading all cost very much: an index that is used then is there,
    valid and fitting, and the planner's own costs say why it was passed over. One that is not
    used even then serves nothing.

    Raises:
        CannotTell: no query is named, or one cannot be planned.
    """
    if not plans:
        raise CannotTell(
            "nobody said which queries the new indexes were made for",
            expected="app.data.plans in the target file",
            found="nothing",
            do="name the queries behind the page's filters, and the index for each",
        )
    differences: list[Difference] = []
    notes: list[str] = []
    with reader.session() as connection:
        for each in plans:
            with explained(reader.where, each.query), connection.transaction():
                first = _plan(connection, each.query)
                connection.execute(WITHOUT_READING_ALL)
                forced = _plan(connection, each.query)
            differences += _difference(each, forced)
            notes += _note(each, first, forced)
    return Comparison(
        subject="queries and their indexes",
        checked=len(plans),
        differences=tuple(differences),
        notes=tuple(notes),
        do="see in the catalog whether the index is there, valid, and on these columns",
    )


def _difference(section: PlanSection, forced: Plan) -> Iterator[Difference]:
    if section.index not in forced.indexes:
        yield Difference(
            subject=section.query,
            expected=f"an answer by {section.index}",
            found=f"one by {', '.join(sorted(forced.indexes)) or 'reading the whole table'},"
            " however much that costs",
        )


def _note(section: PlanSection, first: Plan, forced: Plan) -> Iterator[str]:
    if section.index in forced.indexes and section.index not in first.indexes:
        yield (
            f"{section.index} would serve, but the table is so small that it does not pay yet"
            f" (cost {forced.cost:.0f} with it, {first.cost:.0f} without): {section.query}"
        )


def _plan(connection: Connection, query: str) -> Plan:
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {query}".encode()).fetchone()
    assert row is not None
    root: Mapping[str, Any] = row[0][0]["Plan"]
    nodes = list(_nodes(root))
    return Plan(
        indexes=frozenset(
            str(each["Index Name"]) for each in nodes if each["Node Type"] in INDEX_SCANS
        ),
        cost=float(root["Total Cost"]),
    )


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)
