from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.dossier import Dossier
from gonogo.history import read_history
from gonogo.journal import SCHEMA, SegmentReading
from gonogo.verdict import OBSERVED, State
from selftest.unit.dossiers import Run, finish, history_of

PASS, FAIL = State.PASS, State.FAIL


def test_a_run_killed_at_its_first_line_is_said_and_no_damage(dossier: Dossier) -> None:
    dossier.run_folder("1").mkdir(parents=True)
    (dossier.run_folder("1") / "main.jsonl").write_bytes(b'{"kind"')
    dossier.run_folder("2").mkdir()
    history = history_of(dossier)
    assert "run 1 ended before it wrote its first record" in history.problems
    assert "run 2 ended before it wrote its first record" in history.problems
    assert any("half a line" in problem for problem in history.problems)
    assert history.damage == ()
    assert history_of(dossier, alive=["1", "2"]).problems == (
        "run 1, main.jsonl ends in half a line, which is ignored",
    )


def test_a_run_whose_only_segment_is_damaged_at_its_first_line_is_damage(dossier: Dossier) -> None:
    Run(run_id="1", ends={"A-1.1": PASS}).write(dossier)
    path = Run(run_id="2", ends={"A-1.1": FAIL}).write(dossier)
    path.write_bytes(path.read_bytes().replace(b'"kind":"header"', b'"kind":"headed"', 1))
    history = history_of(dossier)
    assert len(history.damage) == 1
    assert "runs/2/main-1.jsonl: line 1" in history.damage[0]
    assert history.problems == history.damage


def test_a_segment_that_cannot_be_read_is_damage(dossier: Dossier) -> None:
    Run(run_id="1", ends={"A-1.1": PASS}).write(dossier)
    (dossier.run_folder("1") / "gw0.jsonl").mkdir()
    [damage] = history_of(dossier).damage
    assert "runs/1/gw0.jsonl: cannot be read" in damage
    assert "make it readable, or move the folder 1" in damage


def test_a_damaged_segment_keeps_what_stands_before_the_damage(dossier: Dossier) -> None:
    path = Run(run_id="1", ends={"A-1.1": PASS, "A-1.2": PASS}).write(dossier)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], lines[3].replace(b"A-1.2", b"A-1.3"), *lines[4:]]))
    history = history_of(dossier)
    assert [a.item_id for a in history.attempts] == ["A-1.1"]


def test_damage_is_said_once_with_its_file_its_line_and_what_to_do(dossier: Dossier) -> None:
    path = Run(run_id="1", ends={"A-1.1": PASS}, started=["A-1.2"]).write(dossier)
    path.write_bytes(path.read_bytes().replace(b'"PASS"', b'"FAIL"'))
    history = history_of(dossier)
    [damage] = history.damage
    assert damage == (
        "reports/1.0-c0ffee0000-rehearsal/runs/1/main-1.jsonl: line 4 is not as it was written;"
        " move the folder 1 out of runs/, run again, and judge by hand what its actions did"
    )
    assert history.problems == history.runs[0].problems == history.damage


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("novelty", {"item": "A-1.1"}),
        ("finished", {"item": "A-1.1"}),
        ("finished", {"item": "A-1.1", "nodeid": "", "state": "GREEN"}),
        ("finished", {"item": ["A-1.1"], "nodeid": "", "state": "PASS"}),
        ("observation", {"item": "A-1.1", "attachments": [{}]}),
        ("action", {"action": "migrate"}),
        ("action", {"action": {"name": "migrate", "command": "x", "started_at": "yesterday"}}),
        ("before", {"phase": "phase1", "attachment": None}),
        ("started", {}),
    ],
)
def test_a_record_that_cannot_be_understood_is_damage(
    dossier: Dossier, kind: str, fields: dict[str, object]
) -> None:
    segment = Run(run_id="1").open(dossier)
    segment.append(kind, **fields)
    finish(segment, "A-1.2", PASS)
    segment.append("ended", exit_status=0)
    history = history_of(dossier)
    assert len(history.damage) == 1
    assert f"a {kind} record cannot be read" in history.damage[0]
    assert [a.item_id for a in history.attempts] == ["A-1.2"]


@pytest.mark.parametrize("state", sorted(set(State) - OBSERVED))
def test_a_check_cannot_end_in_a_state_that_nobody_observes(dossier: Dossier, state: State) -> None:
    Run(run_id="1", ends={"A-1.1": state}).write(dossier)
    history = history_of(dossier)
    assert history.attempts == ()
    assert f"{state} is not observed" in history.damage[0]


@given(
    header=st.dictionaries(
        st.sampled_from(["at", "release", "instance", "planned", "covered", "bindings", "options"]),
        st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    ),
    records=st.lists(
        st.dictionaries(
            st.sampled_from(["kind", "item", "state", "action", "at"]),
            st.sampled_from(["started", "finished", "action", "ended", "before", "PASS", 7, None]),
        ),
        max_size=4,
    ),
)
def test_no_header_and_no_record_brings_the_reader_down(
    header: dict[str, object], records: list[dict[str, object]]
) -> None:
    reading = SegmentReading(
        path=Path("runs/1/s.jsonl"),
        header={"kind": "header", "schema": SCHEMA, **header},
        records=tuple(records),
    )
    history = read_history({"1": [reading]})
    assert history.damage
    json.dumps(history.problems)
