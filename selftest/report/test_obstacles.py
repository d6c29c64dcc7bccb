from __future__ import annotations

from dataclasses import replace

from gonogo.errors import CannotTell
from gonogo.gate import decide
from gonogo.records import Absence
from gonogo.report.message import read_message, told, with_unit
from gonogo.report.obstacles import not_run_by_reason, obstacles
from gonogo.verdict import State
from selftest.report import sample

ITEMS = {item.id: item for item in sample.items()}


def test_the_parts_of_an_error_are_read_back() -> None:
    error = CannotTell("refused", where="host", expected="yes", found="no\nand no", do="look")
    said = read_message(str(error))
    assert (said.headline, said.where, said.expected) == ("refused", "host", "yes")
    assert said.found == "no\nand no"
    assert said.do == "look"
    assert not said.detail


def test_a_label_counts_once_so_that_a_value_cannot_rewrite_it() -> None:
    said = read_message("x\n  expected: 1\n  found: a\n  expected: 2")
    assert said.expected == "1"
    assert said.found == "a\n  expected: 2"


def test_lines_before_the_first_label_are_details() -> None:
    assert read_message("x\n  - a: b\n  what to do: y").detail == "  - a: b"


def test_a_red_without_expectation_in_its_text_takes_it_from_the_differing_observation() -> None:
    seen = (sample.observation("a", "1", "2", unit="ms"), sample.observation("b", "3", "3"))
    red = sample.attempt("MIG-1.1", State.FAIL, *seen, message="too slow")
    said = told(sample.standing(ITEMS["MIG-1.1"], red))
    assert (said.headline, said.expected, said.found) == ("too slow", "1", "2 ms")


def test_a_red_without_any_text_is_named_by_what_was_looked_at() -> None:
    red = sample.attempt("MIG-1.1", State.FAIL, sample.observation("the port", "open", "open"))
    assert told(sample.standing(ITEMS["MIG-1.1"], red)).headline == "the port"


def test_the_reason_speaks_where_the_state_is_not_the_checks_own() -> None:
    stale = sample.standing(
        ITEMS["MIG-1.1"], sample.attempt("MIG-1.1"), state=State.STALE, reason="too old"
    )
    assert told(stale) == read_message("too old")


def test_a_unit_is_added_to_figures_only() -> None:
    assert with_unit("3.2", "MB") == "3.2 MB"
    assert with_unit("no answer", "MB") == "no answer"
    assert with_unit("", "MB") == ""


def test_items_of_one_cause_are_told_once_reds_first() -> None:
    view = sample.full_view(sample.Blobs())
    ways = obstacles(view.decision)
    assert [way.state for way in ways[:3]] == [State.FAIL] * 3
    first = ways[0]
    assert first.cause == sample.CAUSE
    assert [s.item.id for s in first.looked] == ["MIG-2.2", "MIG-2.4", "MIG-3.2"]
    assert [s.item.id for s in first.not_run] == ["MIG-3.3"]
    assert first.where.startswith("public schema")
    assert first.do.startswith("read migrate.log")
    assert all(not account.where and not account.do for account, _ in first.stories)


def test_what_differs_between_the_items_of_a_cause_stays_with_each() -> None:
    reds = [
        sample.standing(
            ITEMS[item_id],
            sample.attempt(
                item_id, State.FAIL, message=f"x\n  what to do: mend {item_id}", cause="one"
            ),
        )
        for item_id in ("MIG-1.1", "MIG-1.2")
    ]
    (way,) = obstacles(decide(reds, scope="", in_scope={"MIG-1.1", "MIG-1.2"}))
    assert not way.do
    assert [account.do for account, _ in way.stories] == ["mend MIG-1.1", "mend MIG-1.2"]


def test_an_advisory_red_stands_in_nobodys_way() -> None:
    view = sample.full_view(sample.Blobs())
    held = {s.item.id for way in obstacles(view.decision) for s in way.standings}
    assert "BLD-3.1" not in held


def test_items_nobody_looked_at_are_grouped_by_why_interrupted_ones_first() -> None:
    bare = sample.standing(ITEMS["MIG-1.1"])
    lost = replace(bare, item=ITEMS["MIG-1.2"], reason="", absence=Absence.NOT_FINISHED)
    unknown = replace(bare, item=ITEMS["MIG-1.3"], reason="", absence=None)
    assert list(not_run_by_reason([bare, lost, unknown])) == [
        "planned, never finished",
        "not run on this target",
        "no reason is recorded",
    ]


def test_a_state_without_any_words_is_explained_by_its_meaning() -> None:
    refused = replace(sample.standing(ITEMS["MIG-1.1"]), state=State.REFUSED, reason="")
    (way,) = obstacles(decide([refused], scope="", in_scope={"MIG-1.1"}))
    assert way.cause == "A person in the role said no."
