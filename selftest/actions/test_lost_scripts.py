from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gonogo.actions import Ended, Lost, Running, adopt, start
from gonogo.actions.action_folder import ActionFolder
from gonogo.actions.process_tree import members, started_ticks
from gonogo.errors import ActionUnfinished, RecordError
from gonogo.waiting import wait_until
from selftest.actions.conftest import MakeSpec, Start
from selftest.actions.started_scripts import CALLER, alive, wait_for_text

pytestmark = pytest.mark.usefixtures("descriptors")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_script_outlives_its_caller(make_spec: MakeSpec, tmp_path: Path, number: int) -> None:
    make_spec("echo one; sleep 1; echo two; exit 3")
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"started\n"
        os.killpg(caller.pid, number)
    adopted = adopt(tmp_path / "run")
    assert isinstance(adopted, Running)
    assert adopted.name == "product"
    result = adopted.wait(20.0)
    assert (result.ended, result.exit_status) == (Ended.EXITED, 3)
    assert result.output == "one\ntwo\n"


def test_a_script_whose_supervisor_is_killed_is_lost_and_killed(start_script: Start) -> None:
    running = start_script("echo up; (trap '' TERM HUP; sleep 46); echo never")
    wait_for_text(running.folder / "output.log", "up")
    noted = ActionFolder(path=running.folder).running()
    os.kill(noted["supervisor"], signal.SIGKILL)
    waited = running.wait(20.0)
    found = adopt(running.folder)
    assert isinstance(found, Lost)
    for result in (waited, found.result):
        assert (result.ended, result.exit_status) == (Ended.LOST, None)
        assert result.output == "up\n"
        assert "supervisor was killed" in result.message
    assert members(noted["session"]) == []


def test_a_script_that_started_without_a_word_of_it_is_ended_and_lost(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    files = ActionFolder(path=folder)

    def begin() -> None:
        # Nobody ever reads it: the supervisor waits, the script runs, and no word of it comes.
        os.mkfifo(files.running_path.with_suffix(".partial"))

    spec = make_spec("trap '' TERM HUP; echo $$ > pid; echo up; sleep 49")
    with pytest.raises(ActionUnfinished, match="did not start the script"):
        start(spec, folder, begin=begin, answer_timeout_s=4.0)
    assert not files.is_alive()
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: alive(pid), lambda seen: not seen, what="its end", timeout_s=20.0)
    found = adopt(folder)
    assert isinstance(found, Lost)
    assert found.begun


def test_what_a_supervisor_noted_and_never_said_is_ended_at_once(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    files = ActionFolder(path=folder)

    left: list[subprocess.Popen[bytes]] = []

    def begin() -> None:
        running = subprocess.Popen(["sleep", "50"], start_new_session=True)
        left.append(running)
        noted = {
            "name": "product",
            "session": running.pid,
            "session_started_ticks": started_ticks(running.pid),
            "started_at": "2026-01-25T12:00:00Z",
        }
        files.write(files.running_path, noted)
        raise ActionUnfinished("the word was lost")

    with pytest.raises(ActionUnfinished, match="the word was lost"):
        start(make_spec("echo never"), folder, begin=begin)
    assert left[0].wait(10.0) == -signal.SIGKILL
    assert isinstance(adopt(folder), Lost)


def test_a_script_without_supervisor_is_stopped_even_when_nobody_adopts_it(
    start_script: Start,
) -> None:
    running = start_script("trap 'exit' TERM; sleep 47 & wait")
    noted = ActionFolder(path=running.folder).running()
    os.kill(noted["supervisor"], signal.SIGKILL)
    wait_until(
        lambda: members(noted["session"]), lambda left: not left, what="the end", timeout_s=20.0
    )


def test_what_was_left_of_a_lost_script_is_named(start_script: Start) -> None:
    running = start_script("echo up; set -m; (trap '' TERM HUP; exec sleep 48) & wait")
    wait_for_text(running.folder / "output.log", "up")
    noted = ActionFolder(path=running.folder).running()
    os.kill(noted["session"], signal.SIGSTOP)
    os.kill(noted["supervisor"], signal.SIGKILL)
    result = running.wait(20.0)
    assert "killed what was left of it" in result.message
    assert "sleep" in result.message
    wait_until(
        lambda: members(noted["session"]), lambda left: not left, what="the end", timeout_s=20.0
    )


def test_a_younger_process_with_the_same_number_is_not_touched(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "49"], start_new_session=True) as stranger:
        noted = {
            "name": "product",
            "supervisor": 0,
            "session": stranger.pid,
            "session_started_ticks": 1,
            "started_at": "2026-01-02T03:04:05Z",
        }
        (tmp_path / "running.json").write_text(json.dumps(noted))
        found = adopt(tmp_path)
        assert isinstance(found, Lost)
        assert "nothing of it was left" in found.result.message
        assert stranger.poll() is None
        stranger.kill()


def test_a_folder_where_nothing_was_started_says_so(tmp_path: Path) -> None:
    found = adopt(tmp_path / "nothing")
    assert isinstance(found, Lost)
    assert found.result.message == "the script was never started"
    assert found.begun, "without a folder it may be another machine's"


def test_a_folder_made_for_a_script_that_was_never_started_says_so(tmp_path: Path) -> None:
    ActionFolder(path=tmp_path / "made").make()
    found = adopt(tmp_path / "made")
    assert isinstance(found, Lost)
    assert not found.begun
    (tmp_path / "made" / "output.log").touch()
    found = adopt(tmp_path / "made")
    assert isinstance(found, Lost)
    assert found.begun


def test_a_damaged_result_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"name": "x"}')
    with pytest.raises(RecordError, match="cannot be read"):
        adopt(tmp_path)
