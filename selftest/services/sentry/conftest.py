from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from selftest.services.conftest import Starting
from selftest.services.sentry.envelopes import (
    OPTIONS,
    TOKEN,
)
from selftest.specification import Specification, specification
from staging.services.company import Company, Order


@pytest.fixture(scope="module")
def sentry(company: Starting) -> Company:
    service = "staging.services.sentry:Sentry"
    return company(
        Order(name="sentry", service=service, options=OPTIONS),
        Order(name="slow", service=service, options={**OPTIONS, "settle_s": 0.6}),
    )


@pytest.fixture
def spec() -> Specification:
    return specification("sentry")


@pytest.fixture
def api(sentry: Company) -> Iterator[httpx.Client]:
    sentry.reset("sentry")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=sentry.addresses["sentry"], headers=headers) as client:
        yield client
