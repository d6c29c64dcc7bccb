"""Tells the product of a change, signed so that it can believe it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

import httpx

TIMEOUT_S = 5.0


def signature(secret: str, body: bytes, *, at_s: int) -> str:
    """Return ``t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">``."""
    digest = hmac.new(secret.encode(), f"{at_s}.".encode() + body, "sha256").hexdigest()
    return f"t={at_s},v1={digest}"


async def deliver(url: str, secret: str, event: Mapping[str, Any], *, at_s: int) -> int | None:
    """Send *event* once; return the status of the answer, or None when there was none."""
    body = json.dumps(event, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Pulse-Webhooks/1.0",
        "X-Pulse-Signature": signature(secret, body, at_s=at_s),
    }
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            return (await client.post(url, content=body, headers=headers)).status_code
    except httpx.HTTPError:
        return None
