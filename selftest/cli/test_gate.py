from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gonogo.checklist import MILESTONES, strip_ids
from gonogo.cli.gate import items_before
from gonogo.records import NO_INSTANCE
from gonogo.verdict import State
from selftest.cli.release import AT, BLOCKING, FOLDER, Release
from selftest.plugin.project import CHECKLIST
from selftest.unit.dossiers import Run, SetClock, finish, start

PASS, FAIL, ERROR = State.PASS, State.FAIL, State.ERROR


def first_word(said: str) -> str:
    return said.split(maxsplit=1)[0]


def test_go_when_all_that_blocks_the_milestone_is_settled(release: Release) -> None:
    release.without_the_persons_item()
    release.all_green()
    said = release.say("gate", "--for", "live", status=0)
    assert first_word(said) == "GO"
    assert "REHEARSAL" in said


def test_no_go_names_what_stands_in_the_way(release: Release) -> None:
    release.ran(ends={**dict.fromkeys(BLOCKING, PASS), "MIG-1.2": FAIL})
    said = release.say("gate", "--for", "live", status=1)
    assert first_word(said) == "NO-GO"
    assert "MIG-1.2" in said.splitlines()[0]


def test_hold_over_what_is_not_settled(release: Release) -> None:
    release.all_green()
    said = release.say("gate", "--for", "live", status=20)
    assert first_word(said) == "HOLD"


def test_an_earlier_milestone_does_not_ask_for_later_items(release: Release) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS, "MIG-1.1": FAIL})
    data = release.data("gate", "--for", "migrate", status=0)
    assert [item["id"] for item in data["items"]] == ["FIN-1.1", "FIN-1.2"]
    assert (data["verdict"], data["milestone"]) == ("GO", "migrate")


def test_a_later_milestone_includes_the_earlier_ones(release: Release) -> None:
    release.ran(ends={"FIN-1.1": FAIL, "FIN-1.2": PASS})
    for milestone in MILESTONES:
        assert release.data("gate", "--for", milestone, status=1)["blocking"][0] == "FIN-1.1"


def test_items_of_a_milestone_are_its_own_and_those_before(release: Release) -> None:
    assert items_before("migrate", release.checklist) == ("FIN-1.1", "FIN-1.2")
    everything = tuple(item.id for item in release.checklist.items)
    assert items_before("live", release.checklist) == everything
    assert items_before("close", release.checklist) == everything


def test_an_advisory_item_stands_in_no_ones_way(release: Release) -> None:
    release.edit("checklist.md", "FIN-1.2 -->", "FIN-1.2 advisory=yes -->")
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": FAIL})
    assert release.data("gate", "--for", "migrate", status=0)["verdict"] == "GO"


def test_json_says_what_the_terminal_says(release: Release) -> None:
    release.ran(ends={"FIN-1.1": FAIL})
    data = release.data("gate", "--for", "migrate", status=1)
    assert data["verdict"] == "NO-GO"
    assert data["scope"] == "milestone migrate"
    assert data["items"][0]["state"] == "FAIL"
    assert {"id", "label", "phase", "kind", "state", "reason"} <= set(data["items"][0])
    assert data["problems"] == []


def test_nothing_run_yet_is_hold(release: Release) -> None:
    data = release.data("gate", "--for", "migrate", status=20)
    assert data["verdict"] == "HOLD"
    assert "nothing has been run yet" in data["problems"][0]


def test_a_document_with_an_item_of_its_own_is_never_go(release: Release) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.set_document(strip_ids(CHECKLIST) + "- [ ] Customers were told by letter\n")
    data = release.data("gate", "--for", "migrate", status=20)
    assert "Customers were told" in data["problems"][0]
    (release.folder / "TEAM.md").write_text(strip_ids(CHECKLIST))
    release.data("gate", "--for", "migrate", status=0)


def test_a_document_that_is_missing_is_never_go(release: Release) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.set_document("x")
    (release.folder / "TEAM.md").unlink()
    assert "cannot be read" in release.data("gate", "--for", "migrate", status=20)["problems"][0]


def test_a_newer_dossier_is_asked_not_the_greener_one(release: Release) -> None:
    release.ran("1", ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.ran("2", in_="1.0-beef000000-rehearsal", ends={"FIN-1.1": FAIL}, commit="beef00000000")
    data = release.data("gate", "--for", "migrate", status=1)
    assert data["release"]["commit"] == "beef00000000"


def test_evidence_of_another_version_is_never_go(release: Release) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.edit("gonogo.toml", 'version = "1.0"', 'version = "1.1"')
    data = release.data("gate", "--for", "migrate", status=20)
    assert data["problems"] == ["the newest dossier is of version 1.0, not of 1.1"]


@pytest.mark.parametrize(("commit", "status"), [("c0ffee0", 0), ("beef000", 20)])
def test_evidence_of_another_commit_is_never_go(release: Release, commit: str, status: int) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.edit("gonogo.toml", 'version = "1.0"', f'version = "1.0"\ncommit = "{commit}"')
    release.data("gate", "--for", "migrate", status=status)


def test_where_the_repository_cannot_be_read_nobody_can_tell_its_commit(release: Release) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.edit("gonogo.toml", 'provider = "tiny:Provider"\n', "")
    release.edit("gonogo.toml", 'path = "."', 'path = "nowhere"')
    data = release.data("gate", "--for", "migrate", status=20)
    assert "nobody can tell whether the release is still c0ffee0000" in data["problems"][0]


@pytest.mark.parametrize(
    "other", [{"target": "another"}, {"environment": "production"}, {"rehearsal": False}]
)
def test_evidence_of_another_target_is_not_asked(release: Release, other: dict[str, Any]) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS}, **other)
    data = release.data("gate", "--for", "migrate", status=20)
    assert "nothing has been run yet" in data["problems"][0]


def test_a_dossier_that_another_target_wrote_last_is_never_go(release: Release) -> None:
    release.ran("1", ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.ran("2", ends={"FIN-1.1": PASS, "FIN-1.2": PASS}, target="another")
    data = release.data("gate", "--for", "migrate", status=20)
    assert "is of another target" in data["problems"][0]


def test_the_newest_run_made_unreadable_is_never_go(release: Release) -> None:
    release.ran("1", ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    for number, folder in enumerate((FOLDER, "1.0-beef000000-rehearsal"), start=2):
        path = release.ran(str(number), in_=folder, ends={"FIN-1.1": FAIL})
        path.write_bytes(b"x" + path.read_bytes())
        data = release.data("gate", "--for", "migrate", status=20)
        assert any("line 1 is not as it was written" in each for each in data["problems"])
        path.unlink()
        path.parent.rmdir()
        release.data("gate", "--for", "migrate", status=0)


def test_a_red_taken_out_of_a_segment_is_never_go(release: Release) -> None:
    path = release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": FAIL})
    release.data("gate", "--for", "migrate", status=1)
    path.write_bytes(path.read_bytes().replace(b'"state":"FAIL"', b'"state":"PASS"'))
    data = release.data("gate", "--for", "migrate", status=20)
    assert "is not as it was written" in data["problems"][0]


def test_a_record_of_a_later_form_is_never_go(release: Release) -> None:
    release.ran("1", ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    segment = Run(run_id="2").open(release.dossier(), SetClock(at=AT + timedelta(minutes=1)))
    segment.append("verdict", state="NO-GO")
    data = release.data("gate", "--for", "migrate", status=20)
    assert any("a verdict record cannot be read" in each for each in data["problems"])


def test_an_id_that_the_checklist_does_not_know_is_never_go(release: Release) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS, "FIN-9.9": PASS})
    data = release.data("gate", "--for", "migrate", status=20)
    assert data["problems"] == ["the dossier names FIN-9.9, which the checklist does not have"]


def test_a_run_dated_in_the_future_is_never_go(release: Release) -> None:
    release.ran("1", ends={"FIN-1.1": PASS, "FIN-1.2": PASS}, minutes=60)
    data = release.data("gate", "--for", "migrate", status=20)
    assert data["problems"] == ["run 1 is dated in the future: the clocks disagree"]


def test_a_run_that_did_not_reach_the_target_is_never_go(release: Release) -> None:
    release.ran("1", ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.ran("2", ends={"FIN-1.1": ERROR}, instance=NO_INSTANCE, minutes=1)
    data = release.data("gate", "--for", "migrate", status=20)
    assert data["blocking"] == ["FIN-1.1"]
    assert "did not reach the target" in data["problems"][0]
    release.ran("3", ends={"FIN-1.1": PASS}, minutes=2)
    data = release.data("gate", "--for", "migrate", status=0)
    assert data["items"][0]["state"] == "PASS_AFTER_RETRY"


def test_a_red_is_no_go_also_over_damage(release: Release) -> None:
    release.ran("1", ends={"FIN-1.1": FAIL})
    path = release.ran("2", ends={"FIN-1.2": PASS}, minutes=1)
    path.write_bytes(path.read_bytes()[:-40] + b"\n")
    release.data("gate", "--for", "migrate", status=1)


def test_what_a_run_in_progress_has_found_counts_already(release: Release) -> None:
    segment = Run(run_id="1", planned=["FIN-1.1"]).open(release.dossier(), SetClock(at=AT))
    start(segment, "FIN-1.1")
    finish(segment, "FIN-1.1", FAIL, text_sha256=release.checklist.item("FIN-1.1").text_sha256)
    release.data("gate", "--for", "migrate", status=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing option '--for'"),
        (["--for", "friday"], "there is no milestone 'friday'"),
        (["--for", "friday"], "expected: migrate, live, 2h, 24h, rollout1, rollout2"),
        (["--for", "migration"], "did you mean --for migrate?"),
        (["--for", "preflight"], "preflight is a phase, not a milestone"),
        (["--for", "phase1"], "may it begin: --for migrate; is it settled with all that comes"),
        (["--for", "phase3"], "what to do: is it settled with all that comes before: --for live"),
        (["--for", "phase3"], "it alone: pytest -m phase3"),
    ],
)
def test_a_gate_without_a_known_milestone_is_a_usage_error(
    release: Release, arguments: list[str], said: str
) -> None:
    assert said in release.say("gate", *arguments, status=4)


def test_reports_that_cannot_be_read_are_no_traceback_and_never_go(release: Release) -> None:
    (release.folder / "reports").write_text("not a folder")
    assert "the reports folder cannot be read" in release.say("gate", "--for", "live", status=20)


def test_a_broken_checklist_is_a_usage_error(release: Release) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": PASS})
    release.edit("checklist.md", "FIN-1.2 -->", "FIN-1.1 -->")
    assert "checklist.md:" in release.say("gate", "--for", "migrate", status=4)
