"""The one way to a service's API: reading, within its limits, with a word for every failure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from gonogo import __version__
from gonogo.clock import Clock, SystemClock
from gonogo.errors import CannotTell, ServiceRefused
from gonogo.services import ServiceAccess
from gonogo.waiting import pause

TIMEOUT_S = 15.0
ATTEMPTS = 3
LONGEST_WAIT_S = 30.0
SHOWN_CHARACTERS = 300
NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
"""What httpx raises where there is no answer, also for an address or a key that none can have."""
REASONS = ("detail", "message", "error")
"""Under which names services say what is wrong."""
AGENT = {"User-Agent": f"gonogo/{__version__}"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a service answered: JSON, its status and headers (lower-case names)."""

    status: int
    body: Any
    headers: Mapping[str, str]
    duration_s: float


@dataclass(frozen=True, kw_only=True)
class Transport:
    """Asks one service with its key; ``via``, ``sleep`` and ``clock`` are injected by tests."""

    access: ServiceAccess
    timeout_s: float = TIMEOUT_S
    longest_wait_s: float = LONGEST_WAIT_S
    """How long a limit may ask to wait; for longer than that nobody waits."""
    via: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = pause
    clock: Clock = SystemClock()  # noqa: RUF009 - it has no state

    @property
    def where(self) -> str:
        """The service's address."""
        return self.access.where

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - the service's own JSON
        """Return the JSON that the service answers with.

        Raises:
            ServiceRefused: it answered with an error.
            CannotTell: it could not be asked, or answered with something else than JSON.
        """
        return self.accepted(path, self.ask("GET", path, query=query or None))

    def accepted(self, path: str, answer: Answer) -> Any:  # noqa: ANN401 - the service's own JSON
        """Return what *answer*, that of *path*, says; raises ServiceRefused for an error."""
        if answer.status < httpx.codes.BAD_REQUEST:
            return answer.body
        failed = self._failed(path, f"HTTP {answer.status}: {_shown(answer.body)}")
        raise ServiceRefused(
            failed.what,
            status=answer.status,
            said=_reason(answer.body),
            where=failed.where,
            expected=failed.expected,
            found=failed.found,
            do=failed.do,
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
    ) -> Answer:
        """Return any answer, also a refusal; waits as long as a limit says, three times at most.

        *headers* replace those with the key.

        Raises:
            CannotTell: no answer came, a limit's wait is too long, or the answer is not JSON.
        """
        key = {"Authorization": f"Bearer {self.access.token}"} if self.access.token else {}
        given = key if headers is None else headers
        try:
            with httpx.Client(
                base_url=self.access.url,
                headers={**AGENT, **given},
                timeout=self.timeout_s,
                transport=self.via,
                trust_env=False,
            ) as client:
                for attempt in range(1, ATTEMPTS + 1):
                    start_s = self.clock.monotonic_s()
                    response = client.request(method, path, params=query, json=json)
                    limited = response.status_code == httpx.codes.TOO_MANY_REQUESTS
                    if not limited or attempt == ATTEMPTS:
                        break
                    self.sleep(self._wait_s(path, response))
        except NO_ANSWER as error:
            raise self._failed(
                path,
                f"{type(error).__name__}: {error}",
                do="see that the address is right, and that this machine reaches it",
            ) from error
        return Answer(
            status=response.status_code,
            body=self._json(path, response),
            headers={name.lower(): value for name, value in response.headers.items()},
            duration_s=self.clock.monotonic_s() - start_s,
        )

    def _wait_s(self, path: str, response: httpx.Response) -> float:
        named = response.headers.get("Retry-After", "1")
        wait_s = float(named) if named.replace(".", "", 1).isdigit() else math.inf
        if wait_s > self.longest_wait_s:
            raise self._failed(
                path,
                f"HTTP 429: asks to wait {named} s",
                do="ask again later: others use up what the service allows",
            )
        return wait_s

    def _json(self, path: str, response: httpx.Response) -> Any:  # noqa: ANN401 - any JSON
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            if response.is_error:
                return response.text
            kind = response.headers.get("Content-Type", "nothing known")
            raise self._failed(path, f"{kind}: {_shown(response.text)}") from error

    def _failed(
        self,
        path: str,
        found: str,
        *,
        do: str = "see that the service is up and that the key may read this",
    ) -> CannotTell:
        return CannotTell(
            f"{self.access.name} could not be asked",
            where=f"{self.access.url}{path}",
            expected="an answer in JSON",
            found=found,
            do=do,
        )


def _reason(body: object) -> str:
    """Return the one sentence of an error in JSON; empty where it has none."""
    said = body if isinstance(body, dict) else ""
    while isinstance(said, dict):
        said = next((said[name] for name in REASONS if said.get(name)), "")
    return " ".join(said.split()) if isinstance(said, str) else ""


def _shown(body: object) -> str:
    text = str(body)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
