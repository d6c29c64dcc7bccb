"""What Sentry documents of one issue that is asked for by itself.

Written from docs.sentry.io/api/events/retrieve-an-issue, as the trimmed document beside the project
has no more than the list of issues.
"""

from __future__ import annotations

from typing import Any

from selftest.specification import HOST, Specification

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
YES_OR_NO = {"type": "boolean"}
TIME = {"type": "string", "format": "date-time"}
OBJECT = {"type": "object"}
OBJECT_OR_NULL = {"type": "object", "nullable": True}
RELEASE = {"type": "object", "nullable": True, "properties": {"version": TEXT}}
TABLE = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}


def _required(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(of: dict[str, Any] = OBJECT) -> dict[str, Any]:
    return {"type": "array", "items": of}


ACTIVITY = _required(id=TEXT, type=TEXT, dateCreated=TIME, data=OBJECT, user=OBJECT_OR_NULL)
ISSUE = _required(
    **dict.fromkeys(("count", "id", "level", "permalink", "shortId", "title", "type"), TEXT),
    **dict.fromkeys(("numComments", "userCount", "userReportCount"), NUMBER),
    **dict.fromkeys(("hasSeen", "isBookmarked", "isPublic", "isSubscribed"), YES_OR_NO),
    **dict.fromkeys(("assignedTo", "subscriptionDetails"), OBJECT_OR_NULL),
    **dict.fromkeys(("firstSeen", "lastSeen"), TIME),
    **dict.fromkeys(("firstRelease", "lastRelease"), RELEASE),
    **dict.fromkeys(("annotations", "participants", "pluginIssues", "seenBy", "tags"), _list()),
    pluginActions=_list(_list(TEXT)),
    pluginContexts=_list(TEXT),
    activity=_list(ACTIVITY),
    culprit=TEXT,
    logger={"type": "string", "nullable": True},
    shareId={"type": "string", "nullable": True},
    metadata=OBJECT,
    project=_required(id=TEXT, name=TEXT, slug=TEXT),
    stats={"type": "object", "properties": {"24h": TABLE, "30d": TABLE}},
    status={"type": "string", "enum": ["resolved", "unresolved", "ignored"]},
    statusDetails=OBJECT,
)


def one_issue() -> Specification:
    """Return that part of Sentry's document."""
    path = "/api/0/organizations/{organization_id_or_slug}/issues/{issue_id}/"
    parameters = [
        {"in": "path", "name": name, "required": True, "schema": TEXT}
        for name in ("organization_id_or_slug", "issue_id")
    ]
    answers: dict[str, Any] = {str(status): {"description": ""} for status in (401, 403, 404)}
    answers["200"] = {"description": "", "content": {"application/json": {"schema": ISSUE}}}
    return Specification(
        {
            "openapi": "3.0.3",
            "info": {"title": "Sentry: retrieve an issue", "version": "v0"},
            "servers": [{"url": HOST}],
            "paths": {path: {"get": {"parameters": parameters, "responses": answers}}},
        }
    )
