from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from gonogo.dossier import Dossier
from gonogo.history import read_history
from gonogo.records import NO_INSTANCE
from gonogo.verdict import State
from selftest.unit.dossiers import (
    INSTANCE,
    NOW,
    Run,
    SetClock,
    act,
    finish,
    history_of,
    observe,
    start,
)

PASS, FAIL, ERROR = State.PASS, State.FAIL, State.ERROR
ATTACHMENT = {"sha256": "0" * 64, "name": "a", "media_type": "text/plain", "size_bytes": 1}


def later(seconds_s: float) -> SetClock:
    return SetClock(at=NOW + timedelta(seconds=seconds_s))


def test_nothing_is_an_empty_history() -> None:
    history = read_history({})
    assert (history.attempts, history.runs, history.damage, history.instance) == ((), (), (), "")
    assert history.covered is None


def test_a_run_that_ended_has_its_attempts_and_no_problem(dossier: Dossier) -> None:
    Run(run_id="1", ends={"A-1.1": PASS, "A-1.2": FAIL}, exit_status=1).write(dossier)
    history = history_of(dossier)
    assert {a.item_id: a.state for a in history.attempts} == {"A-1.1": PASS, "A-1.2": FAIL}
    [run] = history.runs
    assert (run.exit_status, run.planned, run.interrupted_items) == (1, ("A-1.1", "A-1.2"), ())
    assert history.problems == history.damage == ()


def test_what_a_check_saw_stands_in_its_attempt(dossier: Dossier) -> None:
    clock = SetClock()
    segment = Run(run_id="1", planned=["A-1.1"], bindings={"env": "e"}).open(dossier, clock)
    start(segment, "A-1.1", text="abc")
    clock.advance(2)
    observe(segment, "A-1.1", found="12", unit="MB", blank="12", attachments=[ATTACHMENT])
    observe(segment, "A-1.1", found="1 MB", trace="traces/1/one.zip")
    clock.advance(3)
    finish(segment, "A-1.1", ERROR, message="m", cause="c", absence="a person's word")
    [found] = history_of(dossier).attempts
    assert (found.started_at, found.finished_at) == (NOW, NOW + timedelta(seconds=5))
    assert dict(found.bindings) == {"env": "e", "text": "abc"}
    assert (found.message, found.cause, found.absence) == ("m", "c", "a person's word")
    seen, traced = found.observations
    assert (seen.found, seen.blank, seen.at) == ("12", "12", NOW + timedelta(seconds=2))
    assert (seen.trace, traced.trace) == ("", "traces/1/one.zip")
    assert seen.attachments[0].name == "a"


@pytest.mark.parametrize(
    ("started", "said"),
    [(["A-1.2"], "checks under way: A-1.2"), ([], "nothing was under way")],
)
def test_a_killed_run_says_what_was_under_way(
    dossier: Dossier, started: list[str], said: str
) -> None:
    Run(
        run_id="1",
        ends={"A-1.1": PASS},
        planned=["A-1.1", "A-1.2"],
        started=started,
        exit_status=None,
    ).write(dossier)
    history = history_of(dossier)
    assert history.problems == (f"run 1 was interrupted; {said}",)
    assert history.runs[0].interrupted_items == tuple(started)
    assert history.damage == ()


def test_a_run_that_still_lives_is_not_called_interrupted(dossier: Dossier) -> None:
    Run(run_id="1", started=["A-1.1"], exit_status=None).write(dossier)
    history = history_of(dossier, alive=["1"])
    assert history.problems == ()
    assert history.runs[0].interrupted_items == ()


def test_processes_of_one_run_are_one_run(dossier: Dossier) -> None:
    main = Run(run_id="1", planned=["A-1.1", "A-1.2"], exit_status=0)
    main.write(dossier)
    for worker, item in (("gw0-1", "A-1.1"), ("gw1-2", "A-1.2")):
        Run(run_id="1", process=worker, ends={item: PASS}, exit_status=None).write(dossier)
    history = history_of(dossier)
    [run] = history.runs
    assert run.planned == ("A-1.1", "A-1.2")
    assert {a.item_id for a in history.attempts} == {"A-1.1", "A-1.2"}
    assert history.problems == ()


def test_what_any_process_of_a_run_noted_is_told_once_and_is_no_problem(dossier: Dossier) -> None:
    for worker, text in (("gw0-1", "a session was left"), ("gw1-2", "a session was left")):
        segment = Run(run_id="1", process=worker).open(dossier)
        segment.append("note", text=text)
        segment.close()
    Run(run_id="1", exit_status=0).write(dossier)
    history = history_of(dossier)
    [run] = history.runs
    assert run.notes == ("a session was left",)
    assert history.problems == history.damage == run.problems == ()


def test_a_check_that_took_its_worker_down_keeps_what_it_saw(dossier: Dossier) -> None:
    worker = Run(run_id="1", planned=["A-1.1"], process="gw0-1").open(dossier)
    start(worker, "A-1.1")
    observe(worker, "A-1.1", found="the last thing seen")
    main = Run(run_id="1", planned=["A-1.1"], process="main-0").open(dossier, later(9))
    finish(main, "A-1.1", ERROR, message="the worker process died", text_sha256="t")
    main.append("ended", exit_status=20)
    history = history_of(dossier)
    [found] = history.attempts
    assert found.state is ERROR
    assert found.observations[0].found == "the last thing seen"
    assert (found.started_at, found.bindings["text"]) == (NOW, "t")
    assert history.runs[0].interrupted_items == ()


def test_the_dossiers_of_two_machines_merge_by_union(tmp_path: Path) -> None:
    one, two, both = (Dossier(tmp_path / name) for name in ("one", "two", "both"))
    Run(run_id="20260125T140000Z-aa", ends={"A-1.1": FAIL, "A-1.2": PASS}).write(one)
    Run(
        run_id="20260125T150000Z-bb",
        ends={"A-1.1": PASS},
        at=NOW + timedelta(hours=1),
        covered=["A-1.1"],
    ).write(two)
    attachment = one.attach(b"x", name="x", media_type="text/plain")
    two.attach(b"x", name="x", media_type="text/plain")
    for folder in (two.folder, one.folder, two.folder):
        shutil.copytree(folder, both.folder, dirs_exist_ok=True)
    history = history_of(both)
    assert [(a.item_id, a.state) for a in history.attempts][-1] == ("A-1.1", PASS)
    assert len(history.attempts) == 3
    assert [run.run_id for run in history.runs] == ["20260125T140000Z-aa", "20260125T150000Z-bb"]
    assert history.covered == ("A-1.1",)
    assert both.blob(attachment.sha256) == b"x"


def test_attempts_are_ordered_by_their_end_not_by_their_run(dossier: Dossier) -> None:
    slow = Run(run_id="1").open(dossier, later(60))
    start(slow, "A-1.1")
    finish(slow, "A-1.1", FAIL)
    Run(run_id="2", ends={"A-1.1": PASS}, at=NOW + timedelta(seconds=30)).write(dossier)
    assert [a.state for a in history_of(dossier).attempts] == [PASS, FAIL]


def test_covered_is_what_the_newest_full_collection_found(dossier: Dossier) -> None:
    Run(run_id="1", covered=["A-1.1", "A-1.2"]).write(dossier)
    Run(run_id="2", covered=["A-1.1"]).write(dossier)
    Run(run_id="3", covered=None).write(dossier)
    assert history_of(dossier).covered == ("A-1.1",)


def test_the_instance_is_that_of_the_newest_run_that_reached_one(dossier: Dossier) -> None:
    Run(run_id="1", instance=NO_INSTANCE).write(dossier)
    assert history_of(dossier).instance == NO_INSTANCE
    Run(run_id="2", instance="box-2").write(dossier)
    Run(run_id="3", instance=NO_INSTANCE).write(dossier)
    history = history_of(dossier)
    assert history.instance == "box-2"
    assert history.latest_header["instance"] == NO_INSTANCE


def test_an_action_is_known_once_by_its_end(dossier: Dossier) -> None:
    segment = Run(run_id="1").open(dossier)
    act(segment, "migrate")
    [begun] = history_of(dossier, alive=["1"]).actions
    assert begun.outcome == "interrupted"
    act(segment, "migrate", outcome="finished", exit_status=0, finished_at="2026-01-25T14:05:00Z")
    [ended] = history_of(dossier).actions
    assert (ended.outcome, ended.exit_status, ended.ended_well) == ("finished", 0, True)


def test_an_action_whose_run_died_is_named_until_another_run_picks_it_up(dossier: Dossier) -> None:
    dead = Run(run_id="1").open(dossier)
    act(dead, "migrate")
    history = history_of(dossier)
    assert "actions under way: migrate" in history.problems[0]
    assert history.actions[0].outcome == "interrupted"
    second = Run(run_id="2").open(dossier, later(60))
    notes = ["picked up from run 1"]
    act(second, "migrate", run_id="1", outcome="failed", exit_status=3, notes=notes)
    second.append("ended", exit_status=1)
    history = history_of(dossier)
    [found] = history.actions
    assert (found.outcome, found.exit_status, found.run_id) == ("failed", 3, "1")
    assert found.started_at == NOW
    assert history.actions_of("migrate", INSTANCE) == (found,)
    assert history.problems == ()


def test_an_action_that_outlived_its_run_is_named(dossier: Dossier) -> None:
    segment = Run(run_id="1").open(dossier)
    act(segment, "backup", outcome="finished", exit_status=0, finished_at="2026-01-25T14:05:00Z")
    act(segment, "migrate")
    segment.append("ended", exit_status=2)
    assert history_of(dossier).problems == ("run 1 ended before these actions did: migrate",)


def test_an_action_run_again_stands_beside_the_first(dossier: Dossier) -> None:
    segment = Run(run_id="1").open(dossier)
    act(segment, "migrate", outcome="failed", exit_status=3)
    again = NOW + timedelta(minutes=9)
    act(segment, "migrate", at=again)
    act(segment, "migrate", at=again, outcome="finished", exit_status=0)
    history = history_of(dossier)
    assert [a.outcome for a in history.actions] == ["failed", "finished"]
    assert history.actions_of("migrate", INSTANCE)[-1].exit_status == 0


def test_actions_of_another_instance_or_name_are_not_taken_for_this_one(dossier: Dossier) -> None:
    act(Run(run_id="1", instance="other").open(dossier), "migrate", outcome="finished")
    history = history_of(dossier)
    assert not history.actions_of("migrate", INSTANCE)
    assert not history.actions_of("backup", "other")
    assert len(history.actions_of("migrate", "other")) == 1


def test_a_baseline_is_found_with_its_time_and_instance(dossier: Dossier) -> None:
    segment = Run(run_id="1").open(dossier)
    segment.append("before", phase="phase1", attachment=ATTACHMENT)
    [found] = history_of(dossier).baselines
    assert (found.phase, found.run_id, found.instance, found.at) == ("phase1", "1", INSTANCE, NOW)
    assert found.attachment.sha256 == "0" * 64


def test_attempts_of_a_run_are_its_latest_by_item(dossier: Dossier) -> None:
    Run(run_id="1", ends={"A-1.1": FAIL}).write(dossier)
    Run(run_id="2", ends={"A-1.1": PASS}).write(dossier)
    history = history_of(dossier)
    assert history.attempts_of_run("1")["A-1.1"].state is FAIL
    assert history.attempts_of_run("2")["A-1.1"].state is PASS
    assert history.attempts_of_run("3") == {}
