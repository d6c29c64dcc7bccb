from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.probes.database.binaries import find_binaries
from selftest.products.ledgerly.staging import ROOT, Server, Staging

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server(find_binaries()) as running:
        yield running


@pytest.fixture
def staging(server: Server, tmp_path: Path) -> Iterator[Staging]:
    cache = ROOT / ".cache" / "gonogo"
    before = set(cache.glob("*"))
    with server.database(f"ledgerly_{next(numbers)}") as database:
        yield Staging(server, database, tmp_path)
    for made in set(cache.glob("pg-*")) - before:
        shutil.rmtree(made)
