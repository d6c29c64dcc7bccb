"""Lets requests in: the project's key first, then the token of whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from starlette.requests import Request

from staging.services.service import bearer
from staging.services.supabase.pool import Caller
from staging.services.supabase.refusals import ANONYMOUS, bad_token
from staging.services.supabase.tokens import Signer

HEADERS_SHOWN = ("user-agent", "x-client-info", "origin", "referer", "prefer", "accept")
"""Headers that the database's functions may read; none that holds a key."""


class NoKey(Exception):
    """A request that the gateway turns away before any service sees it: message and hint."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.body = {"message": message, "hint": hint}


@dataclass(frozen=True, kw_only=True)
class Doorman:
    """Knows the project's two keys and how its tokens are signed."""

    roles: Mapping[str, str]
    """The role of each key."""
    signer: Signer
    now: Callable[[], datetime]

    def check_key(self, request: Request) -> str:
        """Return the project's key that came with *request*; raises NoKey without one."""
        key = request.headers.get("apikey") or request.query_params.get("apikey", "")
        if not key:
            hint = "No `apikey` request header or url param was found."
            raise NoKey("No API key found in request", hint)
        if key not in self.roles:
            hint = "Double check your Supabase `anon` or `service_role` API key."
            raise NoKey("Invalid API key", hint)
        return key

    def admit(self, request: Request) -> Caller:
        """Return in whose name *request* is; without a token it is the key's own.

        Raises:
            NoKey: without one of the project's keys.
            Refusal: for a token that does not hold.
        """
        key = self.check_key(request)
        header = request.headers.get("authorization")
        token = key if header is None else bearer(request)
        claims = self._claims(token)
        role = claims.get("role", ANONYMOUS)
        if not isinstance(role, str):
            raise bad_token("PGRST303", "Parsing claims failed")
        return Caller(
            role=role,
            claims={**claims, "role": role},
            method=request.method,
            path=request.url.path,
            headers={n: request.headers[n] for n in HEADERS_SHOWN if n in request.headers},
        )

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Return what *token* says; a key that is no token says its role."""
        if token in self.roles:
            try:
                return self.signer.open(token)
            except jwt.PyJWTError:
                return {"role": self.roles[token]}
        return self.signer.check(token, self.now())
