from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from selftest.services.conftest import Starting
from selftest.services.posthog.asking import (
    COHORT,
    FLAGS,
    KEY,
    OPTIONS,
)
from selftest.specification import Specification, specification
from staging.services.company import Company, Order


@pytest.fixture(scope="module")
def box(company: Starting) -> Company:
    service = "staging.services.posthog:PostHog"
    broken = [{"key": "cohort", "filters": {"groups": [COHORT]}}]
    return company(
        Order(name="posthog", service=service, options={**OPTIONS, "flags": FLAGS}),
        Order(
            name="limited", service=service, options={**OPTIONS, "quota_limited": ["feature_flags"]}
        ),
        Order(
            name="broken",
            service=service,
            options={**OPTIONS, "flags": broken, "queries_per_minute": 2},
        ),
        Order(name="narrow", service=service, options={**OPTIONS, "scopes": ["query:read"]}),
    )


@pytest.fixture
def spec() -> Specification:
    return specification("handwritten-posthog")


@pytest.fixture
def api(box: Company) -> Iterator[httpx.Client]:
    box.reset("posthog")
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=box.addresses["posthog"], headers=headers) as client:
        yield client
