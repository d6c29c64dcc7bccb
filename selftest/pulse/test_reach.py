from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from threading import Thread
from typing import Any, Self

import pytest

from gonogo.clock import SystemClock
from gonogo.errors import CannotTell
from gonogo.probes.pulse.reach import Door


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """Somebody who takes connections and says nothing but one line."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def greet() -> None:
            taken, _ = server.accept()
            with taken:
                taken.sendall(b"hello\n")

        thread = Thread(target=greet)
        thread.start()
        yield server.getsockname()
        thread.join()


def door(url: str, **instead: Any) -> Door:  # noqa: ANN401 - any of its parts
    return Door(url=url, clock=SystemClock(), **instead)


def test_an_address_without_tls_is_reached(address: tuple[str, int]) -> None:
    reached = door(f"http://127.0.0.1:{address[1]}/x").reach()
    assert reached.addresses == ("127.0.0.1",)
    assert "without TLS" in str(reached)
    assert reached.lookup_ms >= 0


def test_who_speaks_no_tls_is_not_believed(address: tuple[str, int]) -> None:
    reached = door(f"https://127.0.0.1:{address[1]}").reach()
    assert reached.refused_because
    assert reached.refused_because in str(reached)


class Secured:
    """A TLS connection with a certificate, as a context manager."""

    def __init__(self, until: str | None) -> None:
        self.until = until

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def getpeercert(self) -> dict[str, str]:
        return {"notAfter": self.until} if self.until else {}

    def version(self) -> str:
        return "TLSv1.3"


class Context:
    def __init__(self, answer: Secured | Exception) -> None:
        self.answer = answer

    def wrap_socket(self, *_: object, **__: object) -> Secured:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Secured("Jan  5 09:34:43 2030 GMT"), "TLSv1.3, certificate until 2030-01-05"),
        (Secured(None), "TLSv1.3"),
        (ssl.SSLCertVerificationError(1, "expired"), "its certificate is not believed"),
        (ConnectionResetError("reset"), "no TLS there: reset"),
    ],
)
def test_a_certificate_is_looked_at(
    address: tuple[str, int], answer: Secured | Exception, told: str
) -> None:
    url = f"https://127.0.0.1:{address[1]}"
    assert told in str(door(url, context=lambda: Context(answer)).reach())


def test_a_name_that_nobody_knows_tells_nothing() -> None:
    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror("unknown")

    nowhere = door("https://nowhere.test", look_up=look_up)
    assert nowhere.where == "https://nowhere.test"
    with pytest.raises(CannotTell, match="cannot be reached") as caught:
        nowhere.reach()
    assert caught.value.where == "nowhere.test:443"
