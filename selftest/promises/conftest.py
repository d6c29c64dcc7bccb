from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator

import pytest
from filelock import FileLock

from gonogo.probes.database.clones import create_database
from gonogo.probes.database.server import EmbeddedServer
from selftest.promises.observed import Observed
from selftest.promises.tiny import Tiny, reached


@pytest.fixture(scope="session")
def lasting_server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


@pytest.fixture(scope="session")
def lasting_database(lasting_server: EmbeddedServer) -> Callable[[], dict[str, object]]:
    """Make a database that outlives its runs, and say how a tiny project reaches it."""

    def make() -> dict[str, object]:
        name = f"lasting_{secrets.token_hex(4)}"
        create_database(lasting_server.dsn(), name)
        return reached(lasting_server, name)

    return make


@pytest.fixture(scope="session")
def make_tinies(
    tmp_path_factory: pytest.TempPathFactory, lasting_database: Callable[[], dict[str, object]]
) -> Callable[[str, int], list[Tiny]]:
    """Make as many tiny projects, each with a database of its own that outlives its runs."""

    def make(name: str, count: int) -> list[Tiny]:
        return [Tiny(tmp_path_factory.mktemp(name), lasting_database()) for _ in range(count)]

    return make


@pytest.fixture
def tiny(make_tinies: Callable[[str, int], list[Tiny]]) -> Tiny:
    return make_tinies("tiny", 1)[0]


@pytest.fixture(scope="session")
def observe(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Observed]:
    """Give the watched run with these arguments: one for all tests, in whatever worker they are."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def give(*arguments: str) -> Observed:
        folder = base / "-".join(["observed", *(word.strip("-") for word in arguments)])
        folder.mkdir(exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            observed = Observed(folder)
            if not observed.done:
                observed.run(*arguments)
        assert observed.noted["status"] == 0, observed.noted["output"]
        return observed

    return give
