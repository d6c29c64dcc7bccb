"""What a dossier says, as data: observations, attempts, actions, runs, and where items stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from gonogo.checklist import Item
from gonogo.verdict import State, Verdict

UNKNOWN_COMMIT = "unknown"
"""The commit, and the instance, of a run that did not reach its target."""
NO_INSTANCE = "none"


class Absence(StrEnum):
    """Why an item has no answer yet."""

    NO_CHECK = "no check yet"
    PERSON = "a person's word"
    TOOL = "an engine or tool this machine lacks"
    HORIZON = "a horizon not reached"
    BLOCKED = "blocked by an earlier item"
    BASELINE = "nothing to compare with"
    NOT_DONE = "a step that nobody has taken yet"
    NOT_FINISHED = "planned, never finished"
    NOT_SELECTED = "not selected in this run"


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file kept in the dossier under its digest, ``blobs/<sha256>``."""

    sha256: str
    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One look at the target: what was asked, expected and found, when and from where."""

    subject: str
    expected: str
    found: str
    unit: str = ""
    source: str = ""
    at: datetime
    duration_s: float = 0.0
    attachments: tuple[Attachment, ...] = ()
    blank: str = ""
    """The value that fills this item's blank in the checklist; empty when it fills none."""
    trace: str = ""
    """The place of a browser's trace, seen from the folder of all reports; it is no evidence."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One finished run of one item's check; ``cause`` is shared by reds of one origin."""

    item_id: str
    run_id: str
    nodeid: str
    commit: str
    instance: str
    state: State
    started_at: datetime
    finished_at: datetime
    duration_s: float
    message: str = ""
    cause: str = ""
    absence: Absence | None = None
    bindings: Mapping[str, str] = field(default_factory=dict)
    """Digests of what the attempt depended on: ``text``, ``commit``, ``env``."""
    observations: tuple[Observation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActionRecord:
    """One step that changes the target, from intent to end.

    ``outcome`` is finished, failed, unfinished (stopped before its own end) or interrupted (its
    run died and nobody has picked up the end yet).
    """

    name: str
    run_id: str
    instance: str
    command: str
    started_at: datetime
    finished_at: datetime | None = None
    exit_status: int | None = None
    outcome: str = "interrupted"
    message: str = ""
    deviation: str = ""
    """How the command differs from the one the checklist names; empty when it does not."""
    attachments: tuple[Attachment, ...] = ()
    notes: tuple[str, ...] = ()
    written_by_others: tuple[str, ...] = ()
    """Tables that other sessions were seen writing while it ran."""
    unguarded: str = ""
    """Why another gonogo may have acted on the target meanwhile; empty where none can have."""

    @property
    def ended_well(self) -> bool:
        """Whether it came to its own end with exit status 0."""
        return self.exit_status == 0

    def __str__(self) -> str:
        """Read as one line."""
        status = "no exit status" if self.exit_status is None else f"exit status {self.exit_status}"
        return f"{self.command}: {self.outcome}, {status}" + (self.message and f"; {self.message}")


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One run of the suite, over all its processes."""

    run_id: str
    started_at: datetime
    ended_at: datetime | None
    exit_status: int | None
    options: str
    planned: tuple[str, ...]
    interrupted_items: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What somebody must know who ran it, and no item tells, such as a session that was left."""
    verdict: str = ""
    """What it decided over its own scope; empty where nothing was decided or it did not end."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """What evidence is bound to: version, commit and environment."""

    version: str
    commit: str
    environment: str

    @property
    def name(self) -> str:
        """The dossier's folder name."""
        return f"{self.version}-{self.commit[:10]}-{self.environment}"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one item stands, and why, with every attempt that counts (latest last)."""

    item: Item
    state: State
    reason: str = ""
    absence: Absence | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def latest(self) -> Attempt | None:
        """The attempt that decided the state."""
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The gate's answer over a scope; ``blocking`` lists what stands in the way, worst first."""

    verdict: Verdict
    scope: str
    partial: bool
    in_scope: tuple[str, ...]
    blocking: tuple[Standing, ...]
    problems: tuple[str, ...] = ()
    not_applicable: int = 0
    """How many in scope do not concern this target; none of them was looked at."""


@dataclass(frozen=True, kw_only=True)
class ReleaseView:
    """Everything a report shows about one release."""

    release: Release
    rehearsal: bool
    target: str
    instance: str
    checklist_title: str
    checklist_path: str
    checklist_sha256: str
    decision: Decision
    standings: tuple[Standing, ...]
    actions: tuple[ActionRecord, ...]
    runs: tuple[RunSummary, ...]
    problems: tuple[str, ...]
    generated_at: datetime
    tool_version: str
    in_a_box: bool = False
    """Whether the suite itself started the target."""
    stand_ins: tuple[str, ...] = ()
    """Services of this target that were stand-ins, each with its label."""
    damage: tuple[str, ...] = ()
    """Those of the problems that say which file of the record was changed, and what to do."""
    facts: dict[str, str] = field(default_factory=dict)
    """Facts about the target worth printing, such as the database server's version."""

    @cached_property
    def in_order(self) -> tuple[Standing, ...]:
        """Every item's standing, in the order of the document."""
        return tuple(sorted(self.standings, key=lambda s: (s.item.line, s.item.id)))

    @cached_property
    def in_scope(self) -> tuple[Standing, ...]:
        """The standings the verdict is about, in the order of the document."""
        chosen = set(self.decision.in_scope)
        return tuple(s for s in self.in_order if s.item.id in chosen)
