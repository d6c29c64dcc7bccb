"""Whether an import brought everybody over, and everybody once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.probes.pulse.people import Person
from gonogo.probes.pulse.records import Holdings, Record

CLOCKS_DIFFER = timedelta(minutes=2)
"""A server's clock may be behind this machine's by so much."""


def brought_over(
    people: Sequence[Person], after: Holdings, *, before: Holdings | None = None
) -> Comparison:
    """Compare *people* with the rows that carry a partner's id: each of them once, no other.

    With *before*, the rows of the time before, no address may have become more frequent than it
    was, and no more rows may be there than people were added. The record that was changed last
    is the one whose id a row carries.

    Raises:
        CannotTell: the partner has nobody.
    """
    _refuse_nobody(people)
    rows: dict[str, list[Record]] = {}
    for record in after.records:
        rows.setdefault(record.partner_id, []).append(record)
    known = {each for person in people for each in person.ids}
    gone = sorted(set(rows) - known)
    differences = [*_each_once(people, rows), *_addresses(people, before, after)]
    if before is not None:
        differences += _added(people, before, after)
    notes = (f"{len(gone)} rows carry an id that the partner does not have (any more)",)
    return Comparison(
        subject="people of the partner",
        checked=len(people),
        differences=tuple(differences),
        notes=notes if gone else (),
        do="see how the import finds the row of a person, and what the database refused",
    )


def _each_once(people: Sequence[Person], rows: dict[str, list[Record]]) -> Iterator[Difference]:
    for person in people:
        subject = f"the person of {', '.join(sorted(person.ids))}"
        found = [row for each in sorted(person.ids) for row in rows.get(each, [])]
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
        CannotTell: the partner has nobody.
    """
    _refuse_nobody(people)
    written = {
        each.partner_id
        for each in after.records
        if each.synced_at and each.synced_at >= since - CLOCKS_DIFFER
    }
    return Comparison(
        subject="people whose row was written",
        checked=len(people),
        differences=tuple(
            Difference(
                subject=f"the person of {', '.join(sorted(each.ids))}",
                expected="a row with a stamp of this import",
                found="none",
            )
            for each in people
            if not each.ids & written
        ),
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


def nothing_added(before: Holdings, after: Holdings) -> Comparison:
    """Compare the rows and ties after a second import with those before it: not one more."""
    pairs = (
        ("rows", before.rows, after.rows),
        ("rows with a partner's id", len(before.records), len(after.records)),
        ("ties", len(before.links), len(after.links)),
    )
    return Comparison(
        subject="counts around a second import",
        checked=len(pairs),
        differences=tuple(
            Difference(subject=name, expected=str(was), found=str(now))
            for name, was, now in pairs
            if was != now
        ),
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
