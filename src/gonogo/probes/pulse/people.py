"""Who a partner's records are: several of one address are one person. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from gonogo.vendors.pulse import Profile

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person, with all records of them; ``speaking`` are those that were changed last."""

    email: str
    """In small letters; empty where the partner knows none."""
    records: tuple[Profile, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The partner's ids of the person."""
        return frozenset(str(each["id"]) for each in self.records)

    @property
    def speaking(self) -> tuple[Profile, ...]:
        """The records that count: several only where they were changed at the same moment."""
        latest = max(map(changed_at, self.records))
        return tuple(each for each in self.records if changed_at(each) == latest)


def people_in(profiles: Iterable[Profile]) -> tuple[Person, ...]:
    """Return the people behind *profiles*: by email whatever its case, else each their own."""
    found: dict[str, list[Profile]] = {}
    for profile in profiles:
        email = email_key(profile.get("canonical_email"))
        found.setdefault(email or f"\0{profile['id']}", []).append(profile)
    return tuple(
        Person(email="" if key.startswith("\0") else key, records=tuple(records))
        for key, records in found.items()
    )


def email_key(email: object) -> str:
    """Return an address as it is compared; empty where there is none."""
    return str(email or "").strip().lower()


def changed_at(profile: Profile) -> datetime:
    """Return when the partner changed a record last."""
    return moment_of(profile.get("updated_at")) or NEVER


def moment_of(text: object) -> datetime | None:
    """Return the time that ISO text names, in UTC where it has no zone; None where it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
