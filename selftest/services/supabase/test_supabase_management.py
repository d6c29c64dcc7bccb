from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from selftest.services.supabase.box import REF, Box
from selftest.specification import Specification, specification
from staging.services.switches import Break

PROJECT = f"/v1/projects/{REF}"
TOKEN = "sbp_made_up"


@pytest.fixture(scope="module")
def vendor() -> Specification:
    return specification("supabase")


@pytest.fixture
def breakable(box: Box) -> Iterator[Box]:
    yield box
    box.company.clear("supabase")


def ask(box: Box, path: str, token: str = TOKEN) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return box.client.get(path, headers=headers)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects",
        PROJECT,
        f"{PROJECT}/health?services=db&services=rest&services=auth&services=pooler",
        f"{PROJECT}/database/backups",
        f"{PROJECT}/database/backups/schedule",
        f"{PROJECT}/config/database/pooler",
    ],
)
def test_every_answer_is_one_of_the_vendors(box: Box, vendor: Specification, path: str) -> None:
    answer = ask(box, path)
    assert answer.status_code == 200
    vendor.check(answer)
    refused = ask(box, path, token="wrong")
    assert refused.status_code == 401
    vendor.check(refused)
    if REF in path:
        foreign = ask(box, path.replace(REF, "a" * 20))
        assert foreign.status_code == 403
        vendor.check(foreign)


def test_the_project_is_the_one_and_its_server_the_real_one(box: Box) -> None:
    project = ask(box, PROJECT).json()
    ((version,),) = box.sql("SHOW server_version")
    assert (project["ref"], project["status"]) == (REF, "ACTIVE_HEALTHY")
    assert version.startswith(project["database"]["version"])


def test_the_last_backup_is_of_this_night_unless_it_is_stale(breakable: Box) -> None:
    def age_days() -> int:
        newest = ask(breakable, f"{PROJECT}/database/backups").json()["backups"][0]
        assert newest["status"] == "COMPLETED"
        return (datetime.now(UTC) - datetime.fromisoformat(newest["inserted_at"])).days

    assert age_days() == 0
    breakable.company.turn_on("supabase", Break.STALE)
    assert age_days() >= 3


def test_a_misled_platform_answers_for_another_project(breakable: Box) -> None:
    breakable.company.turn_on("supabase", Break.WRONG_PROJECT)
    assert ask(breakable, PROJECT).json()["ref"] != REF


def test_health_wants_to_know_of_which_services(box: Box) -> None:
    assert ask(box, f"{PROJECT}/health").status_code == 400
    assert ask(box, f"{PROJECT}/health?services=heart").status_code == 400
    told = ask(box, f"{PROJECT}/health?services=db,rest").json()
    assert [(each["name"], each["status"]) for each in told] == [
        ("db", "ACTIVE_HEALTHY"),
        ("rest", "ACTIVE_HEALTHY"),
    ]
