from __future__ import annotations

from collections.abc import Iterator

import pytest

from selftest.services.conftest import Starting
from selftest.services.vercel.project import Platform, orders


@pytest.fixture(scope="module")
def running(company: Starting, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(company(*orders()), tmp_path_factory.mktemp("projects")) as platform:
        yield platform


@pytest.fixture
def platform(running: Platform) -> Iterator[Platform]:
    running.company.reset("vercel")
    running.company.clear("vercel-production")
    yield running
    running.company.clear("vercel")
