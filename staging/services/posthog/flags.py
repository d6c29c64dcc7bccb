"""Feature flags: their definitions, and what each distinct id gets.

The share is decided as PostHog documents it and its SDKs compute it: the first 15 hex digits of
SHA-1 over ``key.distinct_id``, as a fraction of their greatest value. So an id that is in at 10 %
is in at 50 %, every time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from staging.services.posthog.values import as_number, as_text

GREATEST = 0xFFFFFFFFFFFFFFF
DIGITS = 15
REASONS = {
    "condition_match": "Matched condition set {}",
    "out_of_rollout_bound": "Out of rollout bound",
    "no_condition_match": "No matching condition set",
}


class CannotEvaluate(Exception):
    """A condition needs what the stand-in does not have."""


@dataclass(kw_only=True)
class Flag:
    """One feature flag."""

    id: int
    key: str
    name: str = ""
    active: bool = True
    deleted: bool = False
    version: int = 1
    filters: dict[str, Any] = field(default_factory=lambda: {"groups": []})

    def shape(self) -> dict[str, Any]:
        """Return the JSON of its definition."""
        groups = self.filters.get("groups") or []
        return {
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "active": self.active,
            "deleted": self.deleted,
            "version": self.version,
            "rollout_percentage": groups[0].get("rollout_percentage") if len(groups) == 1 else None,
            "filters": self.filters,
            "ensure_experience_continuity": False,
        }


def share(key: str, distinct_id: str, *, salt: str = "") -> float:
    """Return where *distinct_id* lies from 0 to 1 for the flag *key*."""
    digest = hashlib.sha1(f"{key}.{distinct_id}{salt}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:DIGITS], 16) / GREATEST


def evaluated(flag: Flag, distinct_id: str, person: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the flag is for *distinct_id*, with the reason."""
    code, place, failed = "no_condition_match", None, False
    variant = None
    for index, group in enumerate(flag.filters.get("groups") or []):
        try:
            found = _condition(flag, group, distinct_id, person)
        except CannotEvaluate:
            failed = True
            continue
        if found == "condition_match":
            code, place, variant = found, index, _variant(flag, group, distinct_id)
            break
        if found == "out_of_rollout_bound":
            code, place = found, index
    enabled = code == "condition_match"
    payloads = flag.filters.get("payloads") or {}
    return {
        "key": flag.key,
        "enabled": enabled,
        "variant": variant,
        "reason": {
            "code": code,
            "condition_index": place,
            "description": REASONS[code].format((place or 0) + 1),
        },
        "metadata": {
            "id": flag.id,
            "version": flag.version,
            "description": flag.name or None,
            "payload": payloads.get(variant or "true") if enabled else None,
        },
        **({"failed": True} if failed and not enabled else {}),
    }


def _condition(
    flag: Flag, group: Mapping[str, Any], distinct_id: str, person: Mapping[str, Any]
) -> str:
    if not all(_holds(each, person) for each in group.get("properties") or []):
        return "no_condition_match"
    percentage = group.get("rollout_percentage")
    if percentage is not None and share(flag.key, distinct_id) > percentage / 100:
        return "out_of_rollout_bound"
    return "condition_match"


def _variant(flag: Flag, group: Mapping[str, Any], distinct_id: str) -> str | None:
    variants = (flag.filters.get("multivariate") or {}).get("variants") or []
    if group.get("variant") in {each["key"] for each in variants}:
        return str(group["variant"])
    place, border = share(flag.key, distinct_id, salt="variant"), 0.0
    for each in variants:
        border += each["rollout_percentage"] / 100
        if place < border:
            return str(each["key"])
    return None


def _holds(condition: Mapping[str, Any], person: Mapping[str, Any]) -> bool:
    """Return whether a person's property is as wanted; raises CannotEvaluate."""
    if condition.get("type", "person") != "person":
        raise CannotEvaluate(str(condition.get("type")))
    sign, value = condition.get("operator", "exact"), person.get(str(condition["key"]))
    wanted = condition.get("value")
    listed = [as_text(each) for each in (wanted if isinstance(wanted, list) else [wanted])]
    if sign in {"is_set", "is_not_set"}:
        return bool((value is not None) == (sign == "is_set"))
    if sign in {"exact", "is_not"}:
        return bool((as_text(value) in listed) == (sign == "exact"))
    if sign in {"icontains", "not_icontains"}:
        found = str(listed[0]).lower() in (as_text(value) or "").lower()
        return bool(found == (sign == "icontains"))
    a, b = as_number(value), as_number(wanted)
    if a is None or b is None:
        return False
    signs = {"gt": a > b, "gte": a >= b, "lt": a < b, "lte": a <= b}
    if sign not in signs:
        raise CannotEvaluate(str(sign))
    return signs[sign]
