"""Content fingerprints: do all tables hold the same rows, value by value, as before?

Each row is hashed to 64 bits by a seed chain: every column is hashed with the hash of the columns
before it as its seed. The row hashes are then summed without overflow and xored. Why that is sound:

- position counts: the same value in another column, or two values swapped between two rows, meets
  another seed and gives another hash; nothing is concatenated, so nothing is ambiguous;
- NULL is not "": which nullable columns are NULL is the chain's first link, or, for types whose
  text can never read so, NULL_TEXT stands in for it;
- the hash is not linear in its seed, so changes of two rows do not cancel in the sum the way they
  do for hashes that only add up their columns;
- rows that come twice cancel in the xor, not in the sum or the count;
- an accidental match of all three needs a coincidence of 1 in 2^64. It is no defence against
  somebody who builds rows with equal hashes on purpose.

Values are hashed as text with the collation "C" under fixed formats, so the figures do not depend
on the server's version, collation library or time zone, and widening a column (varchar to text,
integer to bigint) changes nothing. bench/ measures it against a scan that touches every column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.relations import Column, Relation, relations
from gonogo.probes.database.session import Connection, fix_text_forms

# Longer than any enum label, and the text of no boolean, number, date, range or array.
NULL_TEXT = "NULL, and not a value: " + "0123456789abcdef" * 4
# Type categories (pg_type.typcategory) whose text form can never read NULL_TEXT.
SAFE_CATEGORIES = frozenset("ABDENT")
BITS_IN_A_LINK = 31
FIRST_SEED = "1::bigint"


@dataclass(frozen=True, kw_only=True)
class TableFingerprint:
    """What one table holds: its rows counted, and their hashes summed and xored."""

    table: str
    columns: tuple[str, ...]
    rows: int
    sum: str
    xor: str


@dataclass(frozen=True, kw_only=True)
class RowsLeftOut:
    """Rows that are not read: those where *column*, as text, is one of *values*."""

    column: str
    values: Sequence[str]


def fingerprint(
    connection: Connection,
    *,
    schemas: Sequence[str],
    columns: Mapping[str, Sequence[str]] | None = None,
    exclude: Iterable[str] = (),
    without: Mapping[str, RowsLeftOut] | None = None,
) -> dict[str, TableFingerprint]:
    """Return the fingerprint of every table and materialized view of *schemas*, by name.

    With *columns* (a baseline's, by table) only those tables and columns; one that is gone is left
    out of the answer, for `compare_fingerprints` to see. *exclude* are names or patterns such as
    ``public.log_*`` or ``audit``; *without* leaves rows out, by table. Partitions are read through
    their parent.

    Raises:
        CannotTell: when a schema or every table is missing, or a table cannot be read whole.
    """
    with explained(place(connection), "fixing the text formats"):
        fix_text_forms(connection)
    patterns = tuple(exclude)
    found = {
        each.qualified: each
        for each in relations(connection, schemas=schemas)
        if not each.matches(patterns)
        and (each.qualified in columns if columns is not None else not each.is_partition)
    }
    if not found and not columns:
        raise CannotTell(
            "there is no table to fingerprint",
            where=f"{place(connection)}, schemas {', '.join(schemas)}",
            expected="at least one table",
            found="none" + (f", after leaving out {', '.join(patterns)}" if patterns else ""),
            do="correct the configured schemas and the list of excluded tables, or the DSN",
        )
    return {
        name: _of_relation(
            connection, each, None if columns is None else columns[name], (without or {}).get(name)
        )
        for name, each in found.items()
    }


def row_hash(columns: Sequence[Column]) -> sql.Composable:
    """Return the SQL expression that hashes one row's *columns* to a bigint."""
    chain: sql.Composable = sql.SQL(FIRST_SEED)
    unsafe = [each for each in columns if _needs_a_bit(each)]
    for start in range(0, len(unsafe), BITS_IN_A_LINK):
        bits = sql.SQL(" + ").join(
            sql.SQL("CASE WHEN {} IS NULL THEN {} ELSE 0 END").format(
                sql.Identifier(each.name), sql.Literal(1 << place_of_bit)
            )
            for place_of_bit, each in enumerate(unsafe[start : start + BITS_IN_A_LINK])
        )
        chain = sql.SQL("hashint4extended({}, {})").format(bits, chain)
    for each in columns:
        chain = _link(each, chain)
    return chain


def compare_fingerprints(
    before: Mapping[str, TableFingerprint], after: Mapping[str, TableFingerprint]
) -> Comparison:
    """Compare every table of *before* with the one of *after*; further tables do not matter.

    Raises:
        CannotTell: when *before* holds no table.
    """
    if not before:
        raise CannotTell(
            "the fingerprints from before hold no table",
            expected="at least one table",
            do="record the baseline again",
        )
    differences = [
        difference for name in before for difference in _differences(before[name], after.get(name))
    ]
    return Comparison(
        subject="tables whose rows and values are the same",
        checked=len(before),
        differences=tuple(differences),
        do="stop; do not run the migration again. The rows that differ can be named against the "
        "restored backup; then decide on a rollback."
        if differences
        else "",
    )


def _differences(before: TableFingerprint, after: TableFingerprint | None) -> list[Difference]:
    if after is None:
        return [
            Difference(
                subject=f"table {before.table}", expected=_rows(before.rows), found="it is gone"
            )
        ]
    gone = [column for column in before.columns if column not in after.columns]
    if gone:
        differences = [
            Difference(
                subject=f"column {before.table}.{column}",
                expected=f"its values in {_rows(before.rows)}",
                found="it is gone",
            )
            for column in gone
        ]
        if before.rows != after.rows:
            differences.append(_row_change(before, after))
        return differences
    if before.rows != after.rows:
        return [_row_change(before, after)]
    if (before.columns, before.sum, before.xor) != (after.columns, after.sum, after.xor):
        return [
            Difference(
                subject=f"table {before.table}",
                expected=f"the same {_rows(before.rows)}, same values",
                found=f"same {_rows(after.rows)}, other values",
            )
        ]
    return []


def _row_change(before: TableFingerprint, after: TableFingerprint) -> Difference:
    change = after.rows - before.rows
    return Difference(
        subject=f"table {before.table}",
        expected=_rows(before.rows),
        found=f"{_rows(after.rows)} ({change:+,})",
    )


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def _of_relation(
    connection: Connection,
    relation: Relation,
    wanted: Sequence[str] | None,
    left_out: RowsLeftOut | None,
) -> TableFingerprint:
    by_name = {each.name: each for each in relation.columns}
    columns = [by_name[name] for name in (by_name if wanted is None else wanted) if name in by_name]
    if not relation.populated:
        return TableFingerprint(
            table=relation.qualified, columns=_names(columns), rows=0, sum="not populated", xor=""
        )
    # A volatile column keeps the planner from computing the chain once for each of the two
    # figures; OFFSET 0 would too, but keeps parallel workers out.
    query = sql.SQL(
        "SELECT count(*), coalesce(sum(h), 0)::text, coalesce(bit_xor(h), 0)::text "
        "FROM (SELECT {} AS h, clock_timestamp() FROM {} {}) AS hashed"
    ).format(row_hash(columns), relation.source, _condition(left_out))
    with explained(place(connection), f"fingerprint of {relation.qualified}"):
        row = connection.execute(query).fetchone()
    assert row is not None
    return TableFingerprint(
        table=relation.qualified,
        columns=_names(columns),
        rows=row[0],
        sum=row[1],
        xor=row[2],
    )


def _condition(left_out: RowsLeftOut | None) -> sql.Composable:
    if left_out is None:
        return sql.SQL("")
    return sql.SQL("WHERE ({}::text = ANY ({})) IS NOT TRUE").format(
        sql.Identifier(left_out.column), sql.Literal(list(left_out.values))
    )


def _names(columns: Iterable[Column]) -> tuple[str, ...]:
    return tuple(each.name for each in columns)


def _needs_a_bit(column: Column) -> bool:
    return not column.not_null and column.category not in SAFE_CATEGORIES


def _link(column: Column, chain: sql.Composable) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column.type == "boolean":
        function, value, null = "hashint4extended", sql.SQL("{}::int").format(name), "2"
    elif column.type == "uuid":
        function, value, null = "uuid_hash_extended", sql.SQL("{}::uuid").format(name), _NIL_UUID
    else:
        value = sql.SQL('{}::text COLLATE "C"').format(name)
        function, null = "hashtextextended", "''" if _needs_a_bit(column) else f"'{NULL_TEXT}'"
    if not column.not_null:
        value = sql.SQL("coalesce({}, {})").format(value, sql.SQL(null))
    return sql.SQL("{}({}, {})").format(sql.SQL(function), value, chain)


_NIL_UUID = "'00000000-0000-0000-0000-000000000000'"
