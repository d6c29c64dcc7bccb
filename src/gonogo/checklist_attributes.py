"""Read what a checklist's comments say: which thing a line is, and its attributes. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gonogo.checklist_items import (
    ATTESTATION_MAX_AGE_S,
    MAX_AGE_S_OF_PHASE,
    MILESTONES,
    PHASES,
    Kind,
    Section,
)
from gonogo.errors import ChecklistError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEPENDENCIES = ("backup", "commit", "env", "platform")
EFFECTS = ("none", "test-event", "target-write", "third-party-write")
PLATFORMS = ("vercel", "netlify", "docker")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


class Form(StrEnum):
    """What a comment declares its line to be."""

    ITEM = "item"
    GROUP = "group"
    SECTION = "section"
    SIGN = "sign"
    FIELD = "field"

    @property
    def noun(self) -> str:
        """The thing itself, for messages."""
        return "signature" if self is Form.SIGN else self.value


_SECTION_ID = r"[A-Z][A-Z0-9]*(?:-[A-Z])?"
_GROUP_ID = r"[A-Z][A-Z0-9]*-(?:[0-9]+|[A-Z])"
_ID = {
    Form.ITEM: (rf"{_GROUP_ID}(?:\.[0-9]+)?", "such as MIG-3.1"),
    Form.GROUP: (_GROUP_ID, "such as MIG-3"),
    Form.SECTION: (_SECTION_ID, "such as MIG"),
    Form.SIGN: (rf"{_SECTION_ID}|{_GROUP_ID}\.[0-9]+", "a section's id, or one such as SGN-1.1"),
    Form.FIELD: (rf"{_SECTION_ID}\.[a-z][a-z0-9-]*", "such as MIG.start"),
}


@dataclass(frozen=True, kw_only=True)
class Comment:
    """One comment: its form, its id and the values of its attributes, named as in ``Item``."""

    form: Form
    id: str
    values: Mapping[str, Any]


def read_comment(body: str, *, where: str) -> Comment:
    """Read the text after ``gonogo:``; ChecklistError for an unknown form, attribute or value."""
    first, *rest = body.split()
    form = Form.ITEM
    if first in _FORM_WORDS:
        form = Form(first)
        first, *rest = rest or [""]
    shape, example = _ID[form]
    if not re.fullmatch(shape, first):
        raise ChecklistError(
            f"the id of the {form.noun} is of no known form",
            where=where,
            expected=f"an id {example}",
            found=first or "nothing",
            do="correct the id in the comment",
        )
    return Comment(form=form, id=first, values=_values(form, rest, where))


def defaults(section: Section, explicit: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's attributes as its section, phase and kind give them."""
    kind = explicit.get("kind", Kind.A)
    # Hours before a deployment a promise of last week says nothing.
    signed_s = MAX_AGE_S_OF_PHASE["final"] if section.phase == "final" else ATTESTATION_MAX_AGE_S
    by_phase = MAX_AGE_S_OF_PHASE.get(section.phase)
    return {
        "blocks": section.blocks,
        "platform": section.platform,
        "depends": frozenset() if kind is Kind.H else frozenset({"commit"}),
        "max_age_s": signed_s if kind is Kind.H else by_phase,
        "attestation_max_age_s": explicit.get("max_age_s", signed_s),
    }


def _values(form: Form, words: list[str], where: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        known = _ATTRIBUTES[form]
        if name not in known or not equals:
            close = get_close_matches(name, known, n=2)
            raise ChecklistError(
                f"the {form.noun} has an unknown attribute",
                where=where,
                expected=" or ".join(close or known) or "no attribute",
                found=word,
                do="write attribute=value, with one of the known attributes",
            )
        field, reader = known[name]
        if field in values:
            raise ChecklistError(
                f"the attribute {name} stands twice",
                where=where,
                expected=f"{name} once",
                found=word,
                do="keep one of them",
            )
        try:
            values[field] = reader(text)
        except ValueError as error:
            raise ChecklistError(
                f"the attribute {name} has a bad value",
                where=where,
                expected=str(error),
                found=text or "nothing",
                do="correct the value in the comment",
            ) from error
    return values


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return read


def _kind(text: str) -> Kind:
    return Kind(_one_of(*Kind)(text))


def _yes(text: str) -> bool:
    return _one_of("yes", "no")(text) == "yes"


def _duration_s(text: str) -> int | None:
    """Read ``72h`` and the like into seconds; ``none`` means it does not age."""
    if text == "none":
        return None
    duration = re.fullmatch(r"([1-9][0-9]*)([smhd])", text)
    if not duration:
        raise ValueError("a duration such as 90s, 30m, 72h or 7d, or none")
    return int(duration[1]) * _SECONDS[duration[2]]


def _dependencies(text: str) -> frozenset[str]:
    words = frozenset() if text == "none" else frozenset(text.split(","))
    if not words <= frozenset(DEPENDENCIES):
        raise ValueError(f"some of {', '.join(DEPENDENCIES)}, joined by commas, or none")
    return words


def _markers(text: str) -> frozenset[str]:
    words = text.split(",")
    if not all(re.fullmatch(r"[a-z][a-z0-9_]*", word) for word in words) or {*words} & {*PHASES}:
        raise ValueError("marker names joined by commas, no phase among them")
    return frozenset(words)


def _role(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", text):
        raise ValueError("a role such as deployment-lead")
    return text


def _approvers(text: str) -> int:
    if not re.fullmatch(r"[1-9]", text):
        raise ValueError("a number from 1 to 9")
    return int(text)


_FORM_WORDS = frozenset(form.value for form in Form if form is not Form.ITEM)
_PLACE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "platform": ("platform", _one_of(*PLATFORMS)),
    "blocks": ("blocks", _one_of(*MILESTONES)),
}
_ATTRIBUTES: dict[Form, dict[str, tuple[str, Callable[[str], Any]]]] = {
    Form.ITEM: {
        **_PLACE,
        "kind": ("kind", _kind),
        "role": ("role", _role),
        "max_age": ("max_age_s", _duration_s),
        "depends": ("depends", _dependencies),
        "approvers": ("approvers", _approvers),
        "advisory": ("advisory", _yes),
        "waivable": ("waivable", _yes),
        "effect": ("effect", _one_of(*EFFECTS)),
        "subject": ("subject", _one_of("staging")),
        "markers": ("markers", _markers),
    },
    Form.SECTION: {**_PLACE, "phase": ("phase", _one_of(*PHASES))},
    Form.SIGN: {"role": ("role", _role)},
    Form.GROUP: {},
    Form.FIELD: {},
}
