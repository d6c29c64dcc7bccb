from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from gonogo.records import Absence
from gonogo.verdict import State
from staging.faults.fault import Fault
from staging.faults.outcome import Outcome, tally
from staging.faults.running import Observed, observed_in
from staging.faults.table import in_short, listing, summary, surprises, table


def a_fault(name: str = "a", **expected: State) -> Fault:
    items = {item.replace("_", "-"): state for item, state in expected.items()}
    return Fault(
        id=name, sentence=f"{name} broke.", group="g", expected=items, breaks=lambda _clone: None
    )


def an_outcome(
    fault: Fault, states: Mapping[str, State], trouble: str = "", left_out: str = ""
) -> Outcome:
    observed = Observed(states=states, checked=3, trouble=trouble)
    return Outcome(fault=fault, observed=observed, left_out=frozenset(left_out.split()))


def test_an_item_that_stays_green_is_missed() -> None:
    outcome = an_outcome(a_fault(X_1=State.FAIL, X_2=State.FAIL), {"X-1": State.FAIL})
    assert outcome.missed == {"X-2": "PASS, not FAIL"}
    assert not outcome.extra
    assert not outcome.right


def test_an_item_in_another_state_is_missed_and_no_false_alarm() -> None:
    outcome = an_outcome(a_fault(X_1=State.FAIL), {"X-1": State.ERROR})
    assert outcome.missed == {"X-1": "ERROR, not FAIL"}
    assert outcome.extra == {}


def test_an_unexpected_red_item_is_a_false_alarm() -> None:
    outcome = an_outcome(a_fault(X_1=State.FAIL), {"X-1": State.FAIL, "X-2": State.INCONCLUSIVE})
    assert outcome.missed == {}
    assert outcome.extra == {"X-2": "INCONCLUSIVE"}
    assert not outcome.right


def test_only_the_exact_set_is_right() -> None:
    assert an_outcome(a_fault(X_1=State.FAIL), {"X-1": State.FAIL}).right
    assert an_outcome(a_fault(), {}).right
    assert not an_outcome(a_fault(), {}, trouble="it broke").right


def test_an_item_that_this_machine_cannot_judge_is_neither_missed_nor_extra() -> None:
    fault = a_fault(X_1=State.FAIL, X_2=State.FAIL)
    states = {"X-1": State.FAIL, "X-2": State.NOT_RUN, "X-3": State.NOT_RUN}
    assert an_outcome(fault, states, left_out="X-2 X-3").right
    assert not an_outcome(fault, states).right


def test_a_fault_that_cannot_be_seen_here_is_no_kill() -> None:
    outcome = an_outcome(a_fault(X_1=State.FAIL), {"X-1": State.NOT_RUN}, left_out="X-1")
    total = tally([outcome], [outcome.fault], ["X-1"])
    assert (total.faults, total.killed, total.perfect) == (0, 0, True)
    assert "not judged, this machine lacks the tool: X-1" in summary(total)


def test_a_tally_is_perfect_when_all_is_killed_and_nothing_is_left() -> None:
    fault, harmless = a_fault("f", X_1=State.FAIL), a_fault("c")
    outcomes = [an_outcome(fault, {"X-1": State.FAIL}), an_outcome(harmless, {})]
    total = tally(outcomes, [fault, harmless], ["X-1"])
    assert (total.faults, total.killed, total.false_alarms, total.broken) == (1, 1, 0, 0)
    assert total.perfect
    assert summary(total) == [
        "red by item, whole catalogue: X-1 1",
        "kill rate: 100% (1 of 1 faults)",
        "false alarms: 0 (over 1 faults and 1 controls)",
    ]


def test_a_miss_a_false_alarm_or_trouble_spoils_a_tally() -> None:
    fault, harmless = a_fault("f", X_1=State.FAIL), a_fault("c")
    killed = an_outcome(fault, {"X-1": State.FAIL})
    for outcomes in (
        [an_outcome(fault, {})],
        [killed, an_outcome(harmless, {"X-1": State.FAIL})],
        [killed, an_outcome(harmless, {}, trouble="no server")],
        [],
    ):
        assert not tally(outcomes, [fault, harmless], ["X-1"]).perfect


def test_an_item_that_nothing_turns_red_spoils_a_tally() -> None:
    fault = a_fault("f", X_1=State.FAIL, X_2=State.NOT_RUN)
    states = {"X-1": State.FAIL, "X-2": State.NOT_RUN}
    total = tally([an_outcome(fault, states)], [fault], ["X-1", "X-2"])
    assert total.uncovered == ["X-2"]
    assert not total.perfect
    assert "never turned red: X-2" in summary(total)


def test_states_are_written_in_short() -> None:
    states = {
        "MIG-3.1": State.FAIL,
        "MIG-1.2": State.FAIL,
        "MIG-1.1": State.FAIL,
        "MIG-3.4": State.NOT_RUN,
    }
    assert in_short(states) == "FAIL MIG-1.1 1.2 3.1, NOT_RUN MIG-3.4"
    assert in_short({}) == "all green"


def test_the_table_has_a_line_for_each_outcome() -> None:
    fault = a_fault("lost-row", X_1=State.FAIL)
    lines = table([an_outcome(fault, {"X-2": State.ERROR}), an_outcome(fault, {}, trouble="t")])
    assert lines[0].split() == ["fault", "expected", "observed", "missed", "extra", "s"]
    assert lines[2].split() == ["lost-row", "FAIL", "X-1", "ERROR", "X-2", "X-1", "X-2", "0.0"]
    assert "not run" in lines[3]


def test_a_surprise_is_told_with_the_checks_own_words() -> None:
    observed = Observed(states={"X-2": State.FAIL}, messages={"X-2": "row 7\nis gone"}, checked=2)
    outcome = Outcome(fault=a_fault("f", X_1=State.FAIL), observed=observed)
    broken = Outcome(fault=a_fault("g", X_1=State.FAIL), observed=Observed(trouble="no place"))
    right = an_outcome(a_fault("h"), {})
    assert list(surprises([outcome, broken, right])) == [
        "f: f broke.",
        "  missed  X-1: PASS, not FAIL",
        "  extra   X-2: FAIL",
        "            row 7",
        "            is gone",
        "g: g broke.",
        "  could not be run: no place",
    ]
    assert "could not be run: 1" in summary(tally([broken], [], []))


def test_the_list_names_group_fault_sentence_and_items() -> None:
    assert list(listing([a_fault("f", X_1=State.FAIL), a_fault("c")])) == [
        "g:",
        "  f",
        "      f broke.",
        "      FAIL X-1",
        "  c",
        "      c broke.",
        "      all green",
    ]


def results(verdict: str, **states: str) -> dict[str, object]:
    items = [
        {
            "id": item,
            "state": state,
            "in_scope": item != "out",
            "message": "",
            "reason": "why",
            "finished_at": "2026-03-01T12:00:00.000Z",
            "absence": str(Absence.TOOL) if item == "edge" else None,
        }
        for item, state in states.items()
    ]
    return {"verdict": verdict, "items": items}


def test_what_left_green_is_read_from_the_results() -> None:
    seen = observed_in(
        results("NO-GO", a="PASS", b="FAIL", n="NOT_APPLICABLE", edge="NOT_RUN", out="NOT_RUN"),
        items=["a", "b", "n", "edge", "out"],
    )
    assert seen.states == {"b": State.FAIL, "edge": State.NOT_RUN}
    assert seen.messages == {"b": "why", "edge": "why"}
    assert seen.without_tool == {"edge"}
    assert seen.checked == 4
    assert Observed.from_json(seen.to_json()) == seen


def test_an_item_without_a_check_is_not_asked_for() -> None:
    seen = observed_in(results("HOLD", a="PASS", b="NOT_RUN"), items=["a"])
    assert (seen.trouble, seen.states, seen.checked) == ("", {}, 1)


def test_what_an_earlier_run_saw_is_not_observed() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    data = results("GO", a="PASS")
    assert observed_in(data, items=["a"], since=noon).states == {}
    later = observed_in(data, items=["a"], since=noon + timedelta(seconds=1))
    assert later.states == {"a": State.NOT_RUN}
    assert later.messages == {"a": "not looked at in this run"}


def test_what_does_not_apply_is_green_whenever_it_was_looked_at() -> None:
    item = {
        "id": "a",
        "state": "NOT_APPLICABLE",
        "in_scope": True,
        "message": "",
        "reason": "",
        "finished_at": "2026-01-25T12:00:00Z",
    }
    data = {"verdict": "GO", "items": [item]}
    later = datetime(2026, 1, 25, 13, tzinfo=UTC)
    assert observed_in(data, items=["a"], since=later).states == {}


@pytest.mark.parametrize(
    "data", [results("GO", a="FAIL"), results("NO-GO", a="PASS"), results("HOLD", out="PASS")]
)
def test_a_verdict_that_does_not_fit_its_items_is_trouble(data: dict[str, object]) -> None:
    assert "verdict" in observed_in(data, items=["a"]).trouble
