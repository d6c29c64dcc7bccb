"""Who may sign in, and who has: users in the database, sessions in memory."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gonogo.clock import rfc3339
from staging.services.supabase.pool import Pool
from staging.services.supabase.tokens import Signer

SCRYPT_COST = 2**14
REUSE_S = 10
"""How long a refresh token still works after its first use."""
COLUMNS = (
    "id::text, aud, role, email, encrypted_password, email_confirmed_at, last_sign_in_at, "
    "raw_app_meta_data, raw_user_meta_data, created_at, updated_at"
)
ADD_USER = """
INSERT INTO auth.users (id, email, encrypted_password, email_confirmed_at,
  raw_app_meta_data, raw_user_meta_data)
VALUES (%s, %s, %s, now(), '{"provider": "email", "providers": ["email"]}', %s)
ON CONFLICT (email) DO UPDATE SET encrypted_password = EXCLUDED.encrypted_password,
  raw_user_meta_data = EXCLUDED.raw_user_meta_data
"""


class AuthRefusal(Exception):
    """An answer of the auth service that is an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(kw_only=True)
class Session:
    """One signed-in browser."""

    id: str
    user_id: str
    signed_in_s: int
    active: str = ""
    """The refresh token that works."""
    used: dict[str, tuple[int, str]] = field(default_factory=dict)
    """When each older one was used, and the token that followed it."""


class Accounts:
    """The project's users and their sessions."""

    def __init__(
        self, pool: Pool, signer: Signer, *, issuer: str, now: Callable[[], datetime], holds_s: int
    ) -> None:
        self._pool = pool
        self._signer = signer
        self._issuer = issuer
        self._now = now
        self._holds_s = holds_s
        self._sessions: dict[str, Session] = {}

    @property
    def sessions(self) -> list[Session]:
        """The sessions that are open."""
        return list(self._sessions.values())

    def forget(self) -> None:
        """End all sessions."""
        self._sessions.clear()

    async def add(self, users: Iterable[Mapping[str, Any]]) -> None:
        """Write *users* into ``auth.users``; who is there already gets the password."""
        async with self._pool.transaction() as connection:
            for user in users:
                email = user["email"].lower()
                made_up = str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{email}"))
                metadata = json.dumps({"email_verified": True, **user.get("metadata", {})})
                row = (user.get("id", made_up), email, hashed(user["password"]), metadata)
                await connection.execute(ADD_USER, row)

    async def sign_in(self, email: str, password: str) -> dict[str, Any]:
        """Return a new session's tokens; raises AuthRefusal for a wrong password."""
        user = await self._user("email", email.lower())
        if user is None or not matches(password, user["encrypted_password"]):
            raise AuthRefusal(400, "invalid_credentials", "Invalid login credentials")
        async with self._pool.transaction() as connection:
            stamp = "UPDATE auth.users SET last_sign_in_at = %s WHERE id = %s"
            await connection.execute(stamp, (self._now(), user["id"]))
        user["last_sign_in_at"] = self._now()
        session = Session(id=str(uuid.uuid4()), user_id=user["id"], signed_in_s=self._seconds())
        session.active = _new_token()
        self._sessions[session.id] = session
        return self._tokens(session, user)

    async def refresh(self, token: str) -> dict[str, Any]:
        """Return the next tokens of a session, and make *token* an old one.

        The token before the active one may be used again, as a client that lost the answer does;
        an older one ends the session once its time is over.
        """
        session = next((s for s in self.sessions if token == s.active or token in s.used), None)
        user = None if session is None else await self._user("id", session.user_id)
        if session is None or user is None:
            message = "Invalid Refresh Token: Refresh Token Not Found"
            raise AuthRefusal(400, "refresh_token_not_found", message)
        if token == session.active:
            session.active = _new_token()
            session.used[token] = (self._seconds(), session.active)
        else:
            used_s, follower = session.used[token]
            if follower != session.active and self._seconds() > used_s + REUSE_S:
                self._sessions.pop(session.id, None)
                message = "Invalid Refresh Token: Already Used"
                raise AuthRefusal(400, "refresh_token_already_used", message)
        return self._tokens(session, user)

    async def holder(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return the user that a token's *claims* name; raises AuthRefusal when it is over."""
        if "sub" not in claims:
            raise AuthRefusal(403, "bad_jwt", "invalid claim: missing sub claim")
        if claims.get("session_id") not in self._sessions:
            message = "Session from session_id claim in JWT does not exist"
            raise AuthRefusal(403, "session_not_found", message)
        user = await self._user("id", str(claims["sub"]))
        if user is None:
            raise AuthRefusal(403, "user_not_found", "User from sub claim in JWT does not exist")
        return public(user)

    def sign_out(self, claims: Mapping[str, Any], scope: str) -> None:
        """End this session, all others of the user, or all of them."""
        for session in self.sessions:
            if session.user_id != claims.get("sub"):
                continue
            this = session.id == claims.get("session_id")
            if scope == "global" or this == (scope == "local"):
                self._sessions.pop(session.id)

    async def _user(self, column: str, value: str) -> dict[str, Any] | None:
        async with self._pool.transaction(read_only=True) as connection:
            query = f"SELECT {COLUMNS} FROM auth.users WHERE {column} = %s"
            cursor = await connection.execute(query, (value,))
            row = await cursor.fetchone()
            assert cursor.description is not None
            names = [each.name for each in cursor.description]
            return None if row is None else dict(zip(names, row, strict=True))

    def _seconds(self) -> int:
        return int(self._now().timestamp())

    def _tokens(self, session: Session, user: Mapping[str, Any]) -> dict[str, Any]:
        issued_s = self._seconds()
        claims = {
            "iss": self._issuer,
            "sub": user["id"],
            "aud": user["aud"],
            "exp": issued_s + self._holds_s,
            "iat": issued_s,
            "email": user["email"],
            "phone": "",
            "app_metadata": user["raw_app_meta_data"] or {},
            "user_metadata": user["raw_user_meta_data"] or {},
            "role": user["role"],
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": session.signed_in_s}],
            "session_id": session.id,
            "is_anonymous": False,
        }
        return {
            "access_token": self._signer.sign(claims),
            "token_type": "bearer",
            "expires_in": self._holds_s,
            "expires_at": claims["exp"],
            "refresh_token": session.active,
            "user": public(user),
        }


def public(user: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a user may see of their row."""
    stamps = ("email_confirmed_at", "last_sign_in_at", "created_at", "updated_at")
    seen = {name: rfc3339(user[name]) for name in stamps if user[name] is not None}
    return {
        "id": user["id"],
        "aud": user["aud"],
        "role": user["role"],
        "email": user["email"],
        "phone": "",
        "app_metadata": user["raw_app_meta_data"] or {},
        "user_metadata": user["raw_user_meta_data"] or {},
        "identities": [],
        "is_anonymous": False,
        **seen,
    }


def hashed(password: str) -> str:
    """Return *password* as ``scrypt$cost$salt$key``."""
    salt = secrets.token_bytes(16)
    parts = (base64.b64encode(part).decode() for part in (salt, _key(password, salt, SCRYPT_COST)))
    return "$".join(["scrypt", str(SCRYPT_COST), *parts])


def matches(password: str, stored: str | None) -> bool:
    """Whether *stored* was made from *password*; what another program stored never does."""
    kind, *parts = (stored or "").split("$")
    if kind != "scrypt" or len(parts) != 3:
        return False
    salt, key = (base64.b64decode(part) for part in parts[1:])
    return hmac.compare_digest(key, _key(password, salt, int(parts[0])))


def _key(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=8, p=1)


def _new_token() -> str:
    return secrets.token_urlsafe(9)
