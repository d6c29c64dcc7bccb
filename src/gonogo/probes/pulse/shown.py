"""What the pages of single records show, beside what they must."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Error as PlaywrightError

from gonogo.comparison import Comparison, Difference
from gonogo.config_import import FieldSection
from gonogo.errors import CannotTell
from gonogo.probes.browser.held_back import refuse_if_held_back
from gonogo.probes.browser.settling import settled
from gonogo.probes.browser.visit import Window
from gonogo.probes.pulse.fields import normal, told
from gonogo.probes.pulse.people import moment_of
from gonogo.probes.pulse.records import Record

READ = """(places) => Object.fromEntries(Object.entries(places).map(([name, [css, attribute]]) => [
    name, [...document.querySelectorAll(css)].map((each) => [
        each.textContent, attribute ? each.getAttribute(attribute) ?? "" : "",
    ]),
]))"""
Parts = tuple[tuple[str, str], ...]
"""The texts that a page shows for one field, each with its attribute."""


@dataclass(frozen=True)
class Told:
    """How values are written on pages."""

    zone: ZoneInfo
    date_format: str


@dataclass(frozen=True, kw_only=True)
class ShownRecord:
    """What one record's own page shows, by the partner's names of the fields."""

    where: str
    record: Record
    headings: tuple[str, ...]
    fields: Mapping[str, Parts] = field(repr=False)
    picture: bytes = field(default=b"", repr=False)
    names: frozenset[str] = field(default=frozenset(), repr=False)
    """What the row was called before and after the look; nothing where the list lacks it."""
    blocked: tuple[str, ...] = ()
    """Requests of the page that were not let through."""


def sample(
    records: Iterable[Record], fields: Mapping[str, FieldSection], *, told_by: Told, most: int = 8
) -> tuple[Record, ...]:
    """Return few records that have, together, as many different kinds of values as can be.

    Raises:
        CannotTell: there is no record.
    """
    left = {each.key: (each, set(_features(each, fields, told_by))) for each in records}
    if not left:
        raise CannotTell("there is no record to look at", expected="one at least", found="none")
    chosen: list[Record] = []
    covered: set[str] = set()
    while left and len(chosen) < most:
        key = min(left, key=lambda each: (-len(left[each][1] - covered), left[each][0].partner_id))
        record, features = left.pop(key)
        if chosen and not features - covered:
            break
        chosen.append(record)
        covered |= features
    return tuple(chosen)


def _features(record: Record, fields: Mapping[str, FieldSection], told_by: Told) -> Iterator[str]:
    for name, section in fields.items():
        if not section.shown:
            continue
        value = normal(record.values.get(name), section.kind)
        if value is None or value in {"", ()}:
            yield f"{name}: none"
            continue
        yield f"{name}: some"
        text = "".join(value) if isinstance(value, tuple) else str(value)
        if not text.isascii():
            yield f"{name}: not ASCII"
        if isinstance(value, tuple) and len(value) > 1:
            yield f"{name}: several"
        if any(each in text for each in "\n\t<&"):
            yield f"{name}: awkward"
        if section.kind == "number" and value in {0, 100}:
            yield f"{name}: {value}"
        if isinstance(value, datetime) and value.astimezone(told_by.zone).date() != value.date():
            yield f"{name}: another day there"


def read_record(
    window: Window,
    address: str,
    record: Record,
    fields: Mapping[str, FieldSection],
    *,
    told_by: Told,
) -> ShownRecord:
    """Open the record's page and return what it shows, once that is right or the page rests.

    Raises:
        CannotTell: the page cannot be opened.
    """
    places = {name: [each.shown, each.attribute] for name, each in fields.items() if each.shown}
    window.open(address)

    def look() -> tuple[tuple[str, ...], dict[str, Parts]]:
        try:
            seen: dict[str, list[list[str]]] = window.page.evaluate(READ, places)
        except PlaywrightError:  # it changes to another page
            return (), {}
        parts = {name: tuple((text, value) for text, value in each) for name, each in seen.items()}
        return window.look().headings, parts

    def is_right(seen: tuple[tuple[str, ...], dict[str, Parts]]) -> bool:
        headings, parts = seen
        shown = ShownRecord(where="", record=record, headings=headings, fields=parts)
        return bool(headings) and not differs(shown, fields, told_by=told_by)

    headings, parts = settled(look, is_right, ear=window.ear, timeout_s=window.timeout_s)
    return ShownRecord(
        where=f"{window.page.url} in {window.engine}",
        record=record,
        headings=headings,
        fields=parts,
        picture=window.picture(private=True),
        blocked=window.ear.heard().held_back(blank=not headings),
    )


def differs(page: ShownRecord, fields: Mapping[str, FieldSection], *, told_by: Told) -> bool:
    """Whether *page* shows anything else than its row holds."""
    return any(_differing([page], fields, told_by, private=True))


def named_pages(shown: Sequence[ShownRecord]) -> Comparison:
    """Compare the headings of pages with the names of their rows.

    Raises:
        CannotTell: no page was looked at, no row of theirs has a name here, or a request was not
            let through that a difference may come from.
    """
    if not any(each.names for each in shown):
        raise CannotTell(
            "there is no page of a record that the list has",
            expected="pages of records, and the names of their rows",
            found=f"{len(shown)} pages",
        )
    differences = tuple(
        Difference(
            subject=f"page of row {each.record.key}",
            expected="its name as a heading",
            found="another heading" if each.headings else "no heading",
        )
        for each in shown
        if each.names and not each.names & {*each.headings}
    )
    _refuse_if_held_back(differences, shown)
    return Comparison(
        subject="pages of single records",
        checked=len(shown),
        differences=differences,
        do="open the page: does it show another record, or none?",
    )


def shown_as_held(
    shown: Sequence[ShownRecord],
    fields: Mapping[str, FieldSection],
    *,
    told_by: Told,
    private: bool = False,
) -> Comparison:
    """Compare what the pages show with what the database holds.

    Raises:
        CannotTell: no page was looked at, none of *fields* is shown anywhere, or a request was
            not let through that a difference may come from.
    """
    visible = {name: each for name, each in fields.items() if each.shown}
    if not shown or not visible:
        raise CannotTell(
            "there is no page to compare",
            expected="pages of records, and where they show a value",
            found=f"{len(shown)} pages, {len(visible)} places",
            do="set services.pulse.records.fields.….shown",
        )
    differences = tuple(_differing(shown, visible, told_by, private=private))
    _refuse_if_held_back(differences, shown)
    return Comparison(
        subject=f"{', '.join(visible)} on the pages of single records",
        checked=len(shown) * len(visible),
        differences=differences,
        do="open the page of one of them beside its row in the database",
    )


def _refuse_if_held_back(wrong: Sequence[Difference], shown: Sequence[ShownRecord]) -> None:
    blocked = tuple(dict.fromkeys(request for each in shown for request in each.blocked))
    refuse_if_held_back(wrong, blocked, where=shown[0].where)


def _differing(
    shown: Iterable[ShownRecord],
    fields: Mapping[str, FieldSection],
    told_by: Told,
    *,
    private: bool,
) -> Iterator[Difference]:
    for page in shown:
        for name, section in fields.items():
            if not section.shown:
                continue
            value = normal(page.record.values.get(name), section.kind)
            found = page.fields.get(name, ())
            if not fits(value, found, section, told_by):
                texts = tuple(f"{text} ({mark})" if mark else text for text, mark in found)
                wanted = tuple(texts_for(value, section, told_by))
                yield Difference(
                    subject=f"page of row {page.record.key}, {name}",
                    expected=told(wanted, private=private),
                    found=told(texts, private=private),
                )


def fits(value: Any, found: Parts, section: FieldSection, told_by: Told) -> bool:  # noqa: ANN401 - of any kind
    """Whether a page that shows *found* shows *value*.

    Where an attribute holds the value itself, letters' case does not matter in the text.
    """
    wanted, texts = texts_for(value, section, told_by), [text for text, _ in found]
    marks = [mark for _, mark in found]
    if not section.attribute:
        return texts == wanted
    if [each.casefold() for each in texts] != [each.casefold() for each in wanted]:
        return False
    if isinstance(value, datetime):
        return [moment_of(each) for each in marks] == [value]
    return marks == ([] if value in {None, ""} else [str(value)])


def texts_for(value: Any, section: FieldSection, told_by: Told) -> list[str]:  # noqa: ANN401 - of any kind
    """Return the texts that a page must show for *value*."""
    if value is None or value in {"", ()}:
        return [section.absent] if section.absent else []
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, datetime):
        local = value.replace(tzinfo=value.tzinfo or UTC).astimezone(told_by.zone)
        return [local.strftime(told_by.date_format)]
    return [str(value)]
