"""Whatever a fault does to a whole box is gone when the next one gets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gonogo.config import load
from selftest.staging.conftest import skip_without_node
from staging.faults.every_fault import HEALTHY
from staging.faults.fault import Fault
from staging.faults.text_file import PlaceNotFoundError
from staging.faults.whole_box import WholeBox
from staging.faults.whole_clone import WholeClone
from staging.services.switches import Break

pytestmark = pytest.mark.xdist_group("whole_box")

ROOT = Path(__file__).parents[2]
LATER = HEALTHY["phase3"]
CONTACTS = "SELECT count(*) FROM public.contacts"
PROFILE = "pp_00001"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeBox]:
    skip_without_node()
    settings = load(root=ROOT, environ={})
    opened = WholeBox(settings, root=ROOT, workspace=tmp_path_factory.mktemp("faults") / "box")
    try:
        opened.start()
        yield opened
    finally:
        opened.stop()


def asked(clone: WholeClone, path: str) -> httpx.Response:
    return httpx.get(f"{clone.instance.app_url}{path}", trust_env=False)


def value(clone: WholeClone, query: str) -> Any:  # noqa: ANN401 - of any column
    with clone.session() as session:
        row = session.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def profile(clone: WholeClone) -> str:
    answer = httpx.get(
        f"{clone.company.addresses['pulse']}/api/contacts/relationship-profiles?limit=1",
        headers={"Authorization": f"Bearer {clone.keys.pulse_key}"},
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["data"][0]["display_name"])


def looks(clone: WholeClone) -> dict[str, object]:
    """Return what a visitor and the services tell of the box."""
    config = asked(clone, "/config.json")
    return {
        "health": (asked(clone, "/health").status_code, asked(clone, "/health").json()["commit"]),
        "config": (config.status_code, config.json()),
        "page": asked(clone, "/").text,
        "contacts": value(clone, CONTACTS),
        "profile": profile(clone),
        "deployments": len(clone.deployments),
        "commit": clone.instance.commit,
    }


def test_what_a_fault_did_is_gone_before_the_next(box: WholeBox) -> None:
    with box.clone_for(LATER) as clone:
        before = looks(clone)
        assert before["health"] == (200, clone.instance.commit)
        clone.sql("DELETE FROM public.contact_activities")
        clone.sql("DELETE FROM public.contacts WHERE true")
        clone.served("dist/index.html").replace("<head>", "<head><!-- changed -->")
        clone.served("server/health.mjs").replace('"unavailable"', '"gone"')
        clone.settle()
        clone.set_runtime(VITE_FEATURE_CONTACTS_REDESIGN="false")
        clone.serve("/config.json", "{}", content_type="application/json")
        clone.pulse_changes(PROFILE, display_name="Somebody Else")
        clone.company.turn_on("supabase", Break.DOWN)
        clone.source("README.md").append("Another release.")
        clone.commit()
        assert "<!-- changed -->" in asked(clone, "/").text
        assert asked(clone, "/health").json()["status"] == "gone"
        assert asked(clone, "/config.json").json() == {}
        assert value(clone, CONTACTS) == 0
        assert profile(clone) == "Somebody Else"
        assert clone.instance.commit != before["commit"]
    assert not clone.repository.exists()
    with box.clone_for(LATER) as clone:
        assert clone.company.requests("supabase") == []
        assert looks(clone) == before


def test_the_gateway_asks_the_new_database_at_once(box: WholeBox) -> None:
    def through_the_gateway(clone: WholeClone) -> int:
        key = asked(clone, "/config.json").json()["supabase"]["anonKey"]
        answer = httpx.get(
            f"{clone.company.addresses['supabase']}/rest/v1/made_by_a_fault?select=id",
            headers={"apikey": key, "Authorization": f"Bearer {key}"},
            trust_env=False,
        )
        return answer.status_code

    with box.clone_for(LATER) as clone:
        clone.sql("CREATE TABLE public.made_by_a_fault (id int)")
        clone.sql("GRANT SELECT ON public.made_by_a_fault TO anon")
        assert through_the_gateway(clone) == 200
    with box.clone_for(LATER) as clone:
        assert through_the_gateway(clone) == 404


@pytest.mark.parametrize(
    ("fault", "done", "deployed"),
    [
        (LATER, ("backup", "migrate", "deploy"), 1),
        (HEALTHY["phase4"], ("backup", "migrate", "deploy"), 1),
        (replace(HEALTHY["phase2"], before="deploy"), ("backup", "migrate"), 0),
    ],
)
def test_each_phase_finds_done_what_comes_before_it(
    box: WholeBox, fault: Fault, done: tuple[str, ...], deployed: int
) -> None:
    with box.clone_for(fault) as clone:
        assert (clone.instance.done, len(clone.deployments)) == (done, deployed)


def test_a_served_file_must_be_one_file(box: WholeBox) -> None:
    with box.clone_for(LATER) as clone, pytest.raises(PlaceNotFoundError, match="expected 1"):
        clone.served("dist/no-such-*.js")
