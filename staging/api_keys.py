"""The API keys of the box's Supabase project: tokens that name a role, as the real ones."""

from __future__ import annotations

import jwt

PROJECT_REF = "gonogostagingsandbox"
"""A project that does not exist: what the product's own scripts believe they talk to."""
ENDS_AT_S = 4102444800
"""The year 2100: an API key outlives every run."""


def api_key(role: str, jwt_secret: str) -> str:
    """Return the key of *role*, ``anon`` or ``service_role``, signed with the project's secret."""
    claims = {"iss": "supabase", "ref": PROJECT_REF, "role": role, "exp": ENDS_AT_S}
    return jwt.encode(claims, jwt_secret, algorithm="HS256")
