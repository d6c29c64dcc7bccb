from __future__ import annotations

from collections.abc import Iterator

import pytest

from gonogo.probes.database.server import EmbeddedServer
from selftest.product.product_copy import PASSWORD, SUPERUSER, ProductServer
from selftest.services.supabase.box import Box, SupabaseJs, node_modules, start
from staging.services.company import Company


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    company = Company(folder=tmp_path_factory.mktemp("supabase"))
    with EmbeddedServer(superuser=SUPERUSER, password=PASSWORD) as server:
        try:
            box = start(ProductServer(server), company)
            with box.client:
                yield box
        finally:
            company.stop()


@pytest.fixture(scope="session")
def supabase_js(box: Box) -> SupabaseJs:
    return SupabaseJs(modules=node_modules(), box=box)


@pytest.fixture
def notebook(box: Box) -> Iterator[Box]:
    """The box with a table to write into, empty again afterwards."""
    yield box
    box.sql("TRUNCATE notebook RESTART IDENTITY")
