from __future__ import annotations

import pytest
from filelock import FileLock

from gonogo.verdict import State
from selftest.cli.release import AT, BLOCKING, FOLDER, Release
from selftest.unit.dossiers import Run, SetClock, act, start

PASS, FAIL, UNSURE = State.PASS, State.FAIL, State.INCONCLUSIVE


def row_of(said: str, item_id: str) -> str:
    [line] = [line for line in said.splitlines() if line.startswith(f"{item_id} ")]
    return line


def test_every_item_is_told_with_its_state_and_why_where_all_are_asked_for(
    release: Release,
) -> None:
    release.ran(ends={"FIN-1.1": PASS, "FIN-1.2": FAIL}, covered=BLOCKING)
    said = release.say("status", "--all", status=1)
    assert "PASS" in row_of(said, "FIN-1.1")
    assert "FAIL" in row_of(said, "FIN-1.2")
    assert "NOT RUN" in row_of(said, "MIG-1.1")
    assert "a person's word" in row_of(said, "MIG-2.2")
    assert FOLDER in said
    assert "gonogo: NO-GO" in said


class TestTheShortForm:
    def test_it_counts_each_phase_and_names_what_is_not_green(self, release: Release) -> None:
        release.ran(
            ends={"FIN-1.1": PASS, "FIN-1.2": FAIL, "MIG-1.1": PASS, "MIG-1.2": UNSURE},
            covered=BLOCKING,
        )
        said = release.say("status", status=1)
        assert "2 items: 1 FAIL, 1 PASS" in row_of(said, "final")
        assert "FAIL" in row_of(said, "FIN-1.2")
        assert "not run on this target" in row_of(said, "MIG-2.1")
        assert "a person's word" in row_of(said, "MIG-2.2")
        assert not any(line.startswith(("FIN-1.1", "MIG-1.1")) for line in said.splitlines())

    def test_items_without_a_check_are_one_line_of_their_phase(self, release: Release) -> None:
        release.ran(ends={"FIN-1.1": PASS}, covered=["FIN-1.1"])
        said = release.say("status", status=20)
        lines = [" ".join(line.split()) for line in said.splitlines()]
        assert "NOT RUN 1 item no check yet" in lines
        assert "NOT RUN 3 items no check yet" in lines
        assert not any(line.startswith("MIG-1.1") for line in lines)

    def test_so_are_the_items_of_a_phase_that_nobody_ran(self, release: Release) -> None:
        release.ran(ends={"FIN-1.1": PASS}, covered=BLOCKING)
        said = release.say("status", status=20)
        assert "not run on this target" in row_of(said, "FIN-1.2")
        assert not any(line.startswith("MIG-1.1") for line in said.splitlines())
        assert "NOT RUN 3 items not run on this target" in " ".join(said.split())

    def test_the_counts_stand_there_once_and_the_verdict_below(self, release: Release) -> None:
        release.all_green()
        said = release.say("status", status=20)
        assert sum(line.startswith("final") for line in said.splitlines()) == 1
        assert "gonogo: HOLD" in said
        everything = release.say("status", "--all", status=20)
        assert sum(line.startswith("final") for line in everything.splitlines()) == 1

    def test_json_is_the_same_with_and_without_all(self, release: Release) -> None:
        release.all_green()
        short, everything = (release.data("status", *words, status=20) for words in ([], ["--all"]))
        assert short["items"] == everything["items"]


def test_all_green_ends_in_zero(release: Release) -> None:
    release.without_the_persons_item()
    release.all_green()
    assert release.data("status", status=0)["verdict"] == "GO"


def test_json_has_every_item_and_names_the_dossier(release: Release) -> None:
    release.all_green()
    data = release.data("status", status=20)
    assert [item["id"] for item in data["items"]] == [*BLOCKING, "MIG-2.2"]
    assert data["scope"] == "whole checklist"
    assert data["dossier"] == str(release.folder / "reports" / FOLDER)
    assert data["items"][5]["state"] == "NOT_RUN"


def test_without_a_dossier_everything_is_not_run_and_that_is_said(release: Release) -> None:
    said = release.say("status", status=20)
    assert "no dossier of tiny (rehearsal) in" in said
    assert "nothing has been run yet" in said
    data = release.data("status", status=20)
    assert {item["state"] for item in data["items"]} == {"NOT_RUN"}
    assert data["dossier"] is None
    assert not (release.folder / "reports").exists()


def test_an_empty_reports_folder_is_no_dossier(release: Release) -> None:
    (release.folder / "reports" / FOLDER / "runs").mkdir(parents=True)
    (release.folder / "reports" / ".hidden").mkdir()
    (release.folder / "reports" / "notes.txt").touch()
    assert "nothing has been run yet" in release.say("status", status=20)


def test_the_dossier_of_the_newest_run_is_shown_whatever_its_name(release: Release) -> None:
    release.ran("2", in_="0.9-aaa-rehearsal", ends={"FIN-1.1": PASS})
    release.ran("1", in_="z-newest-by-name", ends={"FIN-1.1": FAIL})
    assert release.data("status", status=20)["dossier"].endswith("0.9-aaa-rehearsal")


def test_a_dossier_can_be_named(release: Release) -> None:
    release.ran("1", in_="old", ends={"FIN-1.1": FAIL}, version="0.9")
    release.ran("2", ends={"FIN-1.1": PASS})
    data = release.data("status", "--release", "old", status=1)
    assert data["release"]["version"] == "0.9"
    assert data["problems"] == []


def test_a_dossier_named_wrongly_is_a_usage_error_with_names_near_it(release: Release) -> None:
    assert "there is none yet" in release.say("status", "--release", "x", status=4)
    release.ran("1")
    said = release.say("status", "--release", FOLDER[:-2], status=4)
    assert "there is no dossier of that name" in said
    assert FOLDER in said
    release.say("status", "--release", "../reports/" + FOLDER, status=4)


def test_a_named_dossier_of_another_target_says_so(release: Release) -> None:
    release.ran("1", in_="other", target="production site")
    data = release.data("status", "--release", "other", status=20)
    assert data["problems"] == ["the newest run of other is of production site"]


def test_an_interrupted_run_and_an_action_under_way_are_told(release: Release) -> None:
    segment = Run(run_id="1", planned=["MIG-2.1"]).open(release.dossier(), SetClock(at=AT))
    start(segment, "MIG-2.1")
    act(segment, "migrate", at=AT)
    said = release.say("status", status=20)
    assert "run 1 was interrupted; checks under way: MIG-2.1; actions under way: migrate" in (
        " ".join(said.split())
    )
    assert "./migrate: interrupted" in said
    assert "planned, but its check never finished" in row_of(said, "MIG-2.1")


def test_a_run_that_is_going_on_is_told(release: Release) -> None:
    dossier = release.dossier()
    Run(run_id="1", planned=["MIG-2.1"]).open(dossier, SetClock(at=AT))
    lock = dossier.lock_path("run-1")
    lock.parent.mkdir()
    with FileLock(lock):
        said = release.say("status", status=20)
    assert "run      1 is going on" in said
    assert "interrupted" not in said


def test_damage_is_told_once_with_its_file_and_what_to_do(release: Release) -> None:
    path = release.all_green()
    path.write_bytes(path.read_bytes().replace(b'"PASS"', b'"FAIL"', 1))
    told = " ".join(release.say("status", status=20).split())
    place = f"reports/{FOLDER}/runs/1/main-1.jsonl: line 3 is not as it was written"
    assert f"next: Mend the record: {place}; move the folder 1 out of runs/, run again" in told
    assert told.count("is not as it was written") == 1


def test_damage_of_the_first_line_is_told(release: Release) -> None:
    path = release.all_green()
    path.write_bytes(path.read_bytes().replace(b'"MIG-1.2"', b'"MIG-1.1"', 1))
    told = " ".join(release.say("status", status=20).split())
    assert "runs/1/main-1.jsonl: line 1 is not as it was written; move the folder 1" in told


@pytest.mark.parametrize("written", [True, False])
def test_the_report_is_named_only_where_there_is_one(release: Release, written: bool) -> None:  # noqa: FBT001
    release.all_green()
    report = release.dossier().folder / "report.html"
    if written:
        report.touch()
    said = "".join(release.say("status", status=20).split())
    assert (str(report) in said) is written


def test_a_secret_of_the_environment_is_not_repeated(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READER_URL", "postgresql://reader:s3cr3t-canary@db/crm")
    release.edit("gonogo.toml", 'provider = "tiny:Provider"\n', "")
    release.edit("gonogo.toml", "[repository]", '[database]\nurl_env = "READER_URL"\n[repository]')
    segment = Run(run_id="1").open(release.dossier(), SetClock(at=AT))
    act(segment, "migrate", at=AT, message="at postgresql://reader:s3cr3t-canary@db/crm")
    assert "s3cr3t-canary" not in release.say("status", status=20)
    assert "s3cr3t-canary" not in release.say("status", "--json", status=20)


def test_a_target_that_is_not_there_is_a_usage_error(release: Release) -> None:
    assert "nowhere" in release.say("status", "--target", "nowhere", status=4)
