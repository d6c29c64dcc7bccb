from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gonogo.waiting import wait_until
from selftest.promises.kills import GONE_WITHIN_S, is_said, last_run
from selftest.promises.runs import Started
from selftest.promises.tiny import Tiny

ONCE = ["begun", "ended"]


@pytest.fixture
def machines(lasting_database: Callable[[], dict[str, object]], tmp_path: Path) -> list[Tiny]:
    """The same project on two machines: two dossiers, one target."""
    shared = lasting_database()
    made = [Tiny(tmp_path / name, shared) for name in ("first", "second")]
    made[0].hold_on()
    return made


def test_the_second_of_two_machines_is_refused_and_told_who_acts(machines: list[Tiny]) -> None:
    first, second = machines
    with first.start() as acting:
        wait_until(lambda: first.calls, bool, what="the first to act", timeout_s=GONE_WITHIN_S)
        refused = second.run()
        first.let_go()
        ended = acting.end()
    assert refused.status == 20, refused
    assert second.states["MIG-2.1"] == "ERROR"
    run_id = first.dossier.run_ids()[0]
    assert is_said("another gonogo is acting on this database", refused.output)
    assert is_said(f"gonogo {run_id} migrate", refused.output)
    assert second.calls == []
    assert ended.status == 0, ended
    assert set(first.states.values()) == {"PASS"}
    assert first.calls == ONCE
    again = second.run()
    assert again.status == 0, again
    assert second.states["MIG-2.1"] == "PASS_AFTER_RETRY"
    assert second.calls == ONCE


@pytest.mark.parametrize("end", [Started.press_ctrl_c, Started.kill], ids=["ctrl-c", "kill -9"])
def test_the_second_machine_is_refused_until_the_script_of_a_run_that_ended_has_ended(
    machines: list[Tiny], end: Callable[[Started], None]
) -> None:
    first, second = machines
    with first.start() as acting:
        wait_until(lambda: first.calls, bool, what="the first to act", timeout_s=GONE_WITHIN_S)
        end(acting)
        wait_until(
            lambda: all(each.pid != acting.pid for each in acting.processes()),
            bool,
            what="the run's end",
            timeout_s=GONE_WITHIN_S,
        )
        refused = second.run()
        assert first.calls == ["begun"]
        first.let_go()
        acting.end(GONE_WITHIN_S)
    assert second.calls == [], "two machines acted at once"
    assert refused.status == 20, refused
    assert is_said("another gonogo is acting on this database", refused.output)
    assert is_said(f"gonogo {first.dossier.run_ids()[0]} migrate", refused.output)
    assert first.calls == ONCE
    again = second.run()
    assert again.status == 0, again
    assert second.calls == ONCE


def test_two_runs_in_one_dossier_act_once_between_them(tiny: Tiny) -> None:
    tiny.slow_down(step_s=0.5)
    with tiny.start() as first:
        wait_until(lambda: tiny.calls, bool, what="the first to act", timeout_s=GONE_WITHIN_S)
        second = tiny.run()
        ended = first.end()
    assert (ended.status, second.status) == (0, 0), second
    assert tiny.calls == ONCE
    assert len(tiny.dossier.run_ids()) == 2
    assert set(tiny.states.values()) == {"PASS"}
    assert "interrupted" not in second.output
    assert "interrupted" not in ended.output


def test_who_only_reads_is_not_kept_waiting(machines: list[Tiny]) -> None:
    first, second = machines
    with first.start() as acting:
        wait_until(lambda: first.calls, bool, what="the first to act", timeout_s=GONE_WITHIN_S)
        readers = [place.start("-m", "final") for place in (first, second)]
        ends = [reader.end() for reader in readers]
        assert first.calls == ["begun"]
        first.let_go()
        ended = acting.end()
    assert [each.status for each in (*ends, ended)] == [0, 0, 0], ends
    assert any(record["kind"] == "ended" for record in last_run(first))
