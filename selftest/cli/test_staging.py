from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from gonogo.config import load
from gonogo.premises import OpenService, Premises
from gonogo.premises_door import Door, close
from gonogo.premises_keeper import LOCK, PROCESS
from gonogo.waiting import wait_until

TARGET = """
[target]
name = "a small box"
environment = "rehearsal"
provider = "shop:Provider"

[release]
version = "1.0.0"

[checklist]
path = "checklist.md"

[repository]
path = "."
"""
SHOP = """
import signal
import socket
from pathlib import Path
from gonogo.errors import CannotTell
from gonogo.premises import OpenService, Premises
from gonogo.waiting import pause

class Provider:
    def __init__(self, settings, *, root, workspace, intent):
        self.workspace = workspace
        self.root = root

    def open(self, progress):
        progress("hanging up the sign")
        while (self.root / "slow").exists():
            pause(0.05)
        if (self.root / "closed-today").exists():
            raise CannotTell("the shop stays closed", where="the door", do="come back tomorrow")
        if (self.root / "on-fire").exists():
            raise RuntimeError("fire")
        self.socket = socket.create_server(("127.0.0.1", 0))
        signal.signal(signal.SIGUSR1, lambda *_: self.socket.close())
        log = self.root / "till.log"
        log.write_text("one sale\\n")
        address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        (self.root / "workspace").write_text(str(self.workspace))
        return Premises(
            services=(
                OpenService(name="till", address=address, what="a till " * 20, log=str(log)),
                OpenService(name="door", address=address, what="a door"),
                OpenService(name="cat", address=address, what="a cat", log=str(log) + ".cat"),
            ),
            sign_in={"password": "made-up"},
            notes=("mind the step",),
        )

    def stop(self):
        (self.root / "swept").touch()
"""

COLUMNS = 80
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "gonogo.toml").write_text(TARGET)
    (tmp_path / "shop.py").write_text(SHOP)
    return tmp_path


@pytest.fixture
def staging(shop: Path) -> Iterator[Command]:
    environ = {**os.environ, "COLUMNS": str(COLUMNS)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("gonogo")), "staging", *arguments],
            cwd=shop,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    yield run
    run("down")
    run("down", "--name", "second")


def keeper(shop: Path, name: str = "default") -> int:
    return int((shop / ".cache/gonogo/staging" / name / PROCESS).read_text())


def test_up_prints_what_is_open_and_down_leaves_nothing(shop: Path, staging: Command) -> None:
    opened = staging("up")
    assert opened.returncode == 0, opened.stderr
    assert "till" in opened.stdout
    assert "http://127.0.0.1:" in opened.stdout
    assert "sign in, password: made-up" in opened.stdout
    assert "mind the step" in opened.stdout
    workspace = Path((shop / "workspace").read_text())
    assert workspace.is_dir()
    assert staging("down").stdout == "closed\n"
    assert (shop / "swept").exists()
    assert not workspace.exists()
    assert staging("status").returncode == 1
    assert staging("down").stdout == "nothing is open\n"


def test_up_twice_is_one_box(shop: Path, staging: Command) -> None:
    first = staging("up")
    process = keeper(shop)
    since, _, rest = staging("up").stdout.partition("\n")
    assert since.startswith("already open since 20")
    assert rest == first.stdout
    assert keeper(shop) == process


def test_two_names_are_two_boxes(shop: Path, staging: Command) -> None:
    assert staging("up").returncode == 0
    assert staging("up", "--name", "second").returncode == 0
    assert keeper(shop) != keeper(shop, "second")
    assert staging("down").stdout == "closed\n"
    assert staging("status", "--name", "second").returncode == 0


def test_status_names_the_other_open_boxes(staging: Command) -> None:
    staging("up", "--name", "second")
    assert "also open: second; see one with --name" in staging("status").stdout
    assert "also open" not in staging("status", "--name", "second").stdout
    staging("up")
    assert "also open: second;" in staging("status").stdout


def test_no_line_is_longer_than_a_terminal_and_no_address_is_cut(staging: Command) -> None:
    lines = staging("up").stdout.splitlines()
    assert max(map(len, lines)) == COLUMNS
    (till,) = (line for line in lines if line.startswith("till"))
    assert "http://127.0.0.1:" in till
    assert till.endswith("…")


@pytest.fixture
def slow(shop: Path) -> Iterator[Path]:
    """Keeps the box opening as long as this file is there."""
    path = shop / "slow"
    path.touch()
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def opening(shop: Path, slow: Path, staging: Command) -> Iterator[subprocess.Popen[str]]:
    """A command that is opening the box."""
    with up_beside(shop) as command:
        try:
            wait_until(
                lambda: staging("status").stdout,
                lambda told: told == "opening: hanging up the sign\n",
                what="the box to be opening",
                timeout_s=20,
            )
            yield command
        finally:
            slow.unlink(missing_ok=True)  # else the command would be waited for in vain


def up_beside(shop: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("gonogo")), "staging", "up"],
        cwd=shop,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_closes_what_this_command_is_opening(
    shop: Path, staging: Command, opening: subprocess.Popen[str]
) -> None:
    number = keeper(shop)
    opening.send_signal(signal.SIGINT)
    _, said = opening.communicate(timeout=30)
    assert opening.returncode == 2
    assert "the box is closed; nothing of it runs" in said
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    assert (shop / "swept").exists()
    assert staging("status").stdout == "nothing is open; gonogo staging up opens the box\n"


def test_ctrl_c_leaves_what_another_command_is_opening(
    shop: Path, staging: Command, slow: Path, opening: subprocess.Popen[str]
) -> None:
    with up_beside(shop) as joined:
        assert joined.stderr is not None
        assert "another command is opening the box" in joined.stderr.readline()
        joined.send_signal(signal.SIGINT)
        _, said = joined.communicate(timeout=30)
    assert joined.returncode == 2
    assert "the box goes on opening" in said
    assert staging("logs").stdout == "opening: hanging up the sign\n"
    slow.unlink()
    assert "mind the step" in opening.communicate(timeout=30)[0]
    assert opening.returncode == 0


def test_nothing_opens_under_a_name_that_is_not_open_while_another_opens(
    staging: Command, opening: subprocess.Popen[str]
) -> None:
    assert opening.poll() is None
    told = staging("status", "--name", "second").stdout
    assert "nothing is open" in told
    assert "also open: default" in told


def test_status_is_also_data(staging: Command) -> None:
    assert json.loads(staging("status", "--json").stdout) is None
    staging("up")
    told = json.loads(staging("status", "--json").stdout)
    assert told["services"][0]["name"] == "till"
    assert told["sign_in"] == {"password": "made-up"}


def test_what_is_open_is_for_its_owner_alone(shop: Path, staging: Command) -> None:
    folder = shop / ".cache/gonogo/staging/default"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "keeper.log").touch(mode=0o644)
    staging("up")
    assert folder.stat().st_mode & 0o077 == 0
    for name in ("premises.json", "keeper.log", "process", "progress"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name


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


@pytest.mark.parametrize("command", [("up",), ("status",), ("status", "--json")])
def test_a_box_whose_services_have_died_is_not_called_open(
    shop: Path, staging: Command, command: tuple[str, ...]
) -> None:
    staging("up")
    assert staging(*command).returncode == 0
    os.kill(keeper(shop), signal.SIGUSR1)
    wait_until(
        lambda: staging(*command).returncode,
        lambda status: status == 20,
        what="a box that does not answer to be told",
        timeout_s=10,
    )
    told = staging(*command).stderr
    assert "nobody at till" in told
    assert "gonogo staging down" in told


def test_logs_are_named_and_shown(shop: Path, staging: Command) -> None:
    assert staging("logs").returncode == 1
    staging("up")
    assert staging("logs").stdout.splitlines() == [
        f"till: {shop / 'till.log'}",
        "door: keeps no log",
        f"cat: {shop / 'till.log.cat'}",
    ]
    assert staging("logs", "till").stdout == "one sale\n"
    assert staging("logs", "door").stderr == "door keeps no log\n"
    assert staging("logs", "cat").stderr == "nothing is in the log of cat yet\n"
    wrong = staging("logs", "tile")
    assert wrong.returncode == 4
    assert "till, door, cat" in wrong.stderr


def test_a_box_that_does_not_open_says_why(shop: Path, staging: Command) -> None:
    (shop / "closed-today").touch()
    refused = staging("up")
    assert refused.returncode == 20
    assert "the shop stays closed" in refused.stderr
    assert "come back tomorrow" in refused.stderr
    assert "keeper.log" not in refused.stderr, "its keeper said nothing else"
    assert (shop / "swept").exists()
    (shop / "closed-today").unlink()
    (shop / "on-fire").touch()
    assert "RuntimeError: fire" in staging("up").stderr
    (shop / "on-fire").unlink()
    assert staging("up").returncode == 0


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


def test_a_target_without_premises_is_a_usage_error(shop: Path, staging: Command) -> None:
    (shop / "shop.py").write_text("class Provider:\n    def __init__(self, s, **k): pass\n")
    refused = staging("up")
    assert "no premises to open" in refused.stderr
    (shop / "gonogo.toml").write_text(TARGET.replace('provider = "shop:Provider"\n', ""))
    assert "already there" in staging("up").stderr


def test_a_name_that_leads_out_of_the_folder_is_refused(staging: Command) -> None:
    refused = staging("up", "--name", "../../elsewhere")
    assert refused.returncode == 4
    assert "letters, digits and hyphens" in refused.stderr


def test_premises_reach_another_process_whole_and_show_no_secret() -> None:
    premises = Premises(
        services=(OpenService(name="till", address="http://127.0.0.1:1", what="a till"),),
        sign_in={"password": "hunter22"},
        notes=("n",),
    )
    assert Premises.from_json(premises.to_json()) == premises
    assert premises.address("till") == "http://127.0.0.1:1"
    assert "hunter22" not in repr(premises)
