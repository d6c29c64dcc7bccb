"""What the partner changed or made after the last exchange: need it have arrived yet? Pure.

Until an exchange was due it need not, and it is left out. Later its absence is no match, and no
proof of an error either: an application exchanges by the clock of a page, as long as somebody has
one open, and an exchange that brings nothing leaves no stamp. Nobody can tell a night without a
page from an exchange that has died, so that ends in CannotTell, which says how to find out. What
an exchange with a later stamp passed over is a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gonogo.comparison import Comparison
from gonogo.errors import CannotTell
from gonogo.probes.pulse.people import NEVER, Person, changed_at, moment_of
from gonogo.probes.pulse.records import Holdings, Record
from gonogo.vendors.pulse import Profile

CLOCKS_DIFFER = timedelta(minutes=2)
"""So much may lie between two clocks, and between a question and the stamp of its answer."""

SLACK = CLOCKS_DIFFER + timedelta(minutes=3)
"""So much later than due an exchange may be over: a browser holds back the timers of a hidden page
by a minute, the partner may ask to wait for another, and what it brings has to be written."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When the rows were read, and every how long a page that is open exchanges.

    ``imported`` is when an import of ours began: what changed since did so within this run.
    """

    read_at: datetime
    interval: timedelta
    imported: datetime | None = None

    def is_recent(self, changed: datetime) -> bool:
        """Whether no exchange need have been between the change and the reading."""
        return self.imported is not None or changed > self.read_at - self.interval - SLACK

    def newest_exchange(self, held: Holdings) -> datetime | None:
        """Return when anything was exchanged last, by an import of ours or else by the rows.

        None where nobody knows. An import takes its time, and stamps rows long after it read the
        first records: what changed since it began may be missing.
        """
        stamps = (each.synced_at for each in held.records if each.synced_at)
        return self.imported or max(stamps, default=None)

    @property
    def rhythm(self) -> str:
        """How often an exchange is due, in words."""
        minutes = self.interval // timedelta(minutes=1)
        return f"every {minutes} minutes while somebody has the application open"


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """Changes of long enough ago for an exchange, which none is known to have met."""

    changes: Collection[datetime]
    newest: datetime | None
    timing: Timing

    def __str__(self) -> str:
        """Read as half a line."""
        return (
            f"changes at the partner's: {len(self.changes)}, from {min(self.changes)} to"
            f" {max(self.changes)}; the last exchange that is known was at {self.newest}"
        )

    def error(self, found: str, *, where: str) -> CannotTell:
        """Return the error that nobody knows whether what was *found* ought to be otherwise."""
        return CannotTell(
            "what the partner changed has not arrived, and nobody knows whether it was due",
            where=where,
            expected=f"an exchange after the change: one is due {self.timing.rhythm}",
            found=f"{found}; {self}",
            do=(
                "open the application, leave it open until it has exchanged, and run again; when"
                " this stays so, the exchange does not work: see what the page's console says of it"
            ),
        )


def changed_since(profile: Profile, exchanged: datetime | None) -> bool:
    """Whether the partner changed *profile* after it was *exchanged*; False where nobody knows."""
    return exchanged is not None and changed_at(profile) > exchanged - CLOCKS_DIFFER


def made_since(profiles: Iterable[Profile], exchanged: datetime | None) -> bool:
    """Whether the partner made all of *profiles* after the exchange; False where nobody knows."""
    return exchanged is not None and first_made(profiles) > exchanged - CLOCKS_DIFFER


def first_made(profiles: Iterable[Profile]) -> datetime:
    """Return when the partner made the first of *profiles*; long ago where it does not say."""
    return min(moment_of(each.get("created_at")) or NEVER for each in profiles)


def moved_since(
    person: Person, rows: Collection[Record], exchanged: datetime | None
) -> tuple[datetime, ...]:
    """Return when the partner changed records of *person* after the exchange.

    A new address makes two people of one, or one of two. It never takes away the last of the
    person's *rows*, or makes two of one record: then nothing is returned.
    """
    if not rows or len({each.partner_id for each in rows}) < len(rows):
        return ()
    return tuple(changed_at(each) for each in person.records if changed_since(each, exchanged))


def as_exchanged(
    profiles: Iterable[Profile],
    held: Holdings,
    compare: Callable[[Holdings], Comparison],
    *,
    timing: Timing,
) -> Comparison:
    """Return what *compare* says of the rows that hold what the partner has today, or should.

    A row whose record the partner changed after the newest exchange of any row is left out while
    no other exchange need have been, and a note says so; one that an exchange passed over is not.

    Raises:
        CannotTell: no row is left, rows differ and nobody knows when they were exchanged, or only
            such differ as were changed long enough after the newest exchange for another one.
    """
    by_id = {str(each["id"]): each for each in profiles}
    of_partner = [each for each in held.records if each.partner_id in by_id]
    newest = timing.newest_exchange(held)
    since = {
        each.key: changed_at(by_id[each.partner_id])
        for each in of_partner
        if changed_since(by_id[each.partner_id], newest)
    }
    recent = {key: changed for key, changed in since.items() if timing.is_recent(changed)}
    if recent and len(recent) == len(of_partner):
        raise CannotTell(
            "the partner changed every record a moment ago, and after its last exchange",
            where=held.where,
            expected="a row that was exchanged after the last change of its record",
            found=f"none of {len(of_partner)}; the last exchange that is known was at {newest}",
            do=f"exchanges are due {timing.rhythm}: leave it open until then, and run again",
        )
    compared = compare(_without(recent, held))
    refuse_unknown_time(compared, held, timing)
    overdue = {key: changed for key, changed in since.items() if key not in recent}
    if compared.differences and overdue:
        changes = Overdue(changes=tuple(overdue.values()), newest=newest, timing=timing)
        compared = _settled(compare, _without(since, held), compared, changes)
    if not recent:
        return compared
    note = (
        f"{len(recent)} of {len(of_partner)} rows are left out: the partner changed their records"
        f" after their last exchange, the first of them at {min(recent.values())}"
    )
    return replace(compared, notes=(*compared.notes, note))


def _without(keys: Collection[str], held: Holdings) -> Holdings:
    return replace(held, records=tuple(each for each in held.records if each.key not in keys))


def _settled(
    compare: Callable[[Holdings], Comparison],
    held: Holdings,
    compared: Comparison,
    overdue: Overdue,
) -> Comparison:
    """Compare only the rows of *held*, of whose records nothing was changed since.

    Raises:
        CannotTell: they do not differ: all that *compared* found is overdue.
    """
    with suppress(CannotTell):  # they may be none, or too few to tell anything
        settled = compare(held)
        if settled.differences:
            return replace(
                settled,
                notes=(
                    *settled.notes,
                    f"not judged, as nobody knows whether they were due: {overdue}",
                ),
            )
    raise overdue.error(compared.found, where=held.where)


def refuse_unknown_time(compared: Comparison, held: Holdings, timing: Timing) -> None:
    """Refuse differences from rows of which nobody knows when they were exchanged.

    Raises:
        CannotTell: there are such; the partner may have changed its records since.
    """
    if compared.differences and timing.newest_exchange(held) is None:
        raise CannotTell(
            "it is not known when the rows were exchanged with the partner",
            where=held.where,
            expected="services.pulse.records.synced_at, and a time in that column",
            found=f"none; {compared.found}, which the partner may have changed since",
            do="name the column with the time of the last exchange",
        )
