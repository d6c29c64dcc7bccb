from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from gonogo.report import junit_xml, render_html, results
from gonogo.verdict import SETTLED, State
from selftest.report import records, sample

if TYPE_CHECKING:
    from gonogo.records import ReleaseView, Standing

ITEMS = {item.id: item for item in records.items()}


@pytest.fixture(scope="module")
def view() -> ReleaseView:
    return sample.full_view(records.Blobs())


def test_results_are_json_and_the_same_whatever_the_order_of_the_standings(
    view: ReleaseView,
) -> None:
    said = results(view)
    assert json.loads(json.dumps(said)) == said
    turned = replace(view, standings=tuple(reversed(view.standings)))
    assert json.dumps(results(turned)) == json.dumps(said)


def test_results_say_verdict_release_and_every_item_in_the_documents_order(
    view: ReleaseView,
) -> None:
    said = results(view)
    assert said["schema"] == "gonogo/results/v1"
    assert (said["verdict"], said["partial"], said["rehearsal"]) == ("NO-GO", False, True)
    assert said["heads"] == ["REHEARSAL", "INCOMPLETE RUN"]
    assert said["release"]["commit"] == records.COMMIT
    lines = {item.id: item.line for item in ITEMS.values()}
    assert [i["id"] for i in said["items"]] == sorted(lines, key=lines.__getitem__)
    retried = next(i for i in said["items"] if i["id"] == "MIG-1.2")
    assert retried["state"] == "PASS_AFTER_RETRY"
    assert (retried["attempts"], retried["blank"], retried["duration_s"]) == (2, "3.2 MB", 1.25)
    bare = next(i for i in said["items"] if i["id"] == "SGN-1.1")
    assert (bare["in_scope"], bare["duration_s"], bare["finished_at"]) == (False, None, None)
    assert bare["absence"] == "not selected in this run"


def test_results_keep_interrupted_actions_and_runs_and_each_problem_once(
    view: ReleaseView,
) -> None:
    said = results(replace(view, problems=(*view.decision.problems, "another")))
    assert [a["outcome"] for a in said["actions"]] == ["finished", "failed", "interrupted"]
    assert said["actions"][2]["finished_at"] is None
    assert said["runs"][0]["interrupted_items"]
    assert len(said["problems"]) == 2


def test_results_keep_what_a_run_noted(view: ReleaseView) -> None:
    noted = replace(view, runs=(replace(view.runs[0], notes=("a session was left",)),))
    assert results(noted)["runs"][0]["notes"] == ["a session was left"]


def test_junit_has_one_case_for_each_item_in_scope_under_its_outcome(view: ReleaseView) -> None:
    root = ET.fromstring(junit_xml(view))
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len(view.decision.in_scope) == int(root.attrib["tests"])
    by_name = {case.attrib["name"]: case for case in cases}
    lost = by_name["MIG-3.4 No data loss confirmed"]
    assert lost.attrib["classname"] == "phase1.MIG"
    failure = lost.find("failure")
    assert failure is not None
    assert failure.attrib["message"] == "FAIL: content fingerprints: 1 difference in 14 checked"
    assert "48207" in (failure.text or "")


@pytest.mark.parametrize("state", list(State))
def test_junit_never_shows_an_unsettled_state_as_passed(state: State) -> None:
    one = records.standing(ITEMS["MIG-1.1"], state=state, reason="because")
    root = ET.fromstring(junit_xml(sample.view([one], {"MIG-1.1"})))
    outcomes = [child.tag for child in root.findall("testsuite/testcase/*")]
    expected = {State.FAIL: "failure", State.REFUSED: "failure"}
    expected |= {State.ERROR: "error", State.INVALID: "error"}
    passed = state in SETTLED - {State.NOT_APPLICABLE}
    assert outcomes == ([] if passed else [expected.get(state, "skipped")])


def test_junit_counts_add_up_in_every_suite(view: ReleaseView) -> None:
    root = ET.fromstring(junit_xml(view))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        for element in (root, *root.findall("testsuite")):
            assert int(element.attrib[attribute]) == len(element.findall(f".//testcase/{tag}"))
    assert sum(float(s.attrib["time"]) for s in root) == pytest.approx(float(root.attrib["time"]))
    assert root.attrib["timestamp"] == "2026-01-25T14:02:42"


def test_junit_keeps_one_suite_for_a_phase_that_the_document_leaves_and_enters_again() -> None:
    order = ("MIG-1.1", "VER-1.1", "MIG-1.2")
    standings: list[Standing] = [
        replace(records.standing(replace(ITEMS[i], line=n)), state=State.PASS)
        for n, i in enumerate(order)
    ]
    root = ET.fromstring(junit_xml(sample.view(standings, set(order))))
    assert [suite.attrib["name"] for suite in root] == ["phase1", "phase3"]


def test_junit_is_well_formed_whatever_a_check_says(view: ReleaseView) -> None:
    text = junit_xml(view)
    assert "\x00" not in text
    assert "\x1b" not in text
    case = ET.fromstring(text).find(
        ".//testcase[@name='VER-2.1 VER requirement 2.1 is met and documented']/failure"
    )
    assert case is not None
    assert "<script>" in case.attrib["message"]


def test_bytes_that_are_no_text_never_stop_a_report() -> None:
    red = records.attempt("MIG-1.1", State.FAIL, message="bad byte \udcff in the log")
    view = sample.view([records.standing(ITEMS["MIG-1.1"], red)], {"MIG-1.1"})
    assert json.dumps(results(view), ensure_ascii=False).encode()
    assert junit_xml(view).encode()
    assert render_html(view, attachments=lambda _: None).encode()
