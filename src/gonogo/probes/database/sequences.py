"""Where the sequences of a database stand.

One that goes back gives the same numbers out again; one that is used up gives none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.session import Connection

# The end is the sequence's own, or that of the integer column it is for.
QUERY = """
SELECT format('%%s.%%s', s.schemaname, s.sequencename), s.last_value, s.increment_by < 0,
       NOT s.cycle AND CASE WHEN s.increment_by < 0
         THEN s.last_value::numeric + s.increment_by < s.min_value
         ELSE s.last_value::numeric + s.increment_by
              > least(s.max_value, CASE a.atttypid WHEN 'int2'::regtype THEN 32767
                                   WHEN 'int4'::regtype THEN 2147483647 END) END,
       CASE WHEN NOT has_sequence_privilege(c.oid, 'SELECT, USAGE')
         THEN format('GRANT SELECT ON SEQUENCE %%I.%%I TO %%I;', s.schemaname, s.sequencename,
                     current_user) END
FROM pg_sequences s
JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.sequencename
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
  AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.schemaname = ANY (%(schemas)s) ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class SequencePosition:
    """The last number a sequence gave; None before its first. ``descending`` ones count down.

    One that is ``used_up`` has no further number for its column.
    """

    last: int | None
    descending: bool = False
    used_up: bool = False


def positions(
    connection: Connection, *, schemas: Sequence[str], names: Collection[str] | None = None
) -> dict[str, SequencePosition]:
    """Return where every sequence of *schemas* stands, by qualified name, or only these *names*.

    Raises:
        CannotTell: the reading role may not read one: its position would look like "unused".
    """
    with explained(place(connection), "where the sequences stand"):
        rows = connection.execute(QUERY, {"schemas": list(schemas)}).fetchall()
    rows = [row for row in rows if names is None or row[0] in names]
    lacking = {name: grant for name, *_, grant in rows if grant}
    if lacking:
        raise CannotTell(
            "the reading role may not read a sequence",
            where=place(connection),
            expected="SELECT on every sequence of the configured schemas",
            found=f"none on {', '.join(lacking)}",
            do=f"as the owner of the product's tables: {' '.join(lacking.values())}",
        )
    return {
        name: SequencePosition(last=last, descending=descending, used_up=bool(used_up))
        for name, last, descending, used_up, _ in rows
    }


def gone_back(
    before: Mapping[str, SequencePosition], after: Mapping[str, SequencePosition]
) -> tuple[Difference, ...]:
    """Return the sequences of *before* that stand further back in *after*.

    One that is gone is not named: what took its numbers is gone or changed too, and is seen there.
    """
    return tuple(
        Difference(
            subject=f"sequence {name}",
            expected=f"at {was.last} or further on",
            found="unused" if after[name].last is None else f"back at {after[name].last}",
        )
        for name, was in before.items()
        if name in after and _is_back(was, after[name])
    )


def newly_used_up(
    before: Mapping[str, SequencePosition], after: Mapping[str, SequencePosition]
) -> tuple[Difference, ...]:
    """Return the sequences of *before* that had a next number then and have none in *after*."""
    return tuple(
        Difference(
            subject=f"sequence {name}",
            expected="a next number that its column can hold",
            found=f"used up at {after[name].last}: the next insert fails",
        )
        for name, was in before.items()
        if name in after and after[name].used_up and not was.used_up
    )


def with_sequences(comparison: Comparison, moved: Sequence[Difference]) -> Comparison:
    """Return *comparison* with the sequences that have *moved* among its differences."""
    do = comparison.do or ("set each by setval() to where it was" if moved else "")
    return replace(comparison, differences=(*comparison.differences, *moved), do=do)


def _is_back(was: SequencePosition, now: SequencePosition) -> bool:
    if was.last is None or now.last is None:
        return was.last is not None
    return now.last > was.last if was.descending else now.last < was.last
