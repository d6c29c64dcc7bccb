from __future__ import annotations

from pathlib import Path

import pytest

from gonogo.waiting import wait_until
from selftest.promises.kills import GONE_WITHIN_S, is_said
from selftest.promises.reached_box import ReachedBox
from selftest.promises.runs import Started


def is_over(run: Started) -> bool:
    return all(each.pid != run.pid for each in run.processes())


def test_after_ctrl_c_the_script_goes_on_and_the_next_run_takes_over_its_result(
    tmp_path: Path,
) -> None:
    with ReachedBox(tmp_path) as target:
        target.held.touch()
        with target.start_acting() as run:
            wait_until(lambda: target.calls, bool, what="migrate.sh to begin", timeout_s=120)
            run.press_ctrl_c()
            wait_until(lambda: is_over(run), bool, what="the run's end", timeout_s=GONE_WITHIN_S)
            assert target.calls == ["begun"]
            target.held.unlink()
            interrupted = run.end(GONE_WITHIN_S)
        assert interrupted.status == pytest.ExitCode.INTERRUPTED, interrupted
        outlived = f"run {target.dossier.run_ids()[0]} ended before these actions did: migrate"
        assert is_said(outlived, interrupted.output), interrupted
        both = ["begun", "ended"]
        wait_until(lambda: target.calls, lambda calls: calls == both, what="its end", timeout_s=30)
        assert "MIG-1.1" in target.states
        assert "MIG-3.4" not in target.states
        with target.start_acting() as run:
            ended = run.end()
        assert ended.status == 0, ended
        assert is_said(outlived, ended.output), ended
        assert len(target.states) == 12
        assert set(target.states.values()) == {"PASS"}, target.states
        assert target.calls == ["begun", "ended"], "migrate.sh ran twice"
        action = next(a for a in target.results["actions"] if a["name"] == "migrate")
        assert "picked up from run" in str(action)
