from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from gonogo.premises import OpenService, Premises
from gonogo.waiting import wait_until
from selftest.cli.shop import COLUMNS, TARGET, Command, keeper


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
