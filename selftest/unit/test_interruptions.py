from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gonogo.dossier import Dossier
from gonogo.verdict import State
from selftest.unit.dossiers import NOW, Run, SetClock, act, finish, history_of, start

PASS = State.PASS
BOTH = {"A-1.1": PASS, "A-1.2": PASS}
CHECKS = "run 1 was interrupted; checks under way: A-1.2"
ACTIONS = "run 1 was interrupted; actions under way: migrate"
LATER = NOW + timedelta(minutes=1)


def killed(dossier: Dossier, **parts: Any) -> None:  # noqa: ANN401
    Run(
        run_id="1",
        **{"ends": {"A-1.1": PASS}, "planned": [*BOTH], "started": ["A-1.2"], **parts},
        exit_status=None,
    ).write(dossier)


def killed_while_it_acted(dossier: Dossier, **parts: Any) -> None:  # noqa: ANN401
    act(Run(run_id="1", **parts).open(dossier), "migrate")


def acted(dossier: Dossier, *, at: Any = LATER, run: dict[str, Any], **fields: Any) -> None:  # noqa: ANN401
    segment = Run(**{"run_id": "2", **run}).open(dossier, SetClock(at=LATER))
    act(segment, "migrate", at=at, **fields)
    segment.append("ended", exit_status=0)


def said(dossier: Dossier, *alive: str) -> tuple[str, ...]:
    return history_of(dossier, alive=alive).problems


class TestChecks:
    def test_the_next_run_says_it_also_when_it_covers_everything(self, dossier: Dossier) -> None:
        killed(dossier)
        Run(run_id="2", ends=BOTH).write(dossier)
        assert said(dossier, "2") == (CHECKS,)

    def test_once_that_run_has_covered_it_nobody_says_it_and_the_record_keeps_it(
        self, dossier: Dossier
    ) -> None:
        killed(dossier)
        Run(run_id="2", ends=BOTH).write(dossier)
        assert said(dossier) == ()
        run = history_of(dossier).runs[0]
        assert (run.problems, run.interrupted_items) == ((CHECKS,), ("A-1.2",))

    @pytest.mark.parametrize(
        "later",
        [
            {"ends": {"A-1.1": PASS}},
            {"ends": BOTH, "exit_status": None},
            {"ends": BOTH, "commit": "another"},
            {"ends": {"A-1.1": PASS}, "planned": [*BOTH], "started": ["A-1.2"], "exit_status": 2},
        ],
        ids=["other items", "interrupted too", "another commit", "stopped before its end"],
    )
    def test_a_run_that_did_not_cover_it_settles_nothing(
        self, dossier: Dossier, later: dict[str, Any]
    ) -> None:
        killed(dossier)
        Run(run_id="2", **later).write(dossier)
        assert CHECKS in said(dossier)

    def test_an_older_run_settles_nothing(self, dossier: Dossier) -> None:
        Run(run_id="0", ends=BOTH).write(dossier)
        killed(dossier)
        assert said(dossier) == (CHECKS,)

    def test_several_later_runs_may_cover_it_between_them(self, dossier: Dossier) -> None:
        killed(dossier)
        Run(run_id="2", ends={"A-1.1": PASS}).write(dossier)
        Run(run_id="3", ends={"A-1.2": PASS}).write(dossier)
        assert said(dossier) == ()

    def test_an_item_without_a_check_needs_no_covering(self, dossier: Dossier) -> None:
        killed(dossier, planned=[*BOTH, "A-9.9"])
        Run(run_id="2", ends=BOTH, covered=[*BOTH]).write(dossier)
        assert said(dossier) == ()

    def test_a_run_that_planned_nothing_is_history_after_the_next_one(
        self, dossier: Dossier
    ) -> None:
        killed(dossier, ends={}, planned=[], started=[])
        assert said(dossier) == ("run 1 was interrupted; nothing was under way",)
        Run(run_id="2").write(dossier)
        assert said(dossier) == ()

    def test_so_is_one_that_wrote_nothing_or_half_a_line(self, dossier: Dossier) -> None:
        dossier.run_folder("1").mkdir(parents=True)
        (dossier.run_folder("1") / "main.jsonl").write_bytes(b'{"kind"')
        assert len(said(dossier)) == 2
        Run(run_id="2").write(dossier)
        assert len(said(dossier, "2")) == 2
        assert said(dossier) == ()


class TestActions:
    def test_a_run_that_covers_the_checks_does_not_settle_the_action(
        self, dossier: Dossier
    ) -> None:
        segment = Run(run_id="1", planned=["A-1.1"]).open(dossier)
        start(segment, "A-1.1")
        act(segment, "migrate")
        Run(run_id="2", ends=BOTH).write(dossier)
        assert said(dossier) == (ACTIONS,)

    def test_the_checks_are_still_named_where_only_the_action_is_settled(
        self, dossier: Dossier
    ) -> None:
        segment = Run(run_id="1", planned=["A-1.2"]).open(dossier)
        start(segment, "A-1.2")
        act(segment, "migrate")
        acted(dossier, at=NOW, run={}, run_id="1", outcome="finished", exit_status=0)
        assert said(dossier) == (CHECKS,)

    @pytest.mark.parametrize("outcome", ["finished", "failed", "unfinished"])
    def test_its_end_written_down_by_a_later_run_settles_it_however_it_ended(
        self, dossier: Dossier, outcome: str
    ) -> None:
        killed_while_it_acted(dossier)
        acted(dossier, at=NOW, run={}, run_id="1", outcome=outcome)
        assert said(dossier, "2") == (ACTIONS,)
        assert said(dossier) == ()

    def test_a_later_attempt_that_finished_settles_it(self, dossier: Dossier) -> None:
        killed_while_it_acted(dossier)
        acted(dossier, run={}, outcome="finished", exit_status=0)
        assert said(dossier) == ()

    def test_a_later_attempt_of_a_run_that_was_killed_too_is_not_enough_until_one_has_said_it(
        self, dossier: Dossier
    ) -> None:
        killed_while_it_acted(dossier)
        segment = Run(run_id="2").open(dossier)
        act(segment, "migrate", at=LATER, outcome="finished", exit_status=0)
        assert ACTIONS in said(dossier)
        Run(run_id="3", ends=BOTH).write(dossier)
        assert ACTIONS not in said(dossier)

    @pytest.mark.parametrize("outcome", ["failed", "unfinished", "interrupted"])
    def test_a_later_attempt_that_did_not_finish_settles_nothing(
        self, dossier: Dossier, outcome: str
    ) -> None:
        killed_while_it_acted(dossier)
        acted(dossier, run={}, outcome=outcome)
        assert ACTIONS in said(dossier)

    def test_another_action_settles_nothing(self, dossier: Dossier) -> None:
        killed_while_it_acted(dossier)
        segment = Run(run_id="2").open(dossier, SetClock(at=LATER))
        act(segment, "backup", at=LATER, outcome="finished", exit_status=0)
        segment.append("ended", exit_status=0)
        assert said(dossier) == (ACTIONS,)

    @pytest.mark.parametrize(
        ("rehearsal", "target", "settled"),
        [(True, "tiny", True), (True, "other", False), (False, "tiny", False)],
    )
    def test_another_instance_settles_it_only_in_a_rehearsal_of_the_same_target(
        self, dossier: Dossier, *, rehearsal: bool, target: str, settled: bool
    ) -> None:
        killed_while_it_acted(dossier, rehearsal=rehearsal)
        run = {"instance": "tiny-2", "rehearsal": rehearsal, "target": target}
        acted(dossier, run=run, outcome="finished", exit_status=0)
        assert (said(dossier) == ()) is settled

    def test_one_that_outlived_its_run_is_said_until_its_end_is_known(
        self, dossier: Dossier
    ) -> None:
        segment = Run(run_id="1").open(dossier)
        act(segment, "migrate")
        segment.append("ended", exit_status=2)
        outlived = "run 1 ended before these actions did: migrate"
        Run(run_id="2", ends=BOTH).write(dossier)
        assert said(dossier) == (outlived,)
        acted(dossier, at=NOW, run={"run_id": "3"}, run_id="1", outcome="finished", exit_status=0)
        assert said(dossier, "3") == (outlived,)
        assert said(dossier) == ()


def test_runs_of_the_same_second_are_told_apart_by_when_they_began(dossier: Dossier) -> None:
    segment = Run(run_id="20261001T120000Z-ff0000", planned=["A-1.1"]).open(dossier, SetClock())
    start(segment, "A-1.1")
    later = Run(run_id="20261001T120000Z-000000").open(dossier, SetClock(at=LATER))
    start(later, "A-1.1")
    finish(later, "A-1.1", PASS)
    later.append("ended", exit_status=0)
    assert said(dossier) == ()
