"""Profiles and rows as tests need them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gonogo.probes.pulse.meanwhile import Timing
from gonogo.probes.pulse.records import Holdings, Record

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def profile(number: int, **fields: object) -> dict[str, Any]:
    return {
        "id": f"p{number}",
        "canonical_email": f"p{number}@x.test",
        "relationship_score": 50,
        "created_at": "2024-01-01T00:00:00Z",
        "last_interaction_date": "2026-02-20T10:00:00+00:00",
        "updated_at": "2026-02-20T10:00:00+00:00",
        "tags": [],
        "notes": None,
        **fields,
    }


def row(number: int, **fields: object) -> Record:
    known: dict[str, Any] = {"email": f"p{number}@x.test", "synced_at": NOW, **fields}
    return Record(key=f"k{number}", partner_id=f"p{number}", **known)


def held(*records: Record, rows: int | None = None, **fields: object) -> Holdings:
    emails: dict[str, int] = {}
    for each in records:
        if each.email:
            emails[each.email] = emails.get(each.email, 0) + 1
    told: dict[str, Any] = {"emails": emails, **fields}
    return Holdings(
        where="db", records=records, rows=len(records) if rows is None else rows, **told
    )


def timing(*, later: timedelta = timedelta(minutes=5), **fields: Any) -> Timing:  # noqa: ANN401 - as of the class
    """Rows that were read so much *later* than NOW."""
    told: dict[str, Any] = {"interval": timedelta(minutes=15), **fields}
    return Timing(read_at=NOW + later, **told)
