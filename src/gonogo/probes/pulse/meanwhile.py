"""What the partner changed or made after the last exchange: it cannot have arrived yet. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.pulse.people import Person, changed_at, moment_of
from gonogo.probes.pulse.records import Holdings, Record
from gonogo.vendors.pulse import Profile

CLOCKS_DIFFER = timedelta(minutes=2)
"""So much may lie between two clocks, and between a question and the stamp of its answer."""


def changed_since(profile: Profile, exchanged: datetime | None) -> bool:
    """Whether the partner changed *profile* after it was *exchanged*; False where nobody knows."""
    return exchanged is not None and changed_at(profile) > exchanged - CLOCKS_DIFFER


def made_since(profiles: Iterable[Profile], exchanged: datetime | None) -> bool:
    """Whether the partner made all of *profiles* after the exchange; False where nobody knows."""
    if exchanged is None:
        return False
    made = [moment_of(each.get("created_at")) for each in profiles]
    return all(each is not None and each > exchanged - CLOCKS_DIFFER for each in made)


def exchanged_at(row: Record, imported: datetime | None) -> datetime | None:
    """Return when *row* was exchanged last, by its own stamp or by an import of ours."""
    known = [each for each in (row.synced_at, imported) if each is not None]
    return max(known, default=None)


def newest_exchange(held: Holdings, imported: datetime | None = None) -> datetime | None:
    """Return when anything was exchanged last; None where nobody knows."""
    known = [stamp for each in held.records if (stamp := exchanged_at(each, imported))]
    return max(known, default=imported)


def is_in_motion(person: Person, rows: Collection[Record], imported: datetime | None) -> bool:
    """Whether the partner changed one of several records of *person* after *rows* were exchanged.

    A new address makes two people of one, or one of two; two rows of one record it never makes.
    """
    stamps = [stamp for each in rows if (stamp := exchanged_at(each, imported))]
    once = len({each.partner_id for each in rows}) == len(rows)
    changed = any(changed_since(each, min(stamps, default=None)) for each in person.records)
    return once and changed


def as_exchanged(
    profiles: Iterable[Profile],
    held: Holdings,
    compare: Callable[[Holdings], Comparison],
    *,
    imported: datetime | None = None,
) -> Comparison:
    """Return what *compare* says of the rows that hold what the partner has today, or should.

    A row whose record the partner changed after the newest exchange of any row is left out, and a
    note says so; one that an exchange passed over is not. *imported* is the time of an import of
    ours: every row was exchanged then.

    Raises:
        CannotTell: no row is left, or rows differ and nobody knows when they were exchanged.
    """
    by_id = {str(each["id"]): each for each in profiles}
    of_partner = [each for each in held.records if each.partner_id in by_id]
    newest = newest_exchange(held, imported)
    late = {
        each.key: changed_at(by_id[each.partner_id])
        for each in of_partner
        if changed_since(by_id[each.partner_id], newest)
    }
    if late and len(late) == len(of_partner):
        raise CannotTell(
            "the partner changed every record since its last exchange",
            where=held.where,
            expected="a row that was exchanged after the last change of its record",
            found=f"none of {len(of_partner)}",
            do="run again after the next exchange; when it stays so, see whether there are any",
        )
    kept = tuple(each for each in held.records if each.key not in late)
    compared = compare(replace(held, records=kept))
    refuse_unknown_time(compared, held, imported)
    if not late:
        return compared
    note = (
        f"{len(late)} of {len(of_partner)} rows are left out: the partner changed their records"
        f" after their last exchange, the first of them at {min(late.values())}"
    )
    return replace(compared, notes=(*compared.notes, note))


def refuse_unknown_time(compared: Comparison, held: Holdings, imported: datetime | None) -> None:
    """Refuse differences from rows of which nobody knows when they were exchanged.

    Raises:
        CannotTell: there are such; the partner may have changed its records since.
    """
    if compared.differences and newest_exchange(held, imported) is None:
        raise CannotTell(
            "it is not known when the rows were exchanged with the partner",
            where=held.where,
            expected="services.pulse.records.synced_at, and a time in that column",
            found=f"none; {compared.found}, which the partner may have changed since",
            do="name the column with the time of the last exchange",
        )
