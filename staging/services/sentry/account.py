"""The organization and its one project: what they are, their keys, who is told of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

NAME = "Logos Vision CRM"
CREATED = "2026-01-05T09:00:00.000000Z"
TEAM = {"id": "11", "name": "CRM", "slug": "crm"}
NO = (
    "isBookmarked", "hasFeedbacks", "hasFlags", "hasMonitors", "hasNewFeedbacks", "hasProfiles",
    "hasReplays", "hasInsightsHttp", "hasInsightsDb", "hasInsightsAssets", "hasInsightsAppStart",
    "hasInsightsScreenLoad", "hasInsightsVitals", "hasInsightsCaches", "hasInsightsQueues",
    "hasInsightsAgentMonitoring", "hasInsightsMCP", "hasLogs", "hasTraceMetrics", "isInternal",
    "isPublic",
)  # fmt: skip
NO_OF_PROJECT = ("isDynamicallySampled", "tempestFetchScreenshots", "seerScannerAutomation")
TEXTS = (
    "securityToken", "groupingConfig", "derivedGroupingEnhancements", "groupingEnhancements",
    "fingerprintingRules", "symbolSources",
)  # fmt: skip
LISTS = ("allowedDomains", "safeFields", "sensitiveFields", "highlightTags", "builtinSymbolSources")
NULLS = (
    "securityTokenHeader", "secondaryGroupingConfig", "defaultEnvironment", "relayPiiConfig",
    "debugFilesRole", "storeCrashReports", "dynamicSamplingBiases", "seerNightshiftTweaks",
)  # fmt: skip

WORKFLOWS: Sequence[Mapping[str, Any]] = (
    {"name": "Send a notification for high priority issues", "action": "email"},
    {"name": "Page on fatal errors", "action": "slack"},
)
DETECTORS: Sequence[Mapping[str, Any]] = (
    {"name": "Error Monitor", "type": "error"},
    {"name": "Error rate above 0.5 %", "type": "metric_issue"},
    {"name": "p95 above 2 s", "type": "metric_issue"},
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """One organization with one project."""

    org: str
    project: str
    name: str
    project_id: str
    address: str
    keys: Sequence[Mapping[str, Any]] = field(repr=False)
    workflows: Sequence[Mapping[str, Any]] = WORKFLOWS
    detectors: Sequence[Mapping[str, Any]] = DETECTORS

    def dsn(self, public: str) -> str:
        """Return where an SDK with the key *public* sends to."""
        url = urlsplit(self.address)
        return f"{url.scheme}://{public}@{url.netloc}/{self.project_id}"

    def summary(self, *, seen: bool) -> dict[str, Any]:
        """Return the project as in a list of projects; *seen* when it has had an event."""
        return dict.fromkeys(NO, False) | {
            "id": self.project_id,
            "slug": self.project,
            "name": self.name,
            "platform": "javascript-react",
            "dateCreated": CREATED,
            "isMember": True,
            "features": [],
            "firstEvent": CREATED if seen else None,
            "firstTransactionEvent": seen,
            "access": ["project:read", "project:releases"],
            "hasAccess": True,
            "hasMinifiedStackTrace": False,
            "hasSessions": seen,
            "team": TEAM,
            "teams": [TEAM],
            "platforms": ["javascript"],
            "hasUserReports": False,
            "environments": [],
            "latestRelease": None,
        }

    def detail(self, *, seen: bool) -> dict[str, Any]:
        """Return the project with its settings."""
        summary = self.summary(seen=seen)
        del summary["hasUserReports"], summary["environments"]
        return {
            **summary,
            **dict.fromkeys(NO_OF_PROJECT, False),
            **dict.fromkeys(TEXTS, ""),
            **{name: [] for name in LISTS},
            **dict.fromkeys(NULLS),
            "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
            "color": "#3fbf7f",
            "status": "active",
            "options": {},
            "digestsMinDelay": 300,
            "digestsMaxDelay": 1800,
            "subjectPrefix": "",
            "resolveAge": 0,
            "dataScrubber": True,
            "dataScrubberDefaults": True,
            "subjectTemplate": "$shortID - $title",
            "verifySSL": True,
            "scrubIPAddresses": True,
            "scrapeJavaScript": True,
            "enableAutoReleaseCreation": True,
            "highlightContext": {},
            "highlightPreset": {"tags": [], "context": {}},
            "secondaryGroupingExpiry": 0,
            "organization": self._organization(),
            "processingIssues": 0,
            "autofixAutomationTuning": "off",
            "scmSourceContextEnabled": False,
        }

    def _organization(self) -> dict[str, Any]:
        return {
            "id": "1",
            "slug": self.org,
            "name": self.org,
            "status": {"id": "active", "name": "active"},
            "dateCreated": CREATED,
            "isEarlyAdopter": False,
            "require2FA": True,
            "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
            "links": {"organizationUrl": self.address, "regionUrl": self.address},
            "hasAuthProvider": False,
            "allowMemberInvite": True,
            "allowMemberProjectCreation": True,
            "allowSuperuserAccess": False,
        }

    def key_list(self, status: str) -> list[dict[str, Any]]:
        """Return the keys that are ``active`` or ``inactive``; all for any other *status*."""
        wanted = {"active": {True}, "inactive": {False}}.get(status, {True, False})
        return [self._key(each) for each in self.keys if each.get("active", True) in wanted]

    def _key(self, given: Mapping[str, Any]) -> dict[str, Any]:
        public, dsn = given["public"], self.dsn(given["public"])
        other = f"{self.address}/api/{self.project_id}"
        names = ("csp", "security", "minidump", "nel", "unreal", "crons", "cdn", "playstation")
        more = ("integration", "otlp_traces", "otlp_logs")
        return {
            "id": public,
            "name": given.get("name", "Default"),
            "label": given.get("name", "Default"),
            "public": public,
            "secret": f"{public[::-1]}",
            "projectId": int(self.project_id),
            "isActive": given.get("active", True),
            "rateLimit": None,
            "dsn": {"public": dsn, "secret": dsn}
            | {name: f"{other}/{name}/?sentry_key={public}" for name in (*names, *more)},
            "browserSdkVersion": "10.x",
            "browserSdk": {"choices": [["latest", "latest"], ["10.x", "10.x"]]},
            "dateCreated": CREATED,
            "dynamicSdkLoaderOptions": {
                "hasReplay": False,
                "hasPerformance": True,
                "hasDebug": False,
                "hasFeedback": False,
                "hasLogsAndMetrics": False,
            },
            "useCase": "user",
        }

    def workflow_list(self) -> list[dict[str, Any]]:
        """Return who is told of what; an ``action`` of None tells nobody."""
        return [_workflow(1 + place, each) for place, each in enumerate(self.workflows)]

    def detector_list(self) -> list[dict[str, Any]]:
        """Return what is watched."""
        return [
            {
                "id": str(100 + place),
                "projectId": self.project_id,
                "name": each["name"],
                "description": None,
                "type": each["type"],
                "workflowIds": ["1"],
                "owner": None,
                "createdBy": None,
                "dateCreated": CREATED,
                "dateUpdated": CREATED,
                "dataSources": None,
                "conditionGroup": None,
                "config": {},
                "enabled": each.get("enabled", True),
                "latestGroup": None,
            }
            for place, each in enumerate(self.detectors)
        ]


def _workflow(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    kind = given["action"]
    action = {
        "id": str(300 + number),
        "type": kind,
        "integrationId": "7" if kind == "slack" else None,
        "data": {},
        "config": {"targetType": "team", "targetDisplay": None, "targetIdentifier": TEAM["id"]},
        "status": "active",
    }
    shared = {"organizationId": "1", "logicType": "any-short", "conditions": []}
    return {
        "id": str(number),
        "name": given["name"],
        "organizationId": "1",
        "createdBy": None,
        "dateCreated": CREATED,
        "dateUpdated": CREATED,
        "triggers": {"id": str(400 + number), **shared, "actions": []},
        "actionFilters": [{"id": str(500 + number), **shared, "actions": [action] if kind else []}],
        "environment": None,
        "config": {"frequency": 30},
        "detectorIds": ["100"],
        "enabled": given.get("enabled", True),
        "lastTriggered": None,
        "owner": None,
    }
