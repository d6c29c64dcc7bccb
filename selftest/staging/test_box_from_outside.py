"""Where a process listens is seen for every address, not for 127.0.0.1 alone."""

from __future__ import annotations

import os
import socket
import sys
from ipaddress import ip_address

import pytest

from selftest.staging.starts import answering
from staging.box_from_outside import Listening, listening

LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="processes are found in /proc, only on Linux"
)


@LINUX
@pytest.mark.parametrize(
    ("address", "open_to_others"),
    [("127.0.0.1", False), ("0.0.0.0", True), ("::1", False), ("::", True)],
)
def test_a_listening_socket_is_seen_with_its_address(address: str, *, open_to_others: bool) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as server:
        try:
            server.bind((address, 0))
        except OSError:
            pytest.skip(f"{address} cannot be bound on this machine")
        server.listen()
        place = Listening(address=ip_address(address), port=server.getsockname()[1])
        assert place in listening([os.getpid()])
        assert place.is_open_to_others is open_to_others
        assert answering([place]) == (f"somebody at {place}",)
    assert place not in listening([os.getpid()])
    assert answering([place]) == ()


def test_an_address_of_ipv4_in_ipv6_is_judged_as_that_of_ipv4() -> None:
    mapped = Listening(address=ip_address("::ffff:127.0.0.1"), port=80)
    assert not mapped.is_open_to_others
    assert Listening(address=ip_address("::ffff:10.0.0.1"), port=80).is_open_to_others
