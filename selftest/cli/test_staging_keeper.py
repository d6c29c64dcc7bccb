from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from gonogo.config import load
from gonogo.premises_door import Door, close
from gonogo.premises_keeper import LOCK, PROCESS
from gonogo.waiting import wait_until
from selftest.cli.shop import Command, keeper


@pytest.fixture
def door(shop: Path) -> Door:
    made = Door(load(None, root=shop, environ={}), "default")
    made.folder.mkdir(parents=True, exist_ok=True)
    return made


def test_who_only_looks_is_not_taken_for_a_keeper(door: Door) -> None:
    assert not door.held
    assert door.premises is None
    (door.folder / LOCK).touch()
    looking = os.open(door.folder / LOCK, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    assert not door.held
    os.close(looking)
    with FileLock(door.folder / LOCK):
        assert door.held
        assert door.premises is None
    assert not door.held


KEEPER = """
import signal, sys
from pathlib import Path
from filelock import FileLock
with FileLock(Path(sys.argv[1]) / "lock"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def late(door: Door) -> Iterator[subprocess.Popen[str]]:
    """A keeper that holds the lock, has not said who it is, and ends when told a line."""
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(door.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as keeps:
        assert keeps.stdout is not None
        assert keeps.stdout.readline() == "held\n"
        yield keeps
        keeps.kill()


def test_a_keeper_that_has_not_said_who_it_is_is_waited_for(
    door: Door, late: subprocess.Popen[str]
) -> None:
    saying = threading.Timer(0.3, (door.folder / PROCESS).write_text, args=[str(late.pid)])
    saying.start()
    close(door)
    saying.join()
    assert late.wait() == -signal.SIGTERM
    assert not door.held


def test_a_keeper_that_ends_by_itself_meanwhile_is_closed(
    door: Door, late: subprocess.Popen[str]
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (door.folder / PROCESS).write_text(str(gone.pid))
    ending = threading.Timer(0.3, late.communicate, args=["\n"])
    ending.start()
    close(door)
    ending.join()
    assert late.returncode == 0


def test_a_killed_keeper_is_no_open_box(shop: Path, staging: Command) -> None:
    staging("up")
    left_behind = Path((shop / "workspace").read_text()) / "left-behind"
    left_behind.touch()
    os.kill(keeper(shop), signal.SIGKILL)
    wait_until(
        lambda: staging("status").returncode,
        lambda status: status == 1,
        what="the lock of a dead keeper to be free",
        timeout_s=10,
    )
    again = staging("up")
    assert again.returncode == 0, again.stderr
    assert not left_behind.exists()


@pytest.mark.parametrize("command", ["status", "down"])
def test_what_a_killed_keeper_left_is_cleared_and_told(
    shop: Path, staging: Command, command: str
) -> None:
    staging("up")
    workspace = Path((shop / "workspace").read_text())
    (workspace / ".env.production").touch()
    (workspace.parent / "premises.partial").touch()
    os.kill(keeper(shop), signal.SIGKILL)
    door = Door(load(None, root=shop, environ={}), "default")
    wait_until(lambda: door.held, lambda held: not held, what="a free lock", timeout_s=10)
    told = staging(command)
    assert "nothing is open" in told.stdout
    assert f"cleared what a killed box left in {workspace.parent}" in told.stderr
    assert {path.name for path in workspace.parent.iterdir()} == {"lock", "keeper.log"}
    assert staging(command).stderr == ""


def test_what_an_open_box_has_is_not_cleared(shop: Path, staging: Command, door: Door) -> None:
    staging("up")
    assert not door.clear()
    assert Path((shop / "workspace").read_text()).is_dir()
