"""What a checklist is made of: items, groups, sections, signature lines and blanks. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property

from gonogo.errors import ChecklistError

PHASES = (
    "preflight",
    "final",
    "phase1",
    "phase2",
    "phase3",
    "phase4",
    "monitoring",
    "rollout1",
    "rollout2",
    "rollout3",
    "success",
    "closeout",
    "rollback",
    "signoff",
)
"""The phases in the order of the document; each is a pytest marker."""

BEFORE_MIGRATION = frozenset({"preflight", "final"})
LOOKS_AT_APPLICATION = "phase3"

MILESTONES = ("migrate", "live", "2h", "24h", "rollout1", "rollout2", "rollout3", "close")
"""What a gate is asked for, in order; each milestone includes those before it."""

MILESTONE_OF_PHASE = {
    "preflight": "migrate",
    "final": "migrate",
    "phase1": "live",
    "phase2": "live",
    "phase3": "live",
    "phase4": "live",
    # The earlier of the two windows; the section of the longer one names its own milestone.
    "monitoring": "2h",
    "rollout1": "rollout1",
    "rollout2": "rollout2",
    "rollout3": "rollout3",
    "success": "close",
    "closeout": "close",
    # A way back is proven by a drill, and it must be proven before users are let in.
    "rollback": "live",
    "signoff": "close",
}
"""The milestone an item blocks when neither it nor its section names another."""

DEFAULT_ROLE = "deployment-lead"
ATTESTATION_MAX_AGE_S = 7 * 24 * 3600
MAX_AGE_S_OF_PHASE = {"preflight": 72 * 3600, "final": 2 * 3600}
"""How long an observation stays fresh, by phase; phases not named here do not age."""


class Kind(StrEnum):
    """Who settles an item: a machine, a person, or both."""

    A = "A"
    H = "H"
    AH = "AH"
    A_H = "A/H"
    A_PLUS = "A+"
    M = "M"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One leaf box or metric row: what becomes one check.

    ``text`` is the line without its comment and indentation, every box unticked, and
    ``text_sha256`` is over exactly that text (UTF-8). ``max_age_s`` is for observations (and for
    the attestation where the kind is H), ``attestation_max_age_s`` for signed records. ``group``
    always names one of the checklist's groups.
    """

    id: str
    label: str
    section: str
    group: str
    phase: str
    line: int
    text: str
    text_sha256: str
    kind: Kind = Kind.A
    markers: frozenset[str] = frozenset()
    blocks: str = ""
    advisory: bool = False
    role: str = DEFAULT_ROLE
    max_age_s: int | None = None
    attestation_max_age_s: int | None = ATTESTATION_MAX_AGE_S
    depends: frozenset[str] = frozenset()
    approvers: int = 1
    waivable: bool = True
    effect: str = "none"
    subject: str = ""
    blanks: int = 0
    choices: tuple[str, ...] = ()
    platform: str = ""

    @property
    def turn(self) -> int:
        """The place of its phase in the order in which checks run.

        What is listed before the migration and holds up nothing before the application is live
        needs the deployed application: it has its turn with the first phase that looks at it.
        """
        early = self.phase in BEFORE_MIGRATION and self.blocks == "live"
        return PHASES.index(LOOKS_AT_APPLICATION if early else self.phase)


@dataclass(frozen=True, kw_only=True)
class Group:
    """A line that gathers items; a group without leaves is an item too, under the same id."""

    id: str
    label: str
    section: str
    line: int
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading that holds items, or holds sections that do (``parent`` names the one above).

    ``blocks`` is the milestone its items block unless they name another.
    """

    id: str
    title: str
    phase: str
    line: int
    blocks: str
    parent: str = ""
    platform: str = ""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A line a person signs; ``covers`` are the ids of the items the signature is over."""

    id: str
    label: str
    section: str
    role: str
    line: int
    text: str
    text_sha256: str
    covers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A line with blanks or choice boxes that belong to no item, such as a start time."""

    id: str
    label: str
    section: str
    line: int
    text: str
    blanks: int
    choices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many of each thing the document holds; choice boxes are those within a line."""

    boxes: int
    groups: int
    leaves: int
    metric_rows: int
    blanks: int
    blank_lines: int
    choice_boxes: int
    signatures: int


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """A parsed checklist; ``sha256`` is over the whole text as it was given."""

    path: str
    sha256: str
    title: str
    items: tuple[Item, ...]
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]
    signatures: tuple[Signature, ...]
    fields: tuple[Field, ...]
    counts: Counts = field(repr=False)

    @cached_property
    def _by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    def __contains__(self, item_id: object) -> bool:
        """Whether there is an item of that id."""
        return item_id in self._by_id

    def item(self, item_id: str) -> Item:
        """Return the item of that id; ChecklistError names the ids close to it."""
        found = self._by_id.get(item_id)
        if found is None:
            close = get_close_matches(item_id, self._by_id, n=3)
            raise ChecklistError(
                f"the checklist has no item {item_id!r}",
                where=self.path,
                expected=" or ".join(close) if close else f"one of its {len(self.items)} items",
                found=item_id,
                do="correct the id, or add the item to the checklist",
            )
        return found
