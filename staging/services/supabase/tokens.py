"""The project's tokens: who signed them, whom they name, whether they still hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from jwt.types import Options

from staging.services.supabase.refusals import bad_token

ALGORITHM = "HS256"
SKEW_S = 30
"""How far clocks may be apart, as in PostgREST."""
UNCHECKED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
"""Only the signature is the library's business: the time is the clock's."""
YEARS_10_S = 315_360_000


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Signs and reads the tokens of one project."""

    secret: str

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a token with *claims*."""
        return jwt.encode(dict(claims), self.secret, algorithm=ALGORITHM)

    def open(self, token: str) -> dict[str, Any]:
        """Return the claims of a token of this project, however old; raises jwt.PyJWTError."""
        claims: dict[str, Any] = jwt.decode(
            token, self.secret, algorithms=[ALGORITHM], options=UNCHECKED
        )
        return claims

    def check(self, token: str, now: datetime) -> dict[str, Any]:
        """Return the claims of a token that holds at *now*.

        Raises:
            Refusal: PGRST301 for a token that is none of ours, PGRST303 for its time.
        """
        if not token:
            raise bad_token("PGRST301", "Empty JWT is sent in Authorization header")
        parts = token.count(".") + 1
        if parts != 3:
            raise bad_token("PGRST301", f"Expected 3 parts in JWT; got {parts}")
        try:
            claims = self.open(token)
        except jwt.InvalidAlgorithmError as error:
            message = "Wrong or unsupported encoding algorithm"
            raise bad_token("PGRST301", message) from error
        except jwt.InvalidSignatureError as error:
            details = "None of the keys was able to decode the JWT"
            raise bad_token("PGRST301", "No suitable key or wrong key type", details) from error
        except jwt.PyJWTError as error:
            raise bad_token("PGRST301", "JWT cryptographic operation failed") from error
        _check_times(claims, int(now.timestamp()))
        return claims


def _check_times(claims: Mapping[str, Any], now_s: int) -> None:
    """Refuse a token whose time is over or has not come."""
    for name, direction, message in (
        ("exp", 1, "JWT expired"),
        ("nbf", -1, "JWT not yet valid"),
        ("iat", -1, "JWT issued at future"),
    ):
        value = claims.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise bad_token("PGRST303", f"The JWT '{name}' claim must be a number")
        if direction * (now_s - value) > SKEW_S:
            raise bad_token("PGRST303", message)


def project_key(*, role: str, project_ref: str, secret: str, now: datetime) -> str:
    """Return the key of *role*, ``anon`` or ``service_role``, as a project gives it out."""
    issued_s = int(now.timestamp())
    claims = {"iss": "supabase", "ref": project_ref, "role": role}
    return Signer(secret=secret).sign({**claims, "iat": issued_s, "exp": issued_s + YEARS_10_S})
