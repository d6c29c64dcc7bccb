from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gonogo.actions import Lost, Prompt, Running, ScriptResult, adopt, start
from gonogo.actions.supervisor import StopRequest, supervise
from gonogo.errors import ActionUnfinished, RecordError
from gonogo.waiting import wait_until
from selftest.actions.asking import Asker, order_for
from selftest.actions.conftest import MakeSpec
from selftest.actions.started_scripts import CALLER, PASSWORD

pytestmark = pytest.mark.usefixtures("descriptors")


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
