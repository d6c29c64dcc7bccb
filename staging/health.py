"""Waits until the deployed product says that it is well."""

from __future__ import annotations

import httpx

from gonogo.waiting import wait_until

HEALTH_TIMEOUT_S = 30.0


def wait_for_health(address: str, *, commit: str) -> None:
    """Wait until the product at *address* answers as healthy, with *commit*.

    Raises:
        WaitTimedOut: it did not in time, with what it answered last.
    """

    def healthy() -> object:
        try:
            answer = httpx.get(f"{address}/health", timeout=5, trust_env=False)
            return answer.status_code, answer.json().get("commit")
        except (httpx.HTTPError, ValueError) as error:
            return str(error)

    wait_until(
        healthy,
        lambda seen: seen == (200, commit),
        what=f"the product to answer as healthy with commit {commit[:10]}",
        timeout_s=HEALTH_TIMEOUT_S,
        do="read the logs: gonogo staging logs vercel-production",
    )
