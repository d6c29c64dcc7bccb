"""The box opens beside another, closes without a trace, and ends when its keeper is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from selftest.staging.conftest import skip_without_node
from selftest.staging.starts import answering, from_outside, left_running, turn
from selftest.staging.whole_box import WholeBox
from staging.box_from_outside import BoxFromOutside

pytestmark = pytest.mark.xdist_group("box")

KINDS = ("postgres", "staging.services.host", "node", "gonogo.premises_keeper")


@pytest.fixture
def outside() -> Iterator[BoxFromOutside]:
    if not sys.platform.startswith("linux"):
        pytest.skip("processes are found in /proc, which only Linux has")
    skip_without_node()
    with from_outside() as box:
        yield box


def test_two_starts_in_a_row_leave_no_process_port_or_folder(outside: BoxFromOutside) -> None:
    assert [turn(outside).left for _ in range(2)] == [(), ()]


def test_after_kill_9_of_the_keeper_nothing_of_the_box_runs(outside: BoxFromOutside) -> None:
    outside.up()
    commands = " ".join(outside.processes().values())
    assert [kind for kind in KINDS if kind not in commands] == []
    places = outside.listening()
    assert [str(place) for place in places if place.is_open_to_others] == []
    os.kill(outside.keeper(), signal.SIGKILL)
    assert (left_running(outside), answering(places)) == ((), ())
    assert list(outside.temporary.iterdir()) == []
    outside.up()
    assert httpx.get(f"{outside.premises().address('product')}/health").status_code == 200


@pytest.fixture
def other(box: WholeBox, tmp_path: Path) -> Iterator[WholeBox]:
    opened = WholeBox.open(tmp_path)
    yield opened
    opened.stop()


def test_two_boxes_side_by_side_share_no_port_key_or_data(box: WholeBox, other: WholeBox) -> None:
    def addresses(of: WholeBox) -> set[str]:
        return {each.address for each in of.premises.services}

    assert not addresses(box) & addresses(other)
    keys, others = (set(vars(each.opening.keys).values()) for each in (box, other))
    assert not keys & others
    one = "(SELECT min(id::text)::uuid FROM public.contacts)"
    box.rows(f"UPDATE public.contacts SET notes = 'Of one box alone' WHERE id = {one} RETURNING 1")
    there = "SELECT count(*) FROM public.contacts WHERE notes = 'Of one box alone'"
    assert (box.value(there), other.value(there)) == (1, 0)


def test_the_key_of_one_box_opens_nothing_in_another(box: WholeBox, other: WholeBox) -> None:
    url = f"{other.premises.address('pulse')}/api/contacts/recommended-actions"
    keys = {"mine": box.opening.keys.pulse_key, "its own": other.opening.keys.pulse_key}
    found = {
        whose: httpx.get(url, headers={"Authorization": f"Bearer {key}"}).status_code
        for whose, key in keys.items()
    }
    assert found == {"mine": 401, "its own": 200}


def test_each_product_answers_with_its_own_services(box: WholeBox, other: WholeBox) -> None:
    for each in (box, other):
        config = httpx.get(f"{each.product}/config.json").json()
        assert config["supabase"]["url"] == each.premises.address("supabase")
        assert each.premises.address("sentry").removeprefix("http://") in config["sentry"]["dsn"]
        assert config["analytics"]["posthog_host"] == each.premises.address("posthog")
