"""Whether a value arrived as the partner has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gonogo.comparison import Comparison, Difference
from gonogo.config_import import FieldSection
from gonogo.errors import CannotTell
from gonogo.probes.pulse.people import moment_of
from gonogo.probes.pulse.records import Holdings
from gonogo.vendors.pulse import Profile

SHOWN_CHARACTERS = 80


def normal(value: Any, kind: str) -> Any:  # noqa: ANN401 - of any kind
    """Return *value* so that two of one meaning are equal.

    An empty text or list says as much as none, and a flag that nobody set is not set; a number
    that is not known is no zero.
    """
    if kind == "moment":
        return moment_of(value) if value is not None else None
    if kind == "words":
        return tuple(value or ())
    if kind == "flag":
        return bool(value)
    if kind == "text":
        return value or ""
    return value


def has_value(value: Any, kind: str) -> bool:  # noqa: ANN401 - of any kind
    """Whether *value* says anything that could be lost."""
    return normal(value, kind) not in {None, "", ()}


def same_values(
    profiles: Sequence[Profile],
    held: Holdings,
    fields: Mapping[str, FieldSection],
    *,
    private: bool = False,
) -> Comparison:
    """Compare each field of each row with the record whose id the row carries.

    *private* says that values differ without showing them.

    Raises:
        CannotTell: there is no row or no field to compare, or no record has a value at all.
    """
    by_id = {str(each["id"]): each for each in profiles}
    rows = [each for each in held.records if each.partner_id in by_id]
    if not rows or not fields:
        raise CannotTell(
            "there is nothing to compare",
            where=held.where,
            expected="rows with an id of the partner's, and fields to compare",
            found=f"{len(rows)} rows, {len(fields)} fields",
            do="see whether anything was imported",
        )
    for name, field in fields.items():
        if not any(has_value(by_id[each.partner_id].get(name), field.kind) for each in rows):
            raise CannotTell(
                f"no record of the partner has a value for {name}",
                expected="at least one, or nothing is compared",
                found="none",
                do="see whether the key may read this field",
            )
    return Comparison(
        subject=f"values of {', '.join(fields)}",
        checked=len(rows) * len(fields),
        differences=tuple(
            difference
            for row in rows
            for difference in _differing(
                f"row {row.key}", by_id[row.partner_id], row.values, fields, private=private
            )
        ),
        do="follow one of them from the partner's answer to the database",
    )


def _differing(
    subject: str,
    profile: Profile,
    values: Mapping[str, Any],
    fields: Mapping[str, FieldSection],
    *,
    private: bool,
) -> Iterator[Difference]:
    for name, field in fields.items():
        wanted = normal(profile.get(name), field.kind)
        found = normal(values.get(name), field.kind)
        if wanted != found:
            yield Difference(
                subject=f"{subject}, {field.column}",
                expected=told(wanted, private=private),
                found=told(found, private=private),
            )


def told(value: object, *, private: bool) -> str:
    """Return *value* in words; only its size where it is *private*."""
    if value is None or value in {"", ()}:
        return "nothing"
    if private:
        size = f" of {len(value)} characters" if isinstance(value, str) else ""
        return f"a value{size} (not shown)"
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return repr(text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…")
