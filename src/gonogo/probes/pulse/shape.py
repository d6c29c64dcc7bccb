"""Whether a partner's answer has the agreed shape. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.vendors.pulse import Pulse

ASKED = 50

PAGINATION = {"total": "number", "limit": "number", "offset": "number", "has_more": "flag"}


def is_moment(value: object) -> bool:
    """Whether *value* is a time with its zone, as ISO 8601 text."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


KINDS: Mapping[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "moment": is_moment,
    "words": lambda v: isinstance(v, list) and all(isinstance(each, str) for each in v),
    "flag": lambda value: isinstance(value, bool),
}


def answered_shape(pulse: Pulse, *, shape: Mapping[str, str]) -> Comparison:
    """Ask for a page of records and compare it with the agreed *shape*.

    Raises:
        CannotTell: nothing is agreed, or no answer came.
    """
    return compared_shape(pulse.answer(limit=ASKED).body, shape=shape)


def compared_shape(body: Any, *, shape: Mapping[str, str]) -> Comparison:  # noqa: ANN401 - any JSON
    """Compare a page of records with the agreed *shape*: the kind of each field by its name.

    Raises:
        CannotTell: nothing is agreed.
    """
    if not shape:
        raise CannotTell(
            "there is no agreed shape to compare with",
            expected="services.pulse.shape in the target file",
            found="nothing",
            do="write down each field of a record and its kind",
        )
    page = body if isinstance(body, dict) else {}
    records = page.get("data")
    differences = [*_of("pagination", page.get("pagination"), PAGINATION)]
    if not isinstance(records, list) or not records:
        differences.append(Difference(subject="data", expected="records", found=_shown(records)))
        records = []
    for number, record in enumerate(records, start=1):
        differences += _of(f"record {number}", record, shape)
    return Comparison(
        subject="fields of the answer",
        checked=len(PAGINATION) + len(shape) * max(len(records), 1),
        differences=tuple(differences),
        do="agree with the partner on what changed, before anything is imported",
    )


def _of(name: str, found: object, shape: Mapping[str, str]) -> Iterator[Difference]:
    if not isinstance(found, dict):
        yield Difference(subject=name, expected="an object", found=_shown(found))
        return
    for field, kind in shape.items():
        if field not in found:
            yield Difference(subject=f"{name}, {field}", expected=kind, found="no such field")
            continue
        value = found[field]
        fits = kind.endswith("?") if value is None else KINDS[kind.rstrip("?")](value)
        if not fits:
            yield Difference(subject=f"{name}, {field}", expected=kind, found=_shown(value))


def _shown(value: object) -> str:
    """Say what kind of value it is; never the value, which may be somebody's."""
    size = f" of {len(value)}" if isinstance(value, str | list | dict) else ""
    return "nothing" if value is None else f"{type(value).__name__}{size}"
