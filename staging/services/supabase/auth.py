"""Sign-in over HTTP, as GoTrue serves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import jwt
import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from staging.services.service import bearer
from staging.services.supabase.accounts import Accounts, AuthRefusal
from staging.services.supabase.doorman import Doorman
from staging.services.supabase.tokens import Signer

VERSION = "v2.180.0"
API_VERSION = "X-Supabase-Api-Version"
NEW_ERRORS = "2024-01-01"
"""The interface version from which on ``code`` is the name of the error."""
SCOPES = frozenset({"global", "local", "others"})
HEALTH = {
    "version": VERSION,
    "name": "GoTrue",
    "description": "GoTrue is a user registration and authentication API",
}


class Auth:
    """Signs users in and out."""

    def __init__(
        self, accounts: Accounts, doorman: Doorman, signer: Signer, *, now: Callable[[], datetime]
    ) -> None:
        self._accounts = accounts
        self._doorman = doorman
        self._signer = signer
        self._now = now

    async def token(self, request: Request) -> Response:
        """Answer ``POST /token``: a password or a refresh token for a session."""
        return await self._answer(request, self._grant)

    async def user(self, request: Request) -> Response:
        """Answer ``GET /user``."""

        async def shown(request: Request) -> Response:
            return JSONResponse(await self._accounts.holder(self._claims(request)))

        return await self._answer(request, shown)

    async def logout(self, request: Request) -> Response:
        """Answer ``POST /logout``."""

        async def ended(request: Request) -> Response:
            claims = self._claims(request)
            scope = request.query_params.get("scope", "global")
            if scope not in SCOPES:
                message = f'Unsupported logout scope "{scope}"'
                raise AuthRefusal(400, "validation_failed", message)
            await self._accounts.holder(claims)
            self._accounts.sign_out(claims, scope)
            return Response(status_code=204)

        return await self._answer(request, ended)

    async def signup(self, request: Request) -> Response:
        """Answer ``POST /signup``: users are made at the start, not here."""

        async def closed(_: Request) -> Response:
            raise AuthRefusal(422, "signup_disabled", "Signups not allowed for this instance")

        return await self._answer(request, closed)

    async def settings(self, request: Request) -> Response:
        """Answer ``GET /settings``."""

        async def told(_: Request) -> Response:
            return JSONResponse(
                {
                    "external": {"anonymous_users": False, "email": True, "phone": False},
                    "disable_signup": True,
                    "mailer_autoconfirm": True,
                    "phone_autoconfirm": False,
                    "sms_provider": "",
                    "saml_enabled": False,
                }
            )

        return await self._answer(request, told)

    async def health(self, request: Request) -> Response:
        """Answer ``GET /health``."""

        async def told(_: Request) -> Response:
            return JSONResponse(HEALTH)

        return await self._answer(request, told)

    async def keys(self, _: Request) -> Response:
        """Answer for the public keys: tokens are signed with a shared secret, so there are none."""
        return JSONResponse({"keys": []})

    async def _answer(
        self, request: Request, how: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        try:
            self._doorman.check_key(request)
            return await how(request)
        except AuthRefusal as refusal:
            return refused(refusal, request)
        except psycopg.Error:
            message = "Database error querying schema"
            return refused(AuthRefusal(500, "unexpected_failure", message), request)

    async def _grant(self, request: Request) -> Response:
        kind = request.query_params.get("grant_type")
        body = await _body(request)
        if kind == "password":
            email, password = body.get("email"), body.get("password")
            if not isinstance(email, str) or not isinstance(password, str) or not email:
                raise AuthRefusal(400, "validation_failed", "missing email or phone")
            return JSONResponse(await self._accounts.sign_in(email, password))
        if kind == "refresh_token":
            token = body.get("refresh_token")
            if not isinstance(token, str) or not token:
                raise AuthRefusal(400, "validation_failed", "refresh_token is not valid")
            return JSONResponse(await self._accounts.refresh(token))
        raise AuthRefusal(400, "invalid_credentials", "unsupported_grant_type")

    def _claims(self, request: Request) -> Mapping[str, Any]:
        """Return the claims of the user's token; raises AuthRefusal for none that holds."""
        token = bearer(request)
        if not token:
            message = "This endpoint requires a valid Bearer token"
            raise AuthRefusal(401, "no_authorization", message)
        unreadable = "invalid JWT: unable to parse or verify signature, "
        try:
            claims = self._signer.open(token)
        except jwt.InvalidSignatureError as error:
            message = f"{unreadable}token signature is invalid: signature is invalid"
            raise AuthRefusal(403, "bad_jwt", message) from error
        except jwt.PyJWTError as error:
            message = (
                f"{unreadable}token is malformed: token contains an invalid number of segments"
            )
            raise AuthRefusal(403, "bad_jwt", message) from error
        if "exp" in claims and self._now().timestamp() > claims["exp"]:
            message = f"{unreadable}token has invalid claims: token is expired"
            raise AuthRefusal(403, "bad_jwt", message)
        return claims


async def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        message = "Could not parse request body as JSON"
        raise AuthRefusal(400, "bad_json", message) from error
    if not isinstance(body, dict):
        raise AuthRefusal(400, "bad_json", "Could not parse request body as JSON")
    return body


def refused(refusal: AuthRefusal, request: Request) -> Response:
    """Return *refusal* in the form that the request's interface version has."""
    if request.headers.get(API_VERSION, "") >= NEW_ERRORS:
        body: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
        headers = {API_VERSION: NEW_ERRORS}
        return JSONResponse(body, status_code=refusal.status, headers=headers)
    body = {"code": refusal.status, "error_code": refusal.code, "msg": refusal.message}
    return JSONResponse(body, status_code=refusal.status)
