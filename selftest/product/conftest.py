from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.server import EmbeddedServer
from selftest.product.product_copy import (
    PASSWORD,
    SUPERUSER,
    Database,
    Product,
    ProductServer,
)

MAJORS = (18, 15)
numbers = itertools.count(1)


@pytest.fixture(scope="session", params=MAJORS, ids=lambda major: f"PostgreSQL {major}")
def product_server(request: pytest.FixtureRequest) -> Iterator[ProductServer]:
    binaries = find_binaries(prefer_major=request.param)
    if binaries.major != request.param:
        pytest.skip(f"PostgreSQL {request.param} is not installed here")
    with EmbeddedServer(binaries=binaries, superuser=SUPERUSER, password=PASSWORD) as server:
        yield ProductServer(server)


@pytest.fixture
def database(product_server: ProductServer) -> Iterator[Database]:
    with product_server.clone(f"crm_{next(numbers)}", "base") as clone:
        yield clone


@pytest.fixture
def migrated(product_server: ProductServer) -> Iterator[Database]:
    with product_server.clone(f"crm_{next(numbers)}", "migrated") as clone:
        yield clone


@pytest.fixture
def as_migrated(product_server: ProductServer) -> Database:
    """All three migrations, to look at only: the other databases are copied from it."""
    return Database(product_server.server, "migrated")


@pytest.fixture
def routed(product: Product, database: Database) -> Product:
    return product.on(database)


@pytest.fixture
def product(tmp_path: Path) -> Product:
    return Product(tmp_path)
