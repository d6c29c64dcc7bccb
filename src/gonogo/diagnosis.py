"""What a target lacks before its checks can look: each service is reachable, missing or wrong.

Nothing here judges a release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from gonogo.checklist import PHASES, Checklist, Item, Kind
from gonogo.errors import GonogoError
from gonogo.standing import applies

DATABASE_PHASES = ("preflight", "final", "phase1", "phase3", "phase4", "monitoring", "rollback")
SCRIPT_PHASES = ("preflight", "final", "phase1", "rollback")
APPLICATION_PHASES = ("preflight", "phase2", "phase3", "phase4")
"""The phases with checks that look at the deployed application."""
BROWSER_PHASES = ("preflight", "phase3", "phase4")
"""Those of them that look in a browser, most of them signed in."""
OTHER_SERVICES: Mapping[str, tuple[str, ...]] = {
    "uptime monitoring": ("preflight", "phase3", "monitoring"),
    "notifications": ("final", "monitoring", "rollback"),
}
"""Services that no check looks at yet, and the phases that will."""


_NO_MORE = ("", "nothing")
"""What adds nothing to an error that says already that something is not there."""


class Condition(StrEnum):
    """How a service was found."""

    REACHABLE = "reachable"
    MISSING = "missing"
    WRONG = "wrong"
    NOT_NEEDED = "not needed"
    BY_HAND = "by hand"
    NO_CHECK_YET = "no check yet"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One service: how it was found, and what to do about it."""

    service: str
    condition: Condition
    found: str
    where: str = ""
    expected: str = ""
    do: str = ""
    least_scope: str = ""
    """The least rights that are enough, for what has to be set."""
    phases: tuple[str, ...] = PHASES
    """The phases that need it."""
    unlocks: str = ""

    @property
    def stops(self) -> bool:
        """Whether checks that need it cannot look."""
        return self.condition in (Condition.MISSING, Condition.WRONG)


def in_trouble(
    service: str,
    error: GonogoError,
    *,
    condition: Condition = Condition.WRONG,
    phases: tuple[str, ...] = PHASES,
    least_scope: str = "",
) -> Finding:
    """Return *error* as a finding."""
    return Finding(
        service=service,
        condition=condition,
        found=error.what if error.found in _NO_MORE else f"{error.what}: {error.found}",
        where=error.where,
        expected=error.expected,
        do=error.do,
        phases=phases,
        least_scope=least_scope,
    )


def without_checks() -> tuple[Finding, ...]:
    """Return the services that nothing looks at yet, so that nobody takes them for reachable."""
    return tuple(
        Finding(service=service, condition=Condition.NO_CHECK_YET, found="—", phases=phases)
        for service, phases in OTHER_SERVICES.items()
    )


def needed_in(
    phases: Collection[str],
    findings: Iterable[Finding],
    checklist: Checklist | None,
    *,
    checked: Collection[str] = (),
    platforms: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Return the findings that *phases* need; what stops says how many items wait for it.

    *checked* are the items that have a check today; on other than *platforms* none counts.
    """
    needed = [finding for finding in findings if set(finding.phases) & set(phases)]
    if checklist is None:
        return tuple(needed)
    for_machines = [
        item
        for item in checklist.items
        if item.kind is not Kind.H and item.phase in phases and applies(item, platforms)
    ]
    return tuple(
        replace(finding, unlocks=_unlocks(finding, for_machines, checked))
        if finding.stops
        else finding
        for finding in needed
    )


def _unlocks(finding: Finding, items: Iterable[Item], checked: Collection[str]) -> str:
    """Say how many checks may need it: which of a phase's do, only a run tells."""
    concerned = [item for item in items if item.phase in finding.phases]
    phases = dict.fromkeys(item.phase for item in concerned)
    today = sum(item.id in checked for item in concerned)
    return f"up to {today} checks of {', '.join(phases)} ({len(concerned)} items for a machine)"
