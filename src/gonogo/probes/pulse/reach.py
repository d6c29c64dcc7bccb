"""Whether an address can be reached: its name, its certificate, and how long an answer takes."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from gonogo.clock import Clock
from gonogo.errors import CannotTell

TIMEOUT_S = 10.0
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, kw_only=True)
class Reached:
    """How an address was reached; times in milliseconds.

    ``tls`` is the protocol's version, empty where the address asks for none; ``refused_because``
    says why its certificate is not believed.
    """

    where: str
    addresses: tuple[str, ...]
    lookup_ms: int
    connect_ms: int
    tls: str = ""
    certificate_until: datetime | None = None
    refused_because: str = ""

    def __str__(self) -> str:
        """Read as one line."""
        until = f", certificate until {self.certificate_until:%F}" if self.certificate_until else ""
        told = self.refused_because or f"{self.tls}{until}"
        return (
            f"{', '.join(self.addresses)}: name found in {self.lookup_ms} ms, connected in"
            f" {self.connect_ms} ms, {told or 'without TLS'}"
        )


@dataclass(frozen=True, kw_only=True)
class Door:
    """Reaches one address; what it opens connections with is injected by tests."""

    url: str
    clock: Clock
    look_up: Callable[..., Any] = socket.getaddrinfo
    connect: Callable[..., socket.socket] = socket.create_connection
    context: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)

    @property
    def where(self) -> str:
        """The address."""
        return self.url

    def reach(self) -> Reached:
        """Look the name up, connect, and where the address says https shake hands.

        Raises:
            CannotTell: the name is not known, or nobody answers there.
        """
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 443)
        begin_s = self.clock.monotonic_s()
        try:
            found = self.look_up(host, port, type=socket.SOCK_STREAM)
            looked_up_s = self.clock.monotonic_s()
            connection = self.connect((host, port), timeout=TIMEOUT_S)
        except OSError as error:
            raise CannotTell(
                "the address cannot be reached",
                where=f"{host}:{port}",
                expected="a name that is known, and somebody who answers",
                found=f"{type(error).__name__}: {error}",
                do="see that the address is right and that this machine may reach it",
            ) from error
        with connection:
            connected_s = self.clock.monotonic_s()
            tls = self._shake_hands(connection, host) if parts.scheme == "https" else {}
        return Reached(
            where=self.url,
            addresses=tuple(dict.fromkeys(str(each[4][0]) for each in found)),
            lookup_ms=round(1000 * (looked_up_s - begin_s)),
            connect_ms=round(1000 * (connected_s - looked_up_s)),
            **tls,
        )

    def _shake_hands(self, connection: socket.socket, host: str) -> dict[str, Any]:
        try:
            with self.context().wrap_socket(connection, server_hostname=host) as secured:
                until = (secured.getpeercert() or {}).get("notAfter")
                version = secured.version() or ""
        except ssl.SSLError as error:
            return {"refused_because": f"its certificate is not believed: {error}"}
        except OSError as error:
            return {"refused_because": f"no TLS there: {error}"}
        if until is None:
            return {"tls": version}
        seconds = ssl.cert_time_to_seconds(str(until))
        return {"tls": version, "certificate_until": datetime.fromtimestamp(seconds, UTC)}
