"""The JSON of an event and of an issue, as Sentry's API gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gonogo.clock import rfc3339
from staging.services.sentry.records import ErrorEvent, exception_of, message_of, title_of
from staging.services.sentry.store import Issue
from staging.services.stranger import mapping, text

LEVELS = {"sample", "debug", "info", "warning", "error", "fatal"}
TAGS = ("environment", "level", "release", "transaction", "url", "user", "sdk.name", "dist")
ENTRIES = ("exception", "breadcrumbs", "request", "threads", "debug_meta")
PRIORITIES = {"fatal": "high", "error": "high", "warning": "medium"}


def kind(event: ErrorEvent) -> str:
    """Return the type of an event: ``error`` where something was raised."""
    return "error" if event.payload.get("exception") else "default"


def brief(event: ErrorEvent, *, group: str, project_id: str) -> dict[str, Any]:
    """Return what a list of events says of one."""
    return {
        "id": event.id,
        "event.type": kind(event),
        "groupID": group,
        "eventID": event.id,
        "projectID": project_id,
        "message": message_of(event.payload),
        "title": title_of(event.payload),
        "location": None,
        "culprit": event.fields["transaction"],
        "user": _user(event),
        "tags": _tags(event),
        "platform": event.fields["platform"],
        "dateCreated": rfc3339(event.happened),
        "crashFile": None,
        "metadata": metadata(event),
    }


def full(event: ErrorEvent, *, group: str, project_id: str) -> dict[str, Any]:
    """Return all that is known of one event."""
    payload = event.payload
    shown = brief(event, group=group, project_id=project_id)
    del shown["event.type"]
    release = event.fields["release"]
    return shown | {
        "type": kind(event),
        "dateReceived": rfc3339(event.received),
        "contexts": mapping(payload.get("contexts")),
        "size": None,
        "entries": _entries(payload),
        "dist": event.fields["dist"],
        "sdk": {"name": event.fields["sdk.name"], "version": event.fields["sdk.version"]},
        "context": mapping(payload.get("extra")),
        "packages": mapping(payload.get("modules")),
        "errors": [],
        "occurrence": None,
        "_meta": {},
        "fingerprints": [event.fingerprint],
        "release": {"version": release} if release else None,
        "userReport": None,
        "sdkUpdates": [],
        "resolvedWith": [],
        "nextEventID": None,
        "previousEventID": None,
    }


def metadata(event: ErrorEvent) -> dict[str, Any]:
    """Return what Sentry derives a title from."""
    if kind(event) == "error":
        return {"type": event.fields["error.type"], "value": event.fields["error.value"]}
    return {"title": title_of(event.payload)}


def level_of(event: ErrorEvent) -> str:
    """Return one of Sentry's levels."""
    level = str(event.fields["level"])
    return level if level in LEVELS else "error"


def issue(
    found: Issue,
    *,
    seen: Sequence[ErrorEvent],
    project: Mapping[str, Any],
    permalink: str,
    now: datetime,
) -> dict[str, Any]:
    """Return an issue; *seen* are those of its events that are counted."""
    latest = max(found.events, key=lambda event: event.happened)
    # The title follows that of the latest event, but not at once: here, never.
    first = min(found.events, key=lambda event: event.happened)
    times = [event.happened for event in seen]
    users = {event.fields["user"] for event in seen if event.fields["user"]}
    counts = {
        "count": str(len(seen)),
        "userCount": len(users),
        "firstSeen": rfc3339(min(times)),
        "lastSeen": rfc3339(max(times)),
    }
    mechanism = mapping(exception_of(latest.payload).get("mechanism"))
    level = level_of(latest)
    return _plain_parts(found, project) | {
        **counts,
        "id": str(found.number),
        "title": title_of(first.payload),
        "culprit": latest.fields["transaction"] or "",
        "permalink": f"{permalink}/issues/{found.number}/",
        "logger": text(latest.payload.get("logger")),
        "level": level,
        "status": found.status,
        "substatus": _substatus(found),
        "platform": latest.fields["platform"],
        "priority": PRIORITIES.get(level, "low"),
        "type": kind(latest),
        "metadata": metadata(first),
        "isUnhandled": mechanism.get("handled") is False,
        "stats": {"24h": _per_hour(seen, now)},
        "lifetime": {**counts, "stats": None},
        "inbox": {"reason": 0, "reason_details": None, "date_added": counts["firstSeen"]},
        "owners": {"type": "", "owner": "", "date_added": counts["firstSeen"]},
        "derivedData": _derived(),
    }


def detailed(found: Issue, shown: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return an issue as one that is asked for by itself: *shown*, and what became of it."""
    by_time = sorted(found.events, key=lambda event: event.happened)
    releases = [each.fields["release"] for each in by_time if each.fields["release"]]
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [day - timedelta(days=back) for back in range(29, -1, -1)]
    days = [each.happened.date() for each in by_time]
    per_day = [[int(start.timestamp()), days.count(start.date())] for start in starts]
    lists = ("participants", "pluginActions", "pluginContexts", "pluginIssues", "seenBy", "tags")
    return {
        **shown,
        "stats": {**shown["stats"], "30d": per_day},
        "activity": _activity(found, first=by_time[0].happened),
        "firstRelease": {"version": releases[0]} if releases else None,
        "lastRelease": {"version": releases[-1]} if releases else None,
        "userReportCount": 0,
        **{name: [] for name in lists},
    }


def _activity(found: Issue, *, first: datetime) -> list[dict[str, Any]]:
    """Return what became of an issue, newest first, as Sentry tells it."""
    told = [
        {"id": str(number), "type": each.kind, "dateCreated": rfc3339(each.at), "data": each.data}
        for number, each in enumerate(found.changes, start=1)
    ]
    known = {"id": "0", "type": "first_seen", "dateCreated": rfc3339(first), "data": {}}
    return [{**each, "user": None} for each in (*reversed(told), known)]


def _substatus(found: Issue) -> str | None:
    if found.status != "unresolved":
        return None
    return "regressed" if found.came_back else "ongoing"


def _plain_parts(found: Issue, project: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of an issue that are the same for all here."""
    shown = {key: project[key] for key in ("id", "name", "slug", "platform")}
    return {
        "shareId": None,
        "shortId": f"{project['slug'].upper()}-{found.number}",
        "statusDetails": {},
        "isPublic": False,
        "priorityLockedAt": None,
        "seerFixabilityScore": None,
        "seerAutofixLastTriggered": None,
        "seerExplorerAutofixLastTriggered": None,
        "project": shown,
        "issueType": "error",
        "issueCategory": "error",
        "numComments": 0,
        "assignedTo": None,
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": False,
        "annotations": [],
        "filtered": None,
        "sessionCount": 0,
        "integrationIssues": [],
        "sentryAppIssues": [],
        "latestEventHasAttachments": False,
        "matchingEventId": None,
        "matchingEventEnvironment": None,
    }


def _derived() -> dict[str, Any]:
    return {
        "blocker": "",
        "progress": "",
        "status": "",
        "viewCount": 0,
        "hasOpenFixPr": False,
        "isAssigned": False,
        "hasRootCause": False,
        "lastCompletedAutofixStep": "",
        "lastProgressedAt": None,
    }


def _per_hour(seen: Sequence[ErrorEvent], now: datetime) -> list[list[int]]:
    hour = now.replace(minute=0, second=0, microsecond=0)
    starts = [hour - timedelta(hours=back) for back in range(23, -1, -1)]
    ages = [event.happened.replace(minute=0, second=0, microsecond=0) for event in seen]
    return [[int(start.timestamp()), ages.count(start)] for start in starts]


def _tags(event: ErrorEvent) -> list[dict[str, str]]:
    pairs = dict(mapping(event.payload.get("tags")))
    pairs |= {name: event.fields[name] for name in TAGS if event.fields.get(name)}
    return [{"key": str(key), "value": str(value)} for key, value in sorted(pairs.items())]


def _user(event: ErrorEvent) -> dict[str, Any] | None:
    given = mapping(event.payload.get("user"))
    if not given:
        return None
    names = ("id", "email", "username", "ip_address", "name")
    return {name: text(given.get(name)) for name in names}


def _entries(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [{"type": name, "data": payload[name]} for name in ENTRIES if payload.get(name)]
    message = message_of(payload)
    return found + ([{"type": "message", "data": {"formatted": message}}] if message else [])
