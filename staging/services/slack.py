"""Slack's web API as an announcement needs it, and incoming webhooks."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from staging.services.service import Service, bearer
from staging.services.switches import Break

TEAM = {"team": "Logos Vision", "team_id": "T0LOGOSVN"}
OTHER_TEAM = {"team": "Somebody Else", "team_id": "T0ELSE000"}
BOT = {"user": "gonogo", "user_id": "U0GONOGO1", "bot_id": "B0GONOGO1"}
WEBHOOK = "/services/T0LOGOSVN/B0GONOGO1/boxwebhook"
CHANNELS = (
    {"name": "incidents"},
    {"name": "contacts-beta"},
    {"name": "releases"},
    {"name": "random", "is_member": False},
    {"name": "old-releases", "is_archived": True},
)
MOST_CHARACTERS = 40_000
AUTH = "/api/auth.test"
POST_MESSAGE = "/api/chat.postMessage"

Arguments = Mapping[str, Any]
Method = Callable[[Arguments], dict[str, Any]]


class SlackError(Exception):
    """Slack's answer is ``ok: false`` with this code."""


class Slack(Service):
    """Options: ``token``, ``webhook_path``, and ``channels`` as in CHANNELS."""

    name = "slack"
    stands_in_for = "Slack web API: auth.test, chat, conversations; incoming webhooks"

    def reset(self) -> None:
        """Make the state what it was at the start."""
        self._last_us = 0
        self._channels: dict[str, dict[str, Any]] = {}
        self._messages: dict[str, list[dict[str, Any]]] = {}
        for number, given in enumerate(self.setup.options.get("channels", CHANNELS)):
            channel = {
                "id": f"C0BOX{number:05d}",
                "name_normalized": given["name"],
                "created": 1_700_000_000 + number,
                "creator": "U0FOUNDER",
                "is_channel": True,
                "is_private": False,
                "is_archived": False,
                "is_member": True,
                **given,
            }
            self._channels[channel["id"]] = channel
            self._messages[channel["id"]] = []
            self._keep(
                channel, f"<@{BOT['user_id']}> has joined the channel", subtype="channel_join"
            )

    def routes(self) -> Sequence[BaseRoute]:
        """Return what it answers."""
        methods: Mapping[str, Method] = {
            "auth.test": self._auth,
            "chat.postMessage": self._post,
            "chat.delete": self._delete,
            "conversations.info": self._info,
            "conversations.list": self._list,
            "conversations.history": self._history,
        }
        webhook = self.setup.options.get("webhook_path", WEBHOOK)
        return [
            *(
                Route(f"/api/{name}", self._answering(method), methods=["GET", "POST"])
                for name, method in methods.items()
            ),
            Route(webhook, self._incoming, methods=["POST"]),
            Route("/services/{rest:path}", _no_service, methods=["POST"]),
        ]

    def refusal(self, status: int, request: Request) -> Response:
        """Return Slack's own answer: HTTP 200 and ``ok: false``, but for 429 and 500."""
        if request.url.path.startswith("/services/"):
            return PlainTextResponse("invalid_token", status_code=status)
        about_channels = "/conversations." in request.url.path
        code = {
            401: "invalid_auth",
            403: "missing_scope" if about_channels else "account_inactive",
            404: "channel_not_found",
            429: "ratelimited",
            500: "internal_error",
        }[status]
        return JSONResponse(
            {"ok": False, "error": code}, status_code=status if status in {429, 500} else 200
        )

    def belongings(self) -> Mapping[str, Any]:
        """Return the messages by channel name, oldest first."""
        return {
            "messages": {self._channels[key]["name"]: kept for key, kept in self._messages.items()}
        }

    def _answering(self, method: Method) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                arguments = await _arguments(request)
                self._authorise(bearer(request) or str(arguments.get("token", "")))
                return JSONResponse({"ok": True, **method(arguments)})
            except SlackError as error:
                return JSONResponse({"ok": False, "error": str(error)})

        return answer

    def _authorise(self, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token != self.setup.options["token"]:
            raise SlackError("invalid_auth")

    def _auth(self, _arguments: Arguments) -> dict[str, Any]:
        team = OTHER_TEAM if self.switches.on(Break.WRONG_PROJECT, path=AUTH) else TEAM
        return {"url": f"{self.setup.address}/", **team, **BOT, "is_enterprise_install": False}

    def _post(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel_by_name(arguments) or self._channel(arguments)
        if channel["is_archived"]:
            raise SlackError("is_archived")
        if not channel["is_member"]:
            raise SlackError("not_in_channel")
        text = str(arguments.get("text") or "")
        if not text and not arguments.get("blocks") and not arguments.get("attachments"):
            raise SlackError("no_text")
        if len(text) > MOST_CHARACTERS:
            raise SlackError("msg_too_long")
        message = self._said(channel, text, path=POST_MESSAGE)
        return {"channel": channel["id"], "ts": message["ts"], "message": message}

    def _said(self, channel: Mapping[str, Any], text: str, *, path: str) -> dict[str, Any]:
        """Keep what the bot says, unless a switch for *path* loses it or doubles it."""
        if self.switches.on(Break.NEVER, path=path):
            return self._message(text)
        if self.switches.on(Break.TWICE, path=path):
            self._keep(channel, text, bot_id=BOT["bot_id"])
        return self._keep(channel, text, bot_id=BOT["bot_id"])

    def _delete(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        kept, stamp = self._messages[channel["id"]], arguments.get("ts")
        message = next((each for each in kept if each["ts"] == stamp), None)
        if message is None:
            raise SlackError("message_not_found")
        if "bot_id" not in message:
            raise SlackError("cant_delete_message")
        kept.remove(message)
        return {"channel": channel["id"], "ts": message["ts"]}

    def _info(self, arguments: Arguments) -> dict[str, Any]:
        return {"channel": self._channel(arguments)}

    def _list(self, arguments: Arguments) -> dict[str, Any]:
        hide = str(arguments.get("exclude_archived", "false")).lower() in {"1", "true"}
        found = [each for each in self._channels.values() if not (hide and each["is_archived"])]
        start, limit = int(_figure(arguments, "cursor", 0)), int(_figure(arguments, "limit", 100))
        more = str(start + limit) if start + limit < len(found) else ""
        return {
            "channels": found[start : start + limit],
            "response_metadata": {"next_cursor": more},
        }

    def _history(self, arguments: Arguments) -> dict[str, Any]:
        channel = self._channel(arguments)
        if not channel["is_member"]:
            raise SlackError("not_in_channel")
        oldest, limit = _figure(arguments, "oldest", 0), int(_figure(arguments, "limit", 100))
        kept = [each for each in self._messages[channel["id"]] if float(each["ts"]) > oldest]
        return {
            "messages": kept[::-1][:limit],
            "has_more": len(kept) > limit,
            "pin_count": 0,
            "channel_actions_ts": [],
            "channel_actions_count": 0,
        }

    def _channel(self, arguments: Arguments) -> dict[str, Any]:
        """Return the channel by its id; raises SlackError when there is none."""
        channel = self._channels.get(str(arguments.get("channel", "")))
        if channel is None:
            raise SlackError("channel_not_found")
        return channel

    def _channel_by_name(self, arguments: Arguments) -> dict[str, Any] | None:
        """Return the channel by its name, which a message alone may be addressed by."""
        wanted = str(arguments.get("channel", "")).removeprefix("#")
        return next((each for each in self._channels.values() if each["name"] == wanted), None)

    def _message(self, text: str, **more: str) -> dict[str, Any]:
        """Return a message whose time stamp nobody else has."""
        now_us = int(self.setup.clock.now().timestamp() * 1_000_000)
        self._last_us = max(now_us, self._last_us + 1)
        stamp = f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"
        return {"type": "message", "user": BOT["user_id"], "text": text, "ts": stamp, **more}

    def _keep(self, channel: Mapping[str, Any], text: str, **more: str) -> dict[str, Any]:
        message = self._message(text, **more)
        self._messages[channel["id"]].append(message)
        return message

    async def _incoming(self, request: Request) -> Response:
        """Post to the first channel, as an incoming webhook is bound to one."""
        try:
            arguments = await _arguments(request)
        except SlackError:
            return PlainTextResponse("invalid_payload", status_code=400)
        text = str(arguments.get("text") or "")
        if not text:
            return PlainTextResponse("no_text", status_code=400)
        self._said(next(iter(self._channels.values())), text, path=request.url.path)
        return PlainTextResponse("ok")


async def _arguments(request: Request) -> Arguments:
    """Return what was asked, from the query and a form's or JSON's body."""
    body = await request.body()
    given: dict[str, Any] = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        return given | _json(body)
    form = dict(parse_qsl(body.decode("utf-8", errors="replace")))
    return given | (_json(form["payload"]) if "payload" in form else form)


def _json(body: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(found, dict):
        raise SlackError("json_not_object")
    return found


def _figure(arguments: Arguments, name: str, otherwise: float) -> float:
    """Return a number that is not below 0; raises SlackError for any other."""
    try:
        found = float(arguments.get(name) or otherwise)
    except (TypeError, ValueError):
        found = -1.0
    if not 0 <= found < float("inf"):
        raise SlackError("invalid_arg_name")
    return found


async def _no_service(_request: Request) -> Response:
    return PlainTextResponse("no_service", status_code=404)
