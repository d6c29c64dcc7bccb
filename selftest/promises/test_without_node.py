from __future__ import annotations

from pathlib import Path

from selftest.promises.kills import is_said
from selftest.promises.programs import OF_NODE, path_without
from selftest.promises.runs import box


def test_without_node_phase1_is_judged_and_what_needs_it_says_so(tmp_path: Path) -> None:
    place = box(tmp_path)
    path = path_without(OF_NODE, tmp_path / "programs")
    with place.start("--rehearse", "-m", "phase1 or phase2 or phase3", extra={"PATH": path}) as run:
        ended = run.end()
    assert ended.status == 0, ended
    assert set(place.states.values()) == {"PASS"}, ended
    assert {item[:3] for item in place.states} == {"MIG"}, ended
    assert is_said("the services cannot be started: node is not on PATH", ended.output)
