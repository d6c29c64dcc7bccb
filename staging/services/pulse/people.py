"""The people Pulse knows: varied, the same at every start, and as untidy as real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from gonogo.clock import rfc3339

Profile = dict[str, Any]

SEED = 20_260_301
TWIN_EVERY = 40
"""One profile in so many repeats another's address in other letters' case."""
NO_EMAIL_EVERY = 60

FIRST_NAMES = (
    "Amara", "Bjørn", "Chloë", "Dmitri", "Éloïse", "Fatima", "Gonçalo", "Hannah", "Ibrahim",
    "Jürgen", "Keiko", "Łukasz", "María José", "Nguyễn", "Olu", "Priya", "Quinn", "Rosalía",
    "Siân", "Tomáš", "Uğur", "Violet", "Wanjirū", "Xiomara", "Yusuf", "Zoë", "张伟", "Анна",
)  # fmt: skip
LAST_NAMES = (
    "Adeyemi", "Blackwood", "Çelik", "D'Angelo", "Eriksson", "Fernández-Ruiz", "Grzybowski",
    "Hernández", "Ito", "Jóhannsdóttir", "Kowalczyk", "Lindqvist", "Müller", "Nakamura", "O’Brien",
    "Papadopoulos", "Quispe", "Rossi", "St. Clair", "Tran", "Ueda", "van der Berg", "Whitaker",
    "Xu", "Yılmaz", "Zimmermann", "李", "Петрова",
)  # fmt: skip
COMPANIES = (
    "Harbor Light Foundation", "Café Niño & Co.", "Blue River Trust", "Nordlys AS", "Kids First",
    "Ødegaard Legat", "St. Mary's Hospital", "Grøn Fremtid", "Open Table", "Tōhoku Relief",
)  # fmt: skip
TITLES = ("Director", "Program Manager", "Board Member", "Volunteer", "Trésorière", "Donor")
TAGS = ("board", "donor", "gala-2026", "major gift", "newsletter", "volunteer", "école", "⭐ vip")
NOTES = (
    "Prefers calls after 5 pm.",
    'Met at the gala; asked about "legacy gifts" & naming rights.',
    "Speaks français und Deutsch. 🎉",
    "Line one\nline two, with a comma, and a tab\there",
    "<b>not markup</b> — keep as text; 100 % sure",
)
CHANNELS = ("email", "phone", "meeting", "sms", "video")
FREQUENCIES = ("daily", "weekly", "monthly", "quarterly", "rarely")
SCORES = (0, 1, 39, 40, 59, 60, 79, 80, 99, 100)
"""Where a score's meaning changes; the first profiles have these."""


def people(count: int, *, at: datetime) -> list[Profile]:
    """Return *count* profiles in the order of their ids; their dates lie before *at*'s day."""
    random = Random(SEED)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    made: list[Profile] = []
    for number in range(count):
        made.append(_person(number, random, midnight))
        if number % TWIN_EVERY == TWIN_EVERY - 1:
            _make_twin(made[-1], of=made[-TWIN_EVERY // 2])
    return made


def _person(number: int, random: Random, midnight: datetime) -> Profile:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    met = random.choice((0, 0, 1, 2, 3, 5, 8, 13, 21, 55, 144))
    last_seen = midnight - timedelta(minutes=random.randrange(10, 300 * 24 * 60))
    changed = last_seen if met else midnight - timedelta(days=random.randrange(1, 400))
    return {
        "id": f"pp_{number + 1:05d}",
        "canonical_email": _email(number),
        "display_name": None if number % 97 == 5 else f"{first} {last}",
        "first_name": None if number % 53 == 7 else first,
        "last_name": None if number % 59 == 11 else last,
        "phone_number": random.choice((None, f"+1 555 01{number % 100:02d}", "+47 22 00 00 00")),
        "company": random.choice((None, *COMPANIES)),
        "title": random.choice((None, *TITLES)),
        "relationship_score": _score(number, random),
        "total_interactions": met,
        "last_interaction_date": rfc3339(last_seen) if met else None,
        "communication_frequency": random.choice((None, *FREQUENCIES)),
        "preferred_channel": random.choice((None, *CHANNELS)),
        "tags": sorted(random.sample(TAGS, random.randrange(4))),
        "notes": random.choice((None, None, "", *NOTES)),
        "is_favorite": random.random() < 0.08,
        "is_blocked": random.random() < 0.02,
        "created_at": rfc3339(midnight - timedelta(days=500 + number % 700)),
        "updated_at": rfc3339(changed),
    }


def _email(number: int) -> str | None:
    if number % NO_EMAIL_EVERY == NO_EMAIL_EVERY - 1:
        return None
    tag = "+news" if number % 31 == 4 else ""
    host = "exämple.org" if number % 83 == 3 else "example.org"
    return f"person{number + 1}{tag}@{host}"


def _score(number: int, random: Random) -> int | None:
    if number < len(SCORES):
        return SCORES[number]
    return None if number % 71 == 13 else random.randrange(101)


def _make_twin(profile: Profile, *, of: Profile) -> None:
    """Give *profile* the other's address in capitals, as a second address book would."""
    address = of["canonical_email"]
    profile["canonical_email"] = address.upper() if address else None


def interactions(profile: Profile) -> list[dict[str, Any]]:
    """Return the newest first of what happened with *profile*, as many as it says."""
    count = profile["total_interactions"]
    if not count:
        return []
    random = Random(f"{SEED}{profile['id']}")
    when = datetime.fromisoformat(profile["last_interaction_date"])
    step_h = random.choice((6, 30, 100, 400))
    made = []
    for number in range(count):
        made.append(_interaction(f"{profile['id']}-{count - number}", when, random))
        when -= timedelta(hours=random.randrange(1, step_h))
    return made


def _interaction(name: str, when: datetime, random: Random) -> dict[str, Any]:
    kind = random.choice(("email", "call", "meeting", "message", "event", "note"))
    sentiment = random.choice((None, "positive", "neutral", "negative", "mixed"))
    return {
        "id": f"pi_{name}",
        "type": kind,
        "date": rfc3339(when),
        "channel": random.choice(CHANNELS),
        "direction": random.choice(("inbound", "outbound", "mutual")),
        "subject": random.choice(
            (None, "Spring appeal", "Grant report — draft", "Déjeuner?", "礼物")
        ),
        "snippet": random.choice((None, "Thanks for the update!", "See you on Tuesday 🙂")),
        "duration_minutes": random.randrange(5, 90) if kind in {"call", "meeting"} else None,
        "sentiment": sentiment,
        "sentiment_score": round(random.uniform(-1, 1), 3) if sentiment else None,
        "ai_topics": sorted(random.sample(("funding", "events", "family", "volunteering"), 2)),
        "is_important": random.random() < 0.1,
        "is_archived": random.random() < 0.05,
    }


def trend(history: Sequence[Mapping[str, Any]], *, at: datetime) -> str:
    """Return how the relation moves: its last 30 days against the 30 before."""
    ages = [(at - datetime.fromisoformat(each["date"])).days for each in history]
    recent, before = sum(age < 30 for age in ages), sum(30 <= age < 60 for age in ages)
    if not ages or min(ages) >= 180:
        return "dormant"
    if max(ages) < 30:
        return "new"
    if recent == before:
        return "stable"
    return "rising" if recent > before else "falling"
