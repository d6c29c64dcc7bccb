from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gonogo.probes.database.binaries import find_binaries
from selftest.products.ledgerly.staging import ROOT, Server, Staging

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server(find_binaries()) as running:
        yield running


@pytest.fixture(scope="session")
def plain_server() -> Iterator[Server]:
    with Server(find_binaries(), plain=True) as running:
        yield running


@pytest.fixture
def staging(server: Server, tmp_path: Path) -> Iterator[Staging]:
    with fresh(server, tmp_path) as made:
        yield made


@pytest.fixture
def plain_staging(plain_server: Server, tmp_path: Path) -> Iterator[Staging]:
    with fresh(plain_server, tmp_path) as made:
        yield made


@contextmanager
def fresh(server: Server, folder: Path) -> Iterator[Staging]:
    """Give a staging, and take away the copies that the suite keeps of its repository."""
    with server.database(f"ledgerly_{next(numbers)}") as database:
        made = Staging(server, database, folder)
        yield made
    for instance in made.instances():
        shutil.rmtree(ROOT / ".cache" / "gonogo" / instance, ignore_errors=True)
