"""Release health: how many sessions there were, and how many did not crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gonogo.clock import rfc3339
from staging.services.sentry.asking import Period, Refused
from staging.services.sentry.records import Session

HOUR_S = 3600
MOST_POINTS = 10_000


def _status(session: Session) -> str:
    ends = {"crashed": "crashed", "abnormal": "abnormal", "errored": "errored"}
    return ends.get(session.status, "healthy")


GROUPS: Mapping[str, Callable[[Session], str]] = {
    "release": lambda session: session.release,
    "environment": lambda session: session.environment,
    "session.status": _status,
}
Figure = Callable[[Sequence[Session]], float | None]


def _count(sessions: Sequence[Session]) -> int:
    return sum(each.count for each in sessions)


def _crash_share(sessions: Sequence[Session]) -> float | None:
    total = _count(sessions)
    return _count([s for s in sessions if s.status == "crashed"]) / total if total else None


def _users(sessions: Sequence[Session]) -> set[str]:
    return {each.user for each in sessions if each.user}


def _user_crash_share(sessions: Sequence[Session]) -> float | None:
    users = _users(sessions)
    crashed = _users([s for s in sessions if s.status == "crashed"])
    return len(crashed) / len(users) if users else None


def _free(of: Figure) -> Figure:
    def rest(sessions: Sequence[Session]) -> float | None:
        share = of(sessions)
        return None if share is None else 1 - share

    return rest


FIGURES: Mapping[str, Figure] = {
    "sum(session)": _count,
    "count_unique(user)": lambda sessions: len(_users(sessions)),
    "crash_rate(session)": _crash_share,
    "crash_free_rate(session)": _free(_crash_share),
    "crash_rate(user)": _user_crash_share,
    "crash_free_rate(user)": _free(_user_crash_share),
}


def health(  # noqa: PLR0913 - each is one parameter of the request
    sessions: Sequence[Session],
    *,
    fields: Sequence[str],
    by: Sequence[str],
    period: Period,
    interval_s: int,
    project_id: int,
) -> dict[str, Any]:
    """Return the groups with their totals and series; raises Refused for what is not known."""
    unknown = [name for name in fields if name not in FIGURES]
    if unknown or not fields:
        raise Refused(
            400, f"Invalid field: {unknown[0]!r}" if unknown else 'Request is missing a "field"'
        )
    wrong = [name for name in by if name not in GROUPS and name != "project"]
    if wrong:
        raise Refused(400, f"Invalid groupBy: {wrong[0]!r}")
    if interval_s < HOUR_S:
        raise Refused(400, "The interval has to be at least one hour.")
    starts = _starts(period, interval_s)
    end = starts[-1] + timedelta(seconds=interval_s)
    inside = [each for each in sessions if starts[0] <= each.started < end]
    groups: dict[tuple[str, ...], list[Session]] = {} if by else {(): []}
    plain = [name for name in by if name in GROUPS]
    for each in inside:
        groups.setdefault(tuple(GROUPS[name](each) for name in plain), []).append(each)
    return {
        "start": rfc3339(starts[0]),
        "end": rfc3339(end),
        "intervals": [rfc3339(start) for start in starts],
        "query": "",
        "groups": [
            {
                "by": dict(zip(plain, key, strict=True))
                | ({"project": project_id} if "project" in by else {}),
                "totals": {name: FIGURES[name](group) for name in fields},
                "series": _series(fields, group, starts, interval_s),
            }
            for key, group in groups.items()
        ],
    }


def _starts(period: Period, interval_s: int) -> list[datetime]:
    """Return the intervals' starts; the first and the last are whole ones."""
    first_s = period.start.timestamp() // interval_s * interval_s
    count = -int(-(period.end.timestamp() - first_s) // interval_s)
    if count > MOST_POINTS:
        raise Refused(400, "Your interval and date range would create too many results.")
    zone = period.start.tzinfo
    return [datetime.fromtimestamp(first_s + i * interval_s, zone) for i in range(count)]


def _series(
    fields: Sequence[str], group: Sequence[Session], starts: Sequence[datetime], interval_s: int
) -> dict[str, list[float | None]]:
    slots: list[list[Session]] = [[] for _ in starts]
    for each in group:
        slots[int((each.started - starts[0]).total_seconds() // interval_s)].append(each)
    return {name: [FIGURES[name](slot) for slot in slots] for name in fields}
