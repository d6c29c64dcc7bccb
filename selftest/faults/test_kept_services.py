"""What a service was when it was kept comes back, whatever was done to it since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from selftest.services.vercel.project import PROJECT, Platform, orders
from staging.services.company import Company
from staging.services.switches import Break


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    company = Company(folder=tmp_path_factory.mktemp("box"))
    made = orders()
    company.reserve([order.name for order in made])
    company.start(made)
    with Platform(company, tmp_path_factory.mktemp("projects")) as running:
        running.deploy("old")
        running.deploy("new")
        company.keep("vercel")
        yield running
    company.stop()


@pytest.fixture(autouse=True)
def back(platform: Platform) -> Iterator[None]:
    yield
    platform.company.bring_back("vercel")
    platform.company.clear("vercel-production")


def folder_of(platform: Platform, number: int) -> Path:
    return Path(platform.company.state("vercel")["deployments"][number]["folder"])


def test_a_later_deployment_is_gone_and_production_serves_what_it_served(
    platform: Platform,
) -> None:
    before = platform.company.state("vercel")
    platform.deploy("later")
    assert "later" in platform.served()
    platform.company.bring_back("vercel")
    after = platform.company.state("vercel")
    assert (after["deployments"], after["live"]) == (before["deployments"], before["live"])
    assert "new" in platform.served()


def test_a_rollback_is_taken_back(platform: Platform) -> None:
    old = platform.company.state("vercel")["deployments"][0]["id"]
    assert platform.switch("rollback", old).status_code == 201
    assert "old" in platform.served()
    platform.company.bring_back("vercel")
    assert "new" in platform.served()
    found = platform.api.get(f"/v1/projects/{PROJECT}/promote/aliases").json()
    assert found["aliases"] == []


def test_changed_files_are_served_after_a_restart_until_they_are_taken_back(
    platform: Platform,
) -> None:
    page = folder_of(platform, 1) / "dist/index.html"
    assert "new" in platform.served()
    page.write_text("changed", "utf-8")
    platform.company.restart("vercel")
    assert platform.served() == "changed"
    platform.company.bring_back("vercel")
    assert "new" in platform.served()


def test_a_changed_variable_and_a_switch_are_taken_back(platform: Platform) -> None:
    variables = f"/v9/projects/{PROJECT}/env"
    before = platform.api.get(variables).json()
    added = {"key": "VITE_NEW", "value": "1", "target": ["production"], "type": "plain"}
    platform.api.post(f"/v10/projects/{PROJECT}/env", json=added).raise_for_status()
    platform.company.turn_on("vercel", Break.BROKEN)
    platform.company.bring_back("vercel")
    assert platform.api.get(variables).json() == before


def test_a_service_answers_what_it_is_told(platform: Platform) -> None:
    value = json.dumps({"status": 203, "headers": {"x-told": "yes"}, "body": "words"})
    platform.company.turn_on("vercel-production", Break.INSTEAD, path="/health", value=value)
    told = httpx.get(f"{platform.production}/health", trust_env=False)
    assert (told.status_code, told.text, told.headers["x-told"]) == (203, "words", "yes")
    assert "new" in platform.served()
