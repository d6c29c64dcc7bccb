"""Whether an import brought everybody over, and everybody once. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.pulse.meanwhile import (
    CLOCKS_DIFFER,
    Overdue,
    Timing,
    first_made,
    made_since,
    moved_since,
    refuse_unknown_time,
)
from gonogo.probes.pulse.people import Person
from gonogo.probes.pulse.records import Holdings, Record

RowsById = Mapping[str, Sequence[Record]]


def brought_over(
    people: Sequence[Person],
    after: Holdings,
    *,
    timing: Timing,
    before: Holdings | None = None,
) -> Comparison:
    """Compare *people* with the rows that carry a partner's id: each of them once, no other.

    With *before*, the rows of the time before, no address may have become more frequent than it
    was, and no more rows may be there than people were added. The record that was changed last
    is the one whose id a row carries. Who was made, or became somebody else, at the partner's
    after the last exchange is left out while no other need have been, and a note says so.

    Raises:
        CannotTell: the partner has nobody, nobody is left to look for, people are missing and it
            is not known when anything was exchanged, or only such are missing as were made long
            enough after the last exchange for another one.
    """
    _refuse_nobody(people)
    rows: dict[str, list[Record]] = {}
    for record in after.records:
        rows.setdefault(record.partner_id, []).append(record)
    newest = timing.newest_exchange(after)
    made = [
        each for each in people if not _rows_of(each, rows) and made_since(each.records, newest)
    ]
    due = [each for each in people if each not in made]
    moved = [(each, when) for each in due if (when := _unclear_since(each, rows, newest))]
    moving = [each for each, _ in moved]
    judged = [each for each in due if each not in moving]
    overdue = Overdue(
        changes=[
            *(first for each in made if not timing.is_recent(first := first_made(each.records))),
            *(max(when) for _, when in moved if not any(map(timing.is_recent, when))),
        ],
        newest=newest,
        timing=timing,
    )
    if not judged and not overdue.changes:
        raise CannotTell(
            "the partner made or changed everybody a moment ago, and after the last exchange",
            where=after.where,
            expected=f"somebody who was there before {newest}",
            found=f"none of {len(people)} people",
            do=f"exchanges are due {timing.rhythm}: leave it open until then, and run again",
        )
    differences = [*_each_once(judged, rows), *_addresses(people, before, after)]
    if before is not None:
        differences += _added(due, before, after)
    if overdue.changes and not (judged and differences):
        missing = f"{len(overdue.changes)} of {len(people)} people are not there once"
        raise overdue.error(missing, where=after.where)
    known = {each for person in people for each in person.ids}
    compared = Comparison(
        subject="people of the partner",
        checked=len(judged),
        differences=tuple(differences),
        notes=tuple(
            _notes(people, made=made, moving=moving, gone=rows.keys() - known, overdue=overdue)
        ),
        do="see how the import finds the row of a person, and what the database refused",
    )
    refuse_unknown_time(compared, after, timing)
    return compared


def in_words(people: Sequence[Person]) -> str:
    """Say how many people the partner has, and why they are fewer than its records."""
    records = sum(len(each.records) for each in people)
    said = f"the partner has {records:,} records of {len(people):,} people"
    further = records - len(people)
    return f"{said}: {further:,} have the address of another record" if further else said


def _notes(
    people: Sequence[Person],
    *,
    made: Sequence[Person],
    moving: Sequence[Person],
    gone: Collection[str],
    overdue: Overdue,
) -> Iterator[str]:
    yield in_words(people)
    if made:
        yield f"{len(made)} people are left out: made after the last exchange, at {overdue.newest}"
    if moving:
        yield (
            f"{len(moving)} people are left out: of their several records one was changed after"
            " the last exchange, such as its address, and who has which row is open until the next"
        )
    if overdue.changes:
        yield f"of these, nobody knows whether some were due: {overdue}"
    if gone:
        yield f"{len(gone)} rows carry an id that the partner does not have (any more)"


def _rows_of(person: Person, rows: RowsById) -> list[Record]:
    return [row for each in sorted(person.ids) for row in rows.get(each, ())]


def _unclear_since(person: Person, rows: RowsById, newest: datetime | None) -> tuple[datetime, ...]:
    """Return when changes were made that may explain a difference; empty where there is none."""
    found = _rows_of(person, rows)
    return moved_since(person, found, newest) if any(_each_once([person], rows)) else ()


def _each_once(people: Sequence[Person], rows: RowsById) -> Iterator[Difference]:
    for person in people:
        subject = f"the person of {', '.join(sorted(person.ids))}"
        found = _rows_of(person, rows)
        if len(found) != 1:
            yield Difference(subject=subject, expected="one row", found=_rows(len(found)))
        elif found[0].partner_id not in {str(each["id"]) for each in person.speaking}:
            wanted = " or ".join(str(each["id"]) for each in person.speaking)
            yield Difference(
                subject=subject,
                expected=f"the row of {wanted}, which was changed last",
                found=f"that of {found[0].partner_id}",
            )


def _addresses(
    people: Sequence[Person], before: Holdings | None, after: Holdings
) -> Iterator[Difference]:
    for person in people:
        if not person.email:
            continue
        was = before.emails.get(person.email, 0) if before else 1
        most, now = max(was, 1), after.emails.get(person.email, 0)
        if now > most and (before is not None or now > 1):
            yield Difference(
                subject=f"the address of {', '.join(sorted(person.ids))}",
                expected=f"{_rows(most)} with it, whatever its letters' case",
                found=_rows(now),
            )


def _added(people: Sequence[Person], before: Holdings, after: Holdings) -> Iterator[Difference]:
    there = before.by_partner_id.keys() | set(before.links.values())
    new = [each for each in people if not each.ids & there and each.email not in before.emails]
    if after.rows - before.rows != len(new):
        yield Difference(
            subject="rows added",
            expected=f"{len(new)}, one for each person who was not there",
            found=str(after.rows - before.rows),
        )


def written_since(people: Sequence[Person], after: Holdings, *, since: datetime) -> Comparison:
    """Compare the rows' stamps with the time of the import: each person's was written by it.

    Raises:
        CannotTell: the partner has nobody, or only people who were made since.
    """
    due = [each for each in people if not made_since(each.records, since)]
    _refuse_nobody(due)
    written = {
        each.partner_id
        for each in after.records
        if each.synced_at and each.synced_at >= since - CLOCKS_DIFFER
    }
    left = len(people) - len(due)
    return Comparison(
        subject="people whose row was written",
        checked=len(due),
        differences=tuple(
            Difference(
                subject=f"the person of {', '.join(sorted(each.ids))}",
                expected="a row with a stamp of this import",
                found="none",
            )
            for each in due
            if not each.ids & written
        ),
        notes=(f"{left} people are left out: made since the import began",) if left else (),
        do="compare what the import reports with what the database accepted",
    )


def left_in_order(people: Sequence[Person], after: Holdings) -> Comparison:
    """Compare rows and ties with "no error": each person's row is tied to the partner's record.

    Raises:
        CannotTell: the partner has nobody.
    """
    _refuse_nobody(people)
    ids = {each: person for person in people for each in person.ids}
    rows = [each for each in after.records if each.partner_id in ids]
    differences = [
        Difference(subject=f"row {each.key}", expected="no error", found=each.error)
        for each in rows
        if each.error
    ]
    differences += [
        Difference(subject="a tie", expected="no error", found=each) for each in after.link_errors
    ]
    if after.has_links:
        differences += [
            Difference(
                subject=f"row {each.key}",
                expected=f"tied to {each.partner_id}",
                found=f"tied to {after.links.get(each.key, 'nothing')}",
            )
            for each in rows
            if after.links.get(each.key) not in ids[each.partner_id].ids
        ]
    return Comparison(
        subject="rows that were brought over",
        checked=len(rows),
        differences=tuple(differences),
        do="read the error of the row; a tie that is missing was refused",
    )


def nothing_added(
    before: Holdings, after: Holdings, people: Sequence[Person], *, told: int
) -> Comparison:
    """Compare the rows and ties after a second import with those before it: not one more.

    *told* is how many it says it brought over as new. Who is not among *people*, the partner's
    before it, was made since: they may be more, and a note says so.
    """
    known = {each for person in people for each in person.ids} | before.by_partner_id.keys()
    made = sum(each.partner_id not in known for each in after.records)
    tied = sum(each not in known for each in after.links.values())
    pairs = (
        ("rows", before.rows, after.rows - made),
        ("rows with a partner's id", len(before.records), len(after.records) - made),
        ("ties", len(before.links), len(after.links) - tied),
        ("people that it says it imported", 0, told - made),
    )
    return Comparison(
        subject="counts around a second import",
        checked=len(pairs),
        differences=tuple(
            Difference(subject=name, expected=str(was), found=str(now))
            for name, was, now in pairs
            if was != now
        ),
        notes=(f"{made} rows are left out: the partner made their people since",) if made else (),
        do="see how the import finds the row of a person it brought over before",
    )


def _rows(number: int) -> str:
    return "one row" if number == 1 else f"{number or 'no'} rows"


def _refuse_nobody(people: Sequence[Person]) -> None:
    if not people:
        raise CannotTell(
            "the partner has nobody to bring over",
            expected="at least one record",
            found="none",
            do="see whether the key is that of the right account",
        )
