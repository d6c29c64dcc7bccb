from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gonogo.records import Absence
from gonogo.report.headline import covers, heads, next_step, settled, why
from gonogo.report.wording import ADVICE
from gonogo.verdict import State
from selftest.report import records, sample

if TYPE_CHECKING:
    from gonogo.records import ReleaseView, Standing

ITEMS = {item.id: item for item in records.items()}


def _view(*standings: Standing, **given: object) -> ReleaseView:
    scope = {s.item.id for s in standings}
    return sample.view(standings, scope, rehearsal=False, **given)  # type: ignore[arg-type]


def _in(state: State, item_id: str = "MIG-1.1", reason: str = "because") -> Standing:
    return records.standing(ITEMS[item_id], state=state, reason=reason)


def test_a_go_says_what_it_rests_on() -> None:
    assert why(sample.green_view()) == "All 12 items in scope are settled."
    assert settled(sample.green_view()) == "12 of 12 items in scope settled"
    assert why(_view(_in(State.PASS))) == "The one item in scope is settled."


def test_a_go_names_waivers_and_advisory_reds() -> None:
    view = _view(_in(State.WAIVED), _in(State.PASS, "MIG-1.2"), _in(State.FAIL, "BLD-3.1"))
    assert why(view) == (
        "All 2 items that can hold it up are settled, 1 WAIVED among them;"
        " 1 advisory item not settled."
    )
    assert settled(view) == "2 of 3 items in scope settled, 1 of the rest advisory"


def test_a_no_go_names_its_first_red_and_how_many_there_are() -> None:
    one = _view(_in(State.FAIL, reason="three rows are lost"))
    assert why(one) == "MIG-1.1 Backup file created: three rows are lost"
    same = _view(_in(State.FAIL), _in(State.REFUSED, "MIG-1.2"))
    assert why(same).startswith("2 items failed; the first is MIG-1.1")
    several = _view(_in(State.FAIL), _in(State.FAIL, "MIG-1.2", "else"))
    assert why(several).startswith("2 items failed for 2 causes; the first is MIG-1.1")


def test_a_hold_says_that_nothing_failed_and_what_is_not_settled() -> None:
    view = _view(_in(State.ERROR), _in(State.NOT_RUN, "MIG-1.2"))
    assert why(view) == "Nothing failed, but 2 items are not settled: 1 ERROR, 1 NOT RUN."
    assert why(_view(_in(State.PENDING))) == (
        "Nothing failed, but 1 item is not settled: 1 PENDING."
    )


def test_an_empty_scope_proves_nothing_and_says_so() -> None:
    view = sample.view([_in(State.PASS)], set(), name="", rehearsal=False)
    assert why(view) == "No item of the checklist is in scope, so nothing was proven."
    assert next_step(view) == "Mend the problems of the record, then run again."


def test_a_damaged_record_is_the_reason_where_every_item_is_settled() -> None:
    view = _view(_in(State.PASS), problems=("a line was changed", "a clock is wrong"))
    assert why(view) == "Every item is settled, but a line was changed; and 1 more problem."
    assert next_step(view) == "Mend the problems of the record, then run again."


@pytest.mark.parametrize("state", [State.PASS, State.NOT_RUN, State.ERROR])
def test_damage_is_the_next_thing_to_mend_where_nothing_failed(state: State) -> None:
    damage = "reports/1.0/runs/1/main-1.jsonl: line 4 is not as it was written; move the folder 1"
    view = replace(_view(_in(state), problems=(damage,)), damage=(damage,))
    assert next_step(view) == f"Mend the record: {damage}."


def test_a_red_is_mended_before_damage() -> None:
    view = replace(_view(_in(State.FAIL), problems=("torn apart",)), damage=("torn apart",))
    assert next_step(view) == ADVICE[State.FAIL]


def test_the_heads_say_rehearsal_partial_and_incomplete() -> None:
    view = replace(_view(_in(State.NOT_RUN), partial=True), rehearsal=True)
    assert [head.word for head in heads(view)] == ["REHEARSAL", "PARTIAL", "INCOMPLETE RUN"]
    assert heads(view)[1].meaning == "it speaks for 1 item picked by name, no others"
    assert heads(view)[2].meaning == "1 of 1 item in scope was not run"
    assert heads(_view(_in(State.PASS))) == ()


@pytest.mark.parametrize(
    "state",
    [s for s in State if s not in {State.PASS, State.PASS_AFTER_RETRY, State.ATTESTED}],
)
def test_every_state_leads_to_a_next_step(state: State) -> None:
    assert next_step(_view(_in(state)))


def test_the_next_step_is_what_the_worst_red_says_to_do() -> None:
    assert next_step(sample.full_view(records.Blobs())).startswith("compare with the backup")
    one = _view(
        _in(State.FAIL, reason="x\n  what to do: mend a"),
        _in(State.FAIL, "MIG-1.2", "x\n  what to do: mend b"),
    )
    assert next_step(one) == "mend a"


def test_the_next_step_is_the_fails_also_where_only_the_error_names_one() -> None:
    view = _view(
        _in(State.FAIL, reason="the script failed"),
        _in(State.ERROR, "MIG-1.2", "nothing answers\n  what to do: start the server"),
    )
    assert next_step(view) == ADVICE[State.FAIL]


def _not_run(item_id: str, absence: Absence) -> Standing:
    return replace(_in(State.NOT_RUN, item_id), absence=absence)


def test_where_no_run_helps_nobody_is_sent_to_run_again() -> None:
    without = _not_run("MIG-1.2", Absence.NO_CHECK)
    person = _not_run("BLD-3.1", Absence.PERSON)
    assert next_step(_view(_in(State.PASS), without)) == (
        "Nothing more can be run here: items without a check yet keep the whole at HOLD."
    )
    both = _view(_in(State.PASS), without, replace(person, item=ITEMS["MIG-1.3"]))
    assert "without a check yet and those that need a person's word keep" in next_step(both)
    box = replace(both, rehearsal=True, in_a_box=True)
    assert next_step(box).endswith("goes on with a real target: --target NAME.")


def test_where_a_run_helps_it_is_what_comes_next() -> None:
    view = _view(_not_run("MIG-1.2", Absence.NO_CHECK), _not_run("MIG-1.1", Absence.NOT_SELECTED))
    assert next_step(view) == ADVICE[State.NOT_RUN]


def test_a_green_rehearsal_or_partial_run_sends_to_the_real_one() -> None:
    assert "on a real target" in next_step(sample.green_view())
    staging = replace(sample.green_view(), in_a_box=False)
    assert "on production" in next_step(staging)
    assert next_step(sample.green_view(rehearsal=False, partial=True)).startswith("Run the whole")
    assert next_step(sample.green_view(rehearsal=False)) == (
        "Settle what comes before it, then go on."
    )
    assert next_step(_view(_in(State.PASS))) == "Go on, and keep the report."


def test_a_rehearsal_says_whether_it_was_in_a_box_or_on_a_real_target() -> None:
    box = replace(_view(_in(State.PASS)), rehearsal=True, in_a_box=True)
    assert heads(box)[0].meaning.startswith("in a box on made-up data")
    real = heads(replace(box, in_a_box=False))[0].meaning
    assert real == "on staging, a real target but not production: it speaks for staging alone"


def test_a_verdict_over_a_part_says_what_comes_before_it_and_is_not_settled() -> None:
    before = "before it and not settled: preflight (94 items), final (16 items)"
    assert covers(sample.green_view()) == f"phase1 only; {before}"


def test_what_is_settled_advisory_or_due_later_is_not_missing_before_it() -> None:
    chosen = _in(State.PASS, "VER-1.1")
    others = [
        _in(State.PASS, "ENV-1.1"),
        _in(State.FAIL, "BLD-3.1"),
        _in(State.FAIL, "R1-1.1"),
        _in(State.FAIL, "RBK-1.1"),
    ]
    view = sample.view([chosen, *others], {"VER-1.1"}, rehearsal=False)
    assert covers(view) == "phase3 only"


def test_a_verdict_over_everything_or_nothing_needs_no_such_line() -> None:
    assert covers(_view(_in(State.PASS))) == ""
    assert covers(sample.view([_in(State.PASS)], set())) == ""


def test_many_phases_are_counted_not_named() -> None:
    assert covers(sample.full_view(records.Blobs())) == "8 of 14 phases only"
