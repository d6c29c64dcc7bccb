"""What every stand-in is: routes over a state that can be reset, and switches that break it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from gonogo.clock import Clock, SystemClock
from staging.services.switches import Switchboard


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a service is started with; its options never show in its repr: some are keys."""

    address: str
    """Where it listens, as ``http://127.0.0.1:port``."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Where every service listens, by name."""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    folder: Path
    """Its own folder, for what is too large to keep in memory."""
    others: Mapping[str, Service] = field(default_factory=dict, repr=False)
    """The services of the same process by name, complete once all are made."""
    clock: Clock = field(default_factory=SystemClock)


class Service:
    """One vendor's stand-in."""

    name: ClassVar[str]
    stands_in_for: ClassVar[str]
    """The vendor and the parts of its interface that are here, as the dossier names them."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.switches = Switchboard()
        self.reset()

    def reset(self) -> None:
        """Make the state what it was at the start."""
        raise NotImplementedError

    async def keep(self) -> None:
        """Keep the state as it is now, for :meth:`bring_back`; a reset forgets it."""
        raise NotImplementedError

    async def bring_back(self) -> None:
        """Make the state what it was when it was kept."""
        raise NotImplementedError

    async def restart(self) -> None:
        """End the programs that it runs; they start again when they are needed."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return what it answers."""
        raise NotImplementedError

    def refusal(self, status: int, request: Request) -> Response:  # noqa: ARG002 - a vendor may ask
        """Return the vendor's own answer of *status* 401, 403, 404, 429 or 500."""
        return JSONResponse({"error": REASONS[status]}, status_code=status)

    def belongings(self) -> Mapping[str, Any]:
        """Return what a test may want to know of the state, as JSON."""
        return {}

    async def start(self) -> None:
        """Do what needs the running server."""

    async def stop(self) -> None:
        """Undo :meth:`start`."""


REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


def bearer(request: Request) -> str:
    """Return the token of the request's ``Authorization: Bearer`` header, or nothing."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
