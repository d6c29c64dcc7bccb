from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gonogo.actions import (
    Ended,
    Lost,
    Prompt,
    Running,
    ScriptResult,
    adopt,
    start,
)
from gonogo.actions.action_folder import ActionFolder
from gonogo.actions.process_tree import members, process_table, started_ticks
from gonogo.actions.supervisor import StopRequest, supervise
from gonogo.errors import ActionUnfinished, RecordError, WaitTimedOut
from gonogo.redaction import Secret
from gonogo.waiting import wait_until
from selftest.actions.asking import Asker, order_for
from selftest.actions.conftest import MakeSpec, Start

PASSWORD = Secret("c0rrect-h0rse-battery")
pytestmark = pytest.mark.usefixtures("descriptors")

CALLER = """
import os, sys
from pathlib import Path
from gonogo.actions import ScriptSpec, clean_environment, start
folder = Path(sys.argv[1])
spec = ScriptSpec(
    name="product", argv=("./product.sh",), cwd=folder,
    env=clean_environment(folder, "/usr/bin:/bin"), timeout_s=30.0,
)
running = start(spec, folder / "run")
print("started", flush=True)
running.wait()
"""


def gone(folder: Path) -> ScriptResult | Lost:
    """Return what became of a script once its supervisor is gone."""
    found = wait_until(
        lambda: adopt(folder),
        lambda seen: not isinstance(seen, Running),
        what="the supervisor's end",
        timeout_s=20.0,
    )
    assert not isinstance(found, Running)
    return found


def alive(pid: int) -> bool:
    found = process_table().get(pid)
    return found is not None and found.state not in "ZX"


def wait_for_text(path: Path, text: str) -> None:
    wait_until(
        lambda: path.read_text() if path.exists() else "",
        lambda seen: text in seen,
        what=f"{text!r} in {path.name}",
        timeout_s=20.0,
    )


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


def test_a_program_the_system_cannot_run_is_refused_by_the_supervisor(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    spec = make_spec("echo")
    (tmp_path / "product.sh").write_bytes(b"\x7fELF and no more")
    with pytest.raises(ActionUnfinished, match="could not be started") as caught:
        start(spec, tmp_path / "run")
    assert "Exec format error" in str(caught.value)


def test_a_supervisor_that_cannot_work_gives_its_last_words(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    spec = make_spec("echo", private_folders=(tmp_path / "missing",))
    with pytest.raises(ActionUnfinished, match="did not start the script") as caught:
        start(spec, tmp_path / "run")
    assert "FileNotFoundError" in str(caught.value)


def test_a_damaged_result_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"name": "x"}')
    with pytest.raises(RecordError, match="cannot be read"):
        adopt(tmp_path)


def test_supervising_writes_output_and_result(make_spec: MakeSpec, tmp_path: Path) -> None:
    spec = make_spec(
        "read -p 'Password: ' p; echo $p",
        argv=(str(tmp_path / "product.sh"),),
        prompts=(Prompt(pattern="Password", answer=PASSWORD),),
    )
    caller = Asker()
    supervise(order_for(spec, tmp_path), StopRequest(), caller, root=None)
    result = adopt(tmp_path)
    assert caller.heard == ["ready", "started"]
    assert isinstance(result, ScriptResult)
    assert result.output == "Password: <answered>\n***\n"


def test_supervising_says_what_could_not_be_started(make_spec: MakeSpec, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir()
    spec = make_spec(
        "#!/no/such\n", argv=(str(tmp_path / "product.sh"),), private_folders=(private,)
    )
    caller = Asker()
    supervise(order_for(spec, tmp_path), StopRequest(), caller, root=None)
    assert caller.heard == ["ready"]
    assert caller.error is not None
    assert "could not be started" in caller.error.what
    assert caller.error.where == str(tmp_path / "product.sh")
    assert not private.exists()
    assert not (tmp_path / "running.json").exists()


def test_a_supervisor_begins_nothing_before_it_is_told_to(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    spec = make_spec(f"touch {tmp_path}/begun", private_folders=(private,))
    caller = Asker(answer=False)
    supervise(order_for(spec, tmp_path), StopRequest(), caller, root=None)
    assert caller.heard == ["ready"]
    assert not (tmp_path / "begun").exists()
    assert not (tmp_path / "output.log").exists()
    assert not private.exists()


def test_a_script_does_not_begin_where_its_caller_could_not_write_that_down(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    def full_disk() -> None:
        raise RecordError("the disk is full")

    spec = make_spec(f"touch {tmp_path}/begun")
    with pytest.raises(RecordError, match="the disk is full"):
        start(spec, tmp_path / "run", begin=full_disk)
    gone(tmp_path / "run")
    assert not (tmp_path / "begun").exists()


def test_a_script_does_not_begin_where_its_caller_ends_right_before(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    make_spec(f"touch {tmp_path}/begun")
    killed = CALLER.replace('folder / "run")', 'folder / "run", begin=kill)').replace(
        "folder =", "kill = lambda: os.kill(os.getpid(), 9)\nfolder ="
    )
    caller = subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False)
    assert caller.returncode == -signal.SIGKILL
    found = gone(tmp_path / "run")
    assert isinstance(found, Lost)
    assert not found.begun, "the next run may do it"
    assert not (tmp_path / "begun").exists()


def test_a_stop_request_is_remembered() -> None:
    stop = StopRequest()
    assert not stop.made
    stop.make(signal.SIGTERM, None)
    assert stop.made
