"""Where the sequences of a database stand: one that goes back gives the same numbers out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.database.failures import explained, place
from gonogo.probes.database.session import Connection

QUERY = """
SELECT format('%%s.%%s', s.schemaname, s.sequencename), s.last_value, s.increment_by < 0,
       has_sequence_privilege(format('%%I.%%I', s.schemaname, s.sequencename), 'SELECT, USAGE')
FROM pg_sequences s WHERE s.schemaname = ANY (%(schemas)s) ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class SequencePosition:
    """The last number a sequence gave; None before its first. ``descending`` ones count down."""

    last: int | None
    descending: bool = False


def positions(connection: Connection, *, schemas: Sequence[str]) -> dict[str, SequencePosition]:
    """Return where every sequence of *schemas* stands, by qualified name.

    Raises:
        CannotTell: the reading role may not read one: its position would look like "unused".
    """
    with explained(place(connection), "where the sequences stand"):
        rows = connection.execute(QUERY, {"schemas": list(schemas)}).fetchall()
    hidden = [name for name, _, _, readable in rows if not readable]
    if hidden:
        raise CannotTell(
            "the reading role may not read a sequence",
            where=place(connection),
            expected="SELECT on every sequence of the configured schemas",
            found=f"none on {', '.join(hidden)}",
            do="run gonogo_reader.sql again, as the owner of the product's tables",
        )
    return {
        name: SequencePosition(last=last, descending=descending)
        for name, last, descending, _ in rows
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


def with_sequences(comparison: Comparison, back: Sequence[Difference]) -> Comparison:
    """Return *comparison* with the sequences that have gone back among its differences."""
    do = comparison.do or ("set each back by setval() to where it was" if back else "")
    return replace(comparison, differences=(*comparison.differences, *back), do=do)


def _is_back(was: SequencePosition, now: SequencePosition) -> bool:
    if was.last is None or now.last is None:
        return was.last is not None
    return now.last > was.last if was.descending else now.last < was.last
