from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from staging.services.company import Company, Order

Starting = Callable[..., Company]
"""Starts the services of the given orders; they stop when the test module ends."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starting]:
    started: list[Company] = []

    def start(*orders: Order) -> Company:
        made = Company(folder=tmp_path_factory.mktemp("box"))
        started.append(made)
        made.reserve([order.name for order in orders])
        made.start(orders)
        return made

    yield start
    for each in started:
        each.stop()
