from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from filelock import FileLock

from gonogo.dossier import Dossier, write_atomically
from gonogo.errors import RecordError
from gonogo.verdict import State
from gonogo.waiting import wait_until
from selftest.unit.dossiers import NOW, Run


def test_run_ids_sort_by_time_and_differ_within_a_second(dossier: Dossier) -> None:
    early = [dossier.new_run_id(NOW) for _ in range(20)]
    late = dossier.new_run_id(NOW + timedelta(seconds=1))
    assert len(set(early)) == 20
    assert max(early) < late
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", late)


def test_an_empty_dossier_has_no_runs(dossier: Dossier) -> None:
    assert dossier.run_ids() == []
    assert dossier.alive_runs() == []
    assert dossier.segments("nobody") == []


def test_runs_are_listed_oldest_first_without_what_systems_leave_behind(dossier: Dossier) -> None:
    for run_id in ("20260102T000000Z-aa", "20260101T000000Z-bb"):
        Run(run_id=run_id).write(dossier)
    (dossier.folder / "runs" / ".DS_Store").touch()
    assert dossier.run_ids() == ["20260101T000000Z-bb", "20260102T000000Z-aa"]


def test_runs_that_cannot_be_listed_are_a_record_error(dossier: Dossier) -> None:
    dossier.folder.mkdir(parents=True)
    (dossier.folder / "runs").touch()
    with pytest.raises(RecordError, match="cannot be read") as caught:
        dossier.run_ids()
    assert caught.value.where == str(dossier.folder / "runs")


def test_a_run_whose_folder_cannot_be_read_is_damage(dossier: Dossier) -> None:
    (dossier.folder / "runs").mkdir(parents=True)
    (dossier.folder / "runs" / "r").touch()
    [reading] = dossier.segments("r")
    assert "cannot be read" in reading.damage


def test_a_runs_segments_are_read_by_name(dossier: Dossier) -> None:
    for process in ("gw1-2", "gw0-1"):
        Run(run_id="r", process=process, ends={"MIG-1.1": State.PASS}).write(dossier)
    (dossier.run_folder("r") / "pytest-html.html").touch()
    assert [reading.path.name for reading in dossier.segments("r")] == [
        "gw0-1.jsonl",
        "gw1-2.jsonl",
    ]


def test_a_run_is_alive_while_its_lock_is_held(dossier: Dossier) -> None:
    for run_id in ("alive", "ended", "never-locked"):
        Run(run_id=run_id).write(dossier)
    dossier.lock_path("run-alive").parent.mkdir()
    with FileLock(dossier.lock_path("run-ended")):
        pass
    with FileLock(dossier.lock_path("run-alive")):
        assert dossier.alive_runs() == ["alive"]
    assert dossier.alive_runs() == []


HOLDER = """
import sys, time
from pathlib import Path
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
Path(sys.argv[2]).touch()
time.sleep(60)
"""


def test_a_run_of_another_process_is_alive_until_that_is_killed(
    dossier: Dossier, tmp_path: Path
) -> None:
    Run(run_id="r").write(dossier)
    lock, ready = dossier.lock_path("run-r"), tmp_path / "ready"
    lock.parent.mkdir()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock), str(ready)])
    try:
        wait_until(ready.exists, bool, what="the lock", timeout_s=20)
        assert dossier.alive_runs() == ["r"]
    finally:
        holder.kill()
        holder.wait()
    assert dossier.alive_runs() == []


def test_who_looks_does_not_hide_a_run_from_another_who_looks(dossier: Dossier) -> None:
    Run(run_id="r").write(dossier)
    lock = dossier.lock_path("run-r")
    lock.parent.mkdir()
    lock.touch()
    fcntl = pytest.importorskip("fcntl")
    with lock.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert dossier.alive_runs() == []


def test_a_lock_that_cannot_be_looked_at_is_taken_as_held(dossier: Dossier) -> None:
    Run(run_id="r").write(dossier)
    dossier.lock_path("run-r").mkdir(parents=True)
    assert dossier.alive_runs() == ["r"]


def test_an_attachment_is_kept_once_under_its_digest(dossier: Dossier) -> None:
    kept = dossier.attach(b"evidence", name="a.txt", media_type="text/plain")
    again = dossier.attach(b"evidence", name="b.txt", media_type="text/plain")
    assert kept.sha256 == again.sha256 == hashlib.sha256(b"evidence").hexdigest()
    assert (kept.size_bytes, again.name) == (8, "b.txt")
    assert dossier.blob(kept.sha256) == b"evidence"
    assert [path.name for path in (dossier.folder / "blobs").iterdir()] == [kept.sha256]


def test_a_damaged_attachment_is_an_error_and_mended_by_keeping_it_again(dossier: Dossier) -> None:
    kept = dossier.attach(b"evidence", name="a.txt", media_type="text/plain")
    (dossier.folder / "blobs" / kept.sha256).write_bytes(b"evid")
    with pytest.raises(RecordError, match="was changed") as caught:
        dossier.blob(kept.sha256)
    assert kept.sha256 in caught.value.expected
    dossier.attach(b"evidence", name="a.txt", media_type="text/plain")
    assert dossier.blob(kept.sha256) == b"evidence"


def test_a_missing_attachment_is_an_error(dossier: Dossier) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        dossier.blob("0" * 64)


@pytest.mark.parametrize("blocked", ["parent", "target"])
def test_what_cannot_be_written_is_a_record_error_and_leaves_nothing(
    tmp_path: Path, blocked: str
) -> None:
    if blocked == "parent":
        (tmp_path / "x").touch()
        path = tmp_path / "x" / "report.html"
    else:
        path = tmp_path / "report.html"
        (path / "full").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RecordError, match="cannot be written") as caught:
        write_atomically(path, b"new")
    assert caught.value.where == str(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_a_run_started_in_another_zone_has_its_id_in_utc(dossier: Dossier) -> None:
    local = NOW.astimezone(timezone(timedelta(hours=-5)))
    assert dossier.new_run_id(local).startswith("20260125T140000Z-")
