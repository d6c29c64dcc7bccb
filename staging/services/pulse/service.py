"""Pulse's API as the product uses it, and a back door by which a test changes a profile."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gonogo.clock import rfc3339
from staging.services.pulse.limit import Budgets
from staging.services.pulse.people import Profile, interactions, people, trend
from staging.services.pulse.reading import Refused, flag, moment, page, whole
from staging.services.pulse.webhooks import deliver
from staging.services.service import REASONS, Service, bearer
from staging.services.switches import Break

PROFILES = 1200
PER_MINUTE = 600
ANNOTATIONS = ("tags", "notes", "is_favorite", "is_blocked")
JOB_POLLS = 2
"""How often a Google sync is still running when asked."""
DELIVERIES_KEPT = 1000

Endpoint = Callable[[Request], Awaitable[Response]]


class Pulse(Service):
    """Options: ``keys``, ``profiles``, ``limit_per_minute``, ``webhook_url``, ``webhook_secret``.

    With the option ``box_key`` there is a back door, ``PATCH /box/contacts/{id}``.
    """

    name = "pulse"
    stands_in_for = "Pulse API: contacts, interactions, insights, Google sync, webhooks"

    def reset(self) -> None:
        """Make the state what it was at the start."""
        options = self.setup.options
        made = people(options.get("profiles", PROFILES), at=self.setup.clock.now())
        self._profiles: dict[str, Profile] = {each["id"]: each for each in made}
        self._at_first = dict(self._profiles)
        self._budgets = Budgets(options.get("limit_per_minute", PER_MINUTE))
        self._jobs: dict[str, int] = {}
        self._deliveries: deque[dict[str, Any]] = deque(maxlen=DELIVERIES_KEPT)

    def routes(self) -> Sequence[BaseRoute]:
        """Return what it answers."""
        contacts = "/api/contacts"
        return [
            Route(f"{contacts}/relationship-profiles", self._behind_key(self._list)),
            Route(f"{contacts}/recommended-actions", self._behind_key(self._recommended)),
            Route(
                f"{contacts}/google-sync/trigger", self._behind_key(self._trigger), methods=["POST"]
            ),
            Route(f"{contacts}/google-sync/status/{{job}}", self._behind_key(self._job)),
            Route(f"{contacts}/{{id}}/ai-insights", self._behind_key(self._insights)),
            Route(f"{contacts}/{{id}}/interactions", self._behind_key(self._interactions)),
            Route("/api/webhooks", self._behind_key(self._webhooks)),
            Route("/api/webhooks/wh_1/ping", self._behind_key(self._ping), methods=["POST"]),
            Route("/box/contacts/{id}", self._change, methods=["PATCH"]),
        ]

    def refusal(self, status: int, request: Request) -> Response:  # noqa: ARG002 - one for all
        """Return Pulse's own error."""
        return _refused(status, REASONS[status].lower().replace(" ", "_"), REASONS[status])

    def belongings(self) -> Mapping[str, Any]:
        """Return the figures an import must reach, and what became of the webhooks."""
        emails = [each["canonical_email"] for each in self._profiles.values()]
        return {
            "profiles": len(emails),
            "without_email": emails.count(None),
            "distinct_emails": len({email.lower() for email in emails if email}),
            "deliveries": list(self._deliveries),
        }

    def _behind_key(self, endpoint: Endpoint) -> Endpoint:
        """Return *endpoint* behind a key and its budget."""

        async def guarded(request: Request) -> Response:
            key = bearer(request)
            asked = {"path": request.url.path, "method": request.method}
            is_open = self.switches.on(Break.OPEN, **asked)
            if key not in self.setup.options["keys"] and not is_open:
                return _refused(401, "unauthorized", "This API key is not valid.")
            budget = self._budgets.spend(key, at=self.setup.clock.now())
            if budget.wait_s:
                answer = _refused(429, "rate_limited", f"Try again in {budget.wait_s} s.")
            else:
                try:
                    answer = await endpoint(request)
                except Refused as refused:
                    answer = _refused(refused.status, refused.code, str(refused))
            answer.headers.update(budget.headers())
            if told := self.switches.on(Break.MISCOUNTS, **asked):
                answer.headers["X-RateLimit-Limit"] = str(told.value)
            return answer

        return guarded

    async def _list(self, request: Request) -> Response:
        stale = self.switches.on(Break.STALE, path=request.url.path, method=request.method)
        found = list((self._at_first if stale else self._profiles).values())
        if since := moment(request, "modified_since"):
            found = [each for each in found if datetime.fromisoformat(each["updated_at"]) > since]
        if email := request.query_params.get("email", "").lower():
            found = [each for each in found if (each["canonical_email"] or "").lower() == email]
        hidden = () if flag(request, "include_annotations", default=True) else ANNOTATIONS
        shown = [{k: v for k, v in each.items() if k not in hidden} for each in found]
        if self.switches.on(Break.TWICE, path=request.url.path, method=request.method):
            shown = [each for each in shown for _ in range(2)]
        return JSONResponse(page(request, shown, most=200))

    async def _interactions(self, request: Request) -> Response:
        found = interactions(self._profile(request))
        days = whole(request, "days", default=0, least=1, most=3650)
        if days:
            first = self.setup.clock.now() - timedelta(days=days)
            found = [each for each in found if datetime.fromisoformat(each["date"]) >= first]
        if types := request.query_params.get("types"):
            found = [each for each in found if each["type"] in types.split(",")]
        return JSONResponse(page(request, found, most=500))

    async def _insights(self, request: Request) -> Response:
        profile = self._profile(request)
        history = interactions(profile)
        now = self.setup.clock.now()
        topics = sorted({topic for each in history for topic in each["ai_topics"]})
        return JSONResponse(
            {
                "data": {
                    "contact_id": profile["id"],
                    "relationship_score": profile["relationship_score"],
                    "relationship_trend": trend(history, at=now),
                    "summary": f"{len(history)} interactions on record.",
                    "topics": topics,
                    "suggested_actions": _suggestions(history),
                    "confidence": min(0.95, 0.2 + len(history) / 50),
                    "generated_at": rfc3339(now),
                }
            }
        )

    async def _recommended(self, request: Request) -> Response:
        due = [
            {
                "contact_id": each["id"],
                "action": "reconnect",
                "reason": "no interaction on record",
                "priority": "high" if (each["relationship_score"] or 0) >= 80 else "normal",
            }
            for each in self._profiles.values()
            if not each["total_interactions"] and not each["is_blocked"]
        ]
        return JSONResponse(page(request, due, most=200))

    async def _trigger(self, _request: Request) -> Response:
        job = f"gs_{uuid4().hex[:12]}"
        self._jobs[job] = 0
        return JSONResponse({"data": {"job_id": job, "status": "queued"}}, status_code=202)

    async def _job(self, request: Request) -> Response:
        job = request.path_params["job"]
        if job not in self._jobs:
            raise Refused(404, "not_found", "There is no such job.")
        self._jobs[job] += 1
        done = self._jobs[job] > JOB_POLLS
        status = {"job_id": job, "status": "completed" if done else "running"}
        return JSONResponse({"data": {**status, "synced": len(self._profiles) if done else 0}})

    async def _webhooks(self, request: Request) -> Response:
        url = self.setup.options.get("webhook_url")
        hook = {"id": "wh_1", "url": url, "active": True, "events": ["contact.updated", "ping"]}
        return JSONResponse(page(request, [hook] if url else [], most=100))

    async def _ping(self, _request: Request) -> Response:
        if not self.setup.options.get("webhook_url"):
            raise Refused(404, "not_found", "There is no such webhook.")
        status = await self._tell("ping", {})
        return JSONResponse({"data": {"delivered": status is not None, "status": status}})

    async def _change(self, request: Request) -> Response:
        """Change a profile as its own people would in Pulse; the product hears of it."""
        key = self.setup.options.get("box_key")
        if not key or bearer(request) != key:
            return self.refusal(404, request)
        profile = self._profiles.get(request.path_params["id"])
        try:
            change = await request.json()
        except ValueError:
            change = None
        fits = isinstance(change, dict)
        if (
            profile is None
            or not fits
            or not change.keys() <= profile.keys() - {"id", "updated_at"}
        ):
            return _refused(400, "bad_change", "There is no such profile, or no such field.")
        changed = profile | change | {"updated_at": rfc3339(self.setup.clock.now())}
        self._profiles[profile["id"]] = changed
        await self._tell("contact.updated", {"id": profile["id"]})
        return JSONResponse({"data": changed})

    async def _tell(self, kind: str, data: Mapping[str, Any]) -> int | None:
        url = self.setup.options.get("webhook_url")
        if not url or self.switches.on(Break.NEVER, path=kind):
            return None
        now = self.setup.clock.now()
        event = {"id": f"evt_{uuid4().hex}", "type": kind, "created_at": rfc3339(now), "data": data}
        status = None
        for _ in range(2 if self.switches.on(Break.TWICE, path=kind) else 1):
            secret = self.setup.options["webhook_secret"]
            status = await deliver(url, secret, event, at_s=int(now.timestamp()))
            self._deliveries.append({"id": event["id"], "type": kind, "status": status})
        return status

    def _profile(self, request: Request) -> Profile:
        profile = self._profiles.get(request.path_params["id"])
        if profile is None:
            raise Refused(404, "not_found", "There is no such contact.")
        return profile


def _suggestions(history: Sequence[Mapping[str, Any]]) -> list[str]:
    if not history:
        return ["Introduce yourself"]
    return ["Say thank you"] if history[0]["sentiment"] == "positive" else ["Ask how things are"]


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
