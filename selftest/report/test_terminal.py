from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gonogo.checklist import PHASES
from gonogo.comparison import Comparison, Difference
from gonogo.errors import TooLittleToDecide
from gonogo.report import summary_lines
from gonogo.report.terminal import SHOWN_CAUSES, SHOWN_PROBLEMS
from gonogo.verdict import State
from selftest.report import records, sample

if TYPE_CHECKING:
    from gonogo.records import Standing

ITEMS = {item.id: item for item in records.items()}


def _lines(standings: list[Standing], **given: object) -> list[str]:
    view = sample.view(standings, {s.item.id for s in standings}, **given)  # type: ignore[arg-type]
    return summary_lines(view, report_path="reports/x/report.html", width=100)


def _red(item_id: str, message: str, cause: str = "") -> Standing:
    return records.standing(
        ITEMS[item_id], records.attempt(item_id, State.FAIL, message=message, cause=cause)
    )


def test_a_green_run_is_a_few_lines() -> None:
    assert summary_lines(sample.green_view(), report_path="reports/x/report.html", width=100) == [
        "phase1  12 PASS",
        "",
        "gonogo: GO — 12 of 12 items in scope settled (phase1)",
        "REHEARSAL: in a box on made-up data: it tries the scripts, not the real target",
        "covers: phase1 only; before it and not settled: preflight (94 items), final (16 items)",
        "next:   Run the same on a real target before you decide: --target NAME.",
        "report: reports/x/report.html",
    ]


def test_what_the_newest_run_noted_is_said_and_what_older_ones_did_is_not() -> None:
    view = sample.green_view()
    older, newest = (
        replace(view.runs[-1], notes=("long ago",)),
        replace(view.runs[-1], notes=("a session was left: end it by hand",)),
    )
    lines = summary_lines(replace(view, runs=(older, newest)), report_path="r", width=100)
    assert lines[1:3] == ["", "note     a session was left: end it by hand"]
    assert not any("long ago" in line for line in lines)
    assert not any("note" in line for line in summary_lines(view, report_path="r", width=100))


def test_a_whole_checklist_nobody_ran_is_one_line_for_each_phase_and_one_for_why() -> None:
    bare = [records.standing(item) for item in ITEMS.values() if not item.advisory]
    lines = _lines(bare, name="")
    phases = {item.phase for item in ITEMS.values()}
    assert [line.split()[0] for line in lines[: len(phases)]] == list(PHASES[: len(phases)])
    assert sum(line.startswith("not run") for line in lines) == 1
    assert len(lines) < len(phases) + 10
    assert f"gonogo: HOLD — 0 of {len(bare)} items in scope settled (the whole checklist)" in lines


def test_reds_of_one_cause_are_told_together_with_what_to_do_once() -> None:
    view = sample.full_view(records.Blobs())
    text = "\n".join(summary_lines(view, report_path="r", width=100))
    assert "2. FAIL: migration 002 stopped at its statement 14 of 22" in text
    assert "     expected  no ERROR line in the log" in text
    assert "     found     1 ERROR line, line 31" in text
    assert text.count("read migrate.log") == 1
    assert text.count("compare with the backup") == 2  # in the cause, and as the next step
    assert "   not run because of it: MIG-3.3" in text
    assert "   MON-1.1, MON-1.2, VER-1.2" in text


@pytest.mark.parametrize("width", [10, 60, 100, 400])
def test_no_line_is_wider_than_asked_or_carries_control_characters(width: int) -> None:
    view = sample.full_view(records.Blobs())
    lines = summary_lines(view, report_path="r" * 30, width=width)
    wide = [line for line in lines if len(line) > max(40, min(width, 120))]
    assert all(len(line.split()) == 2 and "/" in line for line in wide)  # a label and a path
    assert not any("\x1b" in line or "\x00" in line for line in lines)


def test_what_is_to_be_copied_is_not_cut_at_its_hyphens_nor_the_path_anywhere() -> None:
    path = "/srv/" + "a-long-name-" * 9 + "/report.html"
    view = sample.view([_red("MIG-1.1", "look into " + "some-other-folder " * 9)], {"MIG-1.1"})
    lines = summary_lines(view, report_path=path, width=60)
    assert lines[-1] == f"report: {path}"
    assert not any(line.endswith("-") for line in lines)

    seen = records.observation("place", "there", path)
    gone = records.attempt("MIG-1.1", State.FAIL, seen, message="it is gone")
    assert f"     found     {path}" in _lines([records.standing(ITEMS["MIG-1.1"], gone)])


def test_many_causes_items_details_and_problems_are_cut_and_counted() -> None:
    reds = [_red(f"BLD-4.{n}", f"cause {n}") for n in range(1, 7)]
    reds += [_red(f"ENV-2.{n}", f"cause {n} of env") for n in range(1, 9)]
    lines = _lines(reds, problems=[f"problem {n}" for n in range(9)])
    left = "ENV-2.3, ENV-2.4, ENV-2.5, ENV-2.6, ENV-2.7, ENV-2.8"
    assert f"… and {14 - SHOWN_CAUSES} more causes, all in the report: {left}" in lines
    assert sum(line.startswith("problem  ") for line in lines) == SHOWN_PROBLEMS + 1
    assert "problem  … and 4 more, all in the report" in lines

    shared = [_red(f"ENV-2.{n}", f"story {n}", "one cause") for n in range(1, 9)]
    assert "   also ENV-2.4, ENV-2.5, ENV-2.6, ENV-2.7, ENV-2.8" in _lines(shared)

    detailed = _red("MIG-1.1", "x\n" + "\n".join(f"  - line {n}" for n in range(5)))
    assert "     … 2 more lines in the report" in _lines([detailed])


def _comparison(*, differences: int, rows: int) -> Comparison:
    return Comparison(
        subject="rows",
        checked=40,
        differences=tuple(
            Difference(subject=f"table {n}", expected="1 row", found="none")
            for n in range(differences)
        ),
        notes=tuple(f"orders row {n}: before a row, now no row" for n in range(rows)),
        do="stop",
    )


def test_the_keys_of_the_first_rows_are_seen_whatever_comes_before_them() -> None:
    lines = _lines([_red("MIG-3.4", str(_comparison(differences=30, rows=7)))])
    keys = [line.strip() for line in lines if "orders row" in line]
    assert keys == [f"note: orders row {n}: before a row, now no row" for n in range(5)]
    assert "     … 29 more lines in the report" in lines  # 27 differences and 2 rows


def test_what_was_found_on_several_lines_stands_on_several_lines() -> None:
    found = str(_comparison(differences=1, rows=1))
    error = TooLittleToDecide("others wrote", expected="the same", found=found, do="compare")
    red = records.attempt("MIG-3.4", State.INCONCLUSIVE, message=str(error))
    lines = _lines([records.standing(ITEMS["MIG-3.4"], red)])
    at = lines.index("     found     rows: 1 difference in 40 checked")
    assert lines[at + 1 : at + 4] == [
        "               - table 0: expected 1 row, found none",
        "               note: orders row 0: before a row, now no row",
        "   do        compare",
    ]


def test_causes_after_the_first_ones_are_told_with_one_detail() -> None:
    reds = [_red(f"ENV-2.{n}", f"cause {n}\n  - a{n}\n  - b{n}") for n in range(1, 6)]
    lines = _lines(reds)
    assert "     - b3" in lines
    assert "     - b4" not in lines
    assert "     … 1 more line in the report" in lines


def test_a_line_that_is_the_cause_is_not_repeated_below_it() -> None:
    lines = _lines([_red("MIG-2.4", "ERROR: no\nERROR: no\nERROR: yes")])
    assert sum("ERROR: no" in line for line in lines) == 1
    assert "     ERROR: yes" in lines


def test_each_reason_why_nobody_looked_is_one_line_and_many_are_cut() -> None:
    bare = [records.standing(ITEMS[f"ENV-2.{n}"]) for n in range(1, 9)]
    few = [replace(s, reason=f"no tool {n}") for n, s in enumerate(bare)]
    lines = _lines(few)
    assert "not run  ENV-2.1: no tool 0" in lines
    assert "not run  2 more items for other reasons, all in the report" in lines
    assert "not run  8 more items for other reasons, all in the report" not in lines


def test_partial_stands_beside_the_verdict() -> None:
    lines = summary_lines(
        sample.green_view(rehearsal=False, partial=True), report_path="r", width=100
    )
    at = lines.index("gonogo: GO — 12 of 12 items in scope settled (phase1)")
    assert lines[at + 1] == "PARTIAL: it speaks for 12 items picked by name, no others"


def test_an_empty_scope_has_a_verdict_and_no_counts() -> None:
    view = sample.view([records.standing(ITEMS["MIG-1.1"])], set(), rehearsal=False)
    lines = summary_lines(view, report_path="r", width=100)
    assert "problem  no item of the checklist is in scope" in lines
    assert "gonogo: HOLD — 0 of 0 items in scope settled (phase1)" in lines
