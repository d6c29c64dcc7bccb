from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest

from gonogo.probes.database.clones import create_database
from gonogo.probes.database.server import EmbeddedServer
from selftest.promises.tiny import Tiny, reached


@pytest.fixture(scope="session")
def lasting_server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


@pytest.fixture(scope="session")
def make_tinies(
    tmp_path_factory: pytest.TempPathFactory, lasting_server: EmbeddedServer
) -> Callable[[str, int], list[Tiny]]:
    """Make as many tiny projects, each with a database of its own that outlives its runs."""

    def make(name: str, count: int) -> list[Tiny]:
        made = []
        for _ in range(count):
            database = f"lasting_{secrets.token_hex(4)}"
            create_database(lasting_server.dsn(), database)
            folder = tmp_path_factory.mktemp(name)
            made.append(Tiny(folder, reached(lasting_server, database)))
        return made

    return make


@pytest.fixture
def tiny(make_tinies: Callable[[str, int], list[Tiny]]) -> Tiny:
    return make_tinies("tiny", 1)[0]
