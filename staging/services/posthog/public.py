"""The endpoints that SDKs call with the project's public token."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from staging.services.posthog.decoding import Undecodable, decoded
from staging.services.posthog.flags import evaluated
from staging.services.posthog.store import BadEvent
from staging.services.stranger import mapping, text
from staging.services.switches import Break

if TYPE_CHECKING:
    from staging.services.posthog.service import PostHog

NO_TOKEN = "No API token provided. Please include a valid API token in your request."
WRONG_TOKEN = (
    "The provided API key is invalid or has expired. Please check your API key and try again."
)

SCRIPT = re.compile(r"[a-z][a-z0-9.-]*")


class Public:
    """Capture, flags, and the configuration that posthog-js asks for."""

    def __init__(self, service: PostHog) -> None:
        self._service = service

    async def preflight(self, request: Request) -> Response:
        """Let any page send."""
        headers = {
            "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers": request.headers.get(
                "access-control-request-headers", "*"
            ),
            "Access-Control-Max-Age": "86400",
        }
        return Response(status_code=204, headers=cors(request) | headers)

    async def capture(self, request: Request) -> Response:
        """Take events; a token is looked at for its shape alone, and strangers' events are lost."""
        try:
            events, token = _events(await decoded(request))
            if not token:
                return _text(request, 401, "event submitted without an api_key")
            if token.startswith("phx_") or len(token) > 64 or not token.isascii():
                return _text(request, 401, "API key is not valid: personal_api_key")
            self._service.store.keep(events, times=self._times(request, token))
        except Undecodable as error:
            return _text(request, 400, f"failed to decode request: {error}")
        except BadEvent as error:
            return _text(request, 400, str(error))
        if request.query_params.get("beacon") == "1":
            return Response(status_code=204, headers=cors(request))
        return JSONResponse({"status": "Ok"}, headers=cors(request))

    def _times(self, request: Request, token: str) -> int:
        on, path = self._service.switches.on, request.url.path
        if token != self._service.api_token or on(Break.NEVER, path=path, method="POST"):
            return 0
        return 2 if on(Break.TWICE, path=path, method="POST") else 1

    async def flags(self, request: Request) -> Response:
        """Evaluate the flags for one distinct id."""
        try:
            asked = await decoded(request)
        except Undecodable as error:
            return _text(request, 400, f"Failed to decode request: {error}.")
        if not isinstance(asked, dict):
            return _text(request, 400, "Failed to parse request: expected an object.")
        token = asked.get("api_key") or asked.get("token") or asked.get("$token")
        if not token:
            return _text(request, 401, NO_TOKEN)
        if token != self._service.api_token:
            return _text(request, 401, WRONG_TOKEN)
        distinct_id = text(asked.get("distinct_id"))
        if not distinct_id:
            return _text(request, 400, "The distinct_id field is missing or empty.")
        answer = self._evaluated(distinct_id, mapping(asked.get("person_properties")))
        wanted = asked.get("flag_keys_to_evaluate")
        if wanted is not None:
            answer["flags"] = {k: v for k, v in answer["flags"].items() if k in wanted}
        if request.url.path.startswith("/decide") or request.query_params.get("v", "1") == "1":
            answer = _as_before(answer)
        if request.query_params.get("config") == "true":
            answer |= self._config()
        return JSONResponse(answer, headers=cors(request))

    def _evaluated(self, distinct_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        service = self._service
        answer: dict[str, Any] = {
            "flags": {},
            "errorsWhileComputingFlags": False,
            "requestId": str(uuid4()),
            "evaluatedAt": int(service.setup.clock.now().timestamp() * 1000),
        }
        if limited := service.setup.options.get("quota_limited"):
            return answer | {"errorsWhileComputingFlags": True, "quotaLimited": list(limited)}
        person = {**service.store.people.get(distinct_id, {}), **given}
        for flag in service.flags.values():
            if flag.active and not flag.deleted:
                found = evaluated(flag, distinct_id, person)
                answer["errorsWhileComputingFlags"] |= "failed" in found
                answer["flags"][flag.key] = found
        return answer

    def _config(self) -> dict[str, Any]:
        """Return what a browser's SDK is to do: capture, and nothing that needs other scripts."""
        return {
            "token": self._service.api_token,
            "supportedCompression": ["gzip", "gzip-js"],
            "hasFeatureFlags": bool(self._service.flags),
            "analytics": {"endpoint": "/i/v0/e/"},
            "autocapture_opt_out": False,
            "autocaptureExceptions": False,
            "captureDeadClicks": False,
            "capturePerformance": {"network_timing": False, "web_vitals": False},
            "conversations": False,
            "defaultIdentifiedOnly": True,
            "elementsChainAsString": True,
            "errorTracking": {"autocaptureExceptions": False, "suppressionRules": []},
            "heatmaps": False,
            "isAuthenticated": False,
            "logs": {"captureConsoleLogs": False},
            "productTours": False,
            "sessionRecording": False,
            "siteApps": [],
            "surveys": False,
            "toolbarParams": {},
        }

    async def config(self, request: Request) -> Response:
        """Return the configuration as JSON."""
        if request.path_params["token"] != self._service.api_token:
            return _text(request, 404, "")
        return JSONResponse(self._config(), headers=cors(request))

    async def config_script(self, request: Request) -> Response:
        """Return the configuration as a script that leaves it where posthog-js looks."""
        token = request.path_params["token"]
        if token != self._service.api_token:
            return _text(request, 404, "")
        text = json.dumps({"config": self._config(), "siteApps": []})
        name = "window._POSTHOG_REMOTE_CONFIG"
        script = f"(function(){{{name}={name}||{{}};{name}[{json.dumps(token)}]={text}}})();"
        headers = cors(request) | {"Cache-Control": "public, max-age=300"}
        return Response(script, media_type="application/javascript", headers=headers)

    async def asset(self, request: Request) -> Response:
        """Return one of posthog-js's own scripts, where the box has them."""
        folder, name = self._service.setup.options.get("assets"), request.path_params["name"]
        path = Path(folder, f"{name}.js") if folder and SCRIPT.fullmatch(name) else None
        headers = {"Access-Control-Allow-Origin": "*"}
        if path is None or not path.is_file():
            return Response(status_code=404, headers=headers)
        return FileResponse(path, media_type="application/javascript", headers=headers)


def cors(request: Request) -> dict[str, str]:
    """Return the headers by which a page on another host may read the answer."""
    origin = request.headers.get("origin")
    if not origin:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


def _text(request: Request, status: int, detail: str) -> Response:
    return PlainTextResponse(detail, status_code=status, headers=cors(request))


def _events(given: Any) -> tuple[list[dict[str, Any]], str]:  # noqa: ANN401 - JSON
    """Return the events of a body and their token; raises Undecodable."""
    whole: dict[str, Any] = given if isinstance(given, dict) else {}
    events = given if isinstance(given, list) else whole.get("batch", [given])
    if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
        raise Undecodable("expected an event or a list of events")
    if not events:
        raise Undecodable("request holds no event")
    first: dict[str, Any] = events[0]
    token = (
        whole.get("api_key")
        or whole.get("token")
        or first.get("api_key")
        or first.get("token")
        or mapping(first.get("properties")).get("token")
    )
    return events, str(token or "")


def _as_before(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the shape of ``/decide`` and of ``/flags`` before its second version."""
    on = {key: each["variant"] or each["enabled"] for key, each in answer["flags"].items()}
    payloads = {key: each["metadata"]["payload"] for key, each in answer["flags"].items()}
    rest = {key: value for key, value in answer.items() if key != "flags"}
    return rest | {
        "featureFlags": on,
        "featureFlagPayloads": {key: value for key, value in payloads.items() if value},
    }
