from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gonogo.actions import Ended, Prompt, Running, adopt, start
from gonogo.actions.action_folder import ActionFolder
from gonogo.actions.process_tree import members
from gonogo.errors import ActionUnfinished, WaitTimedOut
from gonogo.redaction import Secret
from selftest.actions.conftest import MakeSpec, Start
from selftest.actions.started_scripts import PASSWORD, alive, wait_for_text

pytestmark = pytest.mark.usefixtures("descriptors")


def test_a_script_runs_to_its_end_and_its_result_stays(start_script: Start) -> None:
    running = start_script(
        "read -s -p 'Password: ' p; echo; echo got $p",
        prompts=(Prompt(pattern="Password", answer=PASSWORD),),
    )
    result = running.wait(20.0)
    assert (result.ended, result.exit_status) == (Ended.EXITED, 0)
    assert result.output.endswith("got ***\n")
    assert adopt(running.folder) == result
    for file in running.folder.iterdir():
        assert PASSWORD.reveal().encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0


def test_the_secrets_stand_in_no_command_line_and_no_environment(start_script: Start) -> None:
    other = Secret("an0ther-secret-value")
    running = start_script(
        "echo up; sleep 20", (other,), prompts=(Prompt(pattern="Password", answer=PASSWORD),)
    )
    noted = ActionFolder(path=running.folder).running()
    processes = [noted["supervisor"], *(p.pid for p in members(noted["session"]))]
    assert len(processes) >= 3
    for pid in processes:
        for name in ("cmdline", "environ"):
            seen = Path(f"/proc/{pid}/{name}").read_bytes()
            assert PASSWORD.reveal().encode() not in seen
            assert other.reveal().encode() not in seen


def test_waiting_has_a_limit_and_the_script_goes_on(start_script: Start) -> None:
    running = start_script("sleep 1; echo end")
    with pytest.raises(WaitTimedOut, match="the end of 'product'"):
        running.wait(0.1)
    assert isinstance(adopt(running.folder), Running)
    assert running.wait(20.0).output == "end\n"


def test_the_output_can_be_read_while_the_script_runs(start_script: Start) -> None:
    running = start_script("echo first; sleep 20")
    wait_for_text(running.folder / "output.log", "first\n")
    assert adopt(running.folder) == running


def test_a_running_script_can_be_stopped(start_script: Start) -> None:
    running = start_script("trap 'echo cleaned; exit' TERM; echo up; sleep 20 & wait")
    wait_for_text(running.folder / "output.log", "up")
    running.stop()
    result = running.wait(20.0)
    assert (result.ended, result.exit_status) == (Ended.KILLED, None)
    assert "cleaned" in result.output
    running.stop()


def test_a_child_that_leaves_the_session_is_stopped_too(
    start_script: Start, tmp_path: Path
) -> None:
    running = start_script("setsid sleep 43 & echo $! > pid; sleep 44", timeout_s=0.5)
    assert running.wait(20.0).ended is Ended.TIMED_OUT
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_daemon_of_a_script_that_ended_is_named_and_left_alone(
    start_script: Start, tmp_path: Path
) -> None:
    running = start_script("setsid sleep 45 & echo $! > pid")
    result = running.wait(20.0)
    pid = int((tmp_path / "pid").read_text())
    assert result.exit_status == 0
    assert result.message == f"left running: sleep ({pid})"
    os.kill(pid, signal.SIGKILL)


def test_a_second_start_in_the_same_folder_is_refused(
    start_script: Start, make_spec: MakeSpec
) -> None:
    running = start_script("sleep 0.5")
    with pytest.raises(ActionUnfinished, match="already runs in this folder"):
        start(make_spec("echo again"), running.folder)
    running.wait(20.0)
    with pytest.raises(ActionUnfinished, match="has already run in this folder"):
        start(make_spec("echo again"), running.folder)


def test_a_folder_that_cannot_be_written_is_refused(make_spec: MakeSpec, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ActionUnfinished, match="cannot be written"):
        start(make_spec("echo"), tmp_path / "file" / "run")
