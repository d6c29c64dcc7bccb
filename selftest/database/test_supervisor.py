from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import pytest

from gonogo.probes.database.supervisor import FAILED, Orders, supervise
from gonogo.waiting import wait_until


@pytest.fixture
def owner() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    read_end, write_end = os.pipe()
    with (
        os.fdopen(read_end, "rb", buffering=0) as reading,
        os.fdopen(write_end, "wb", buffering=0) as writing,
    ):
        yield reading, writing


def _orders(folder: Path, *commands: list[str]) -> Orders:
    folder.mkdir()
    return {
        "commands": list(commands),
        "folder": str(folder),
        "log": str(folder / "log"),
        "user": None,
        "environment": {"PATH": "/usr/bin:/bin"},
    }


def _closed_by_another(path: Path, writing: BinaryIO) -> threading.Thread:
    def close() -> None:
        wait_until(path.exists, bool, what=str(path), timeout_s=10)
        writing.close()

    thread = threading.Thread(target=close)
    thread.start()
    return thread


def test_it_runs_the_commands_in_order_until_the_owner_ends(
    tmp_path: Path, owner: tuple[FileIO, FileIO]
) -> None:
    reading, writing = owner
    mark = tmp_path / "second"
    orders = _orders(
        tmp_path / "f",
        ["sh", "-c", f"echo one > {tmp_path}/first"],
        ["sh", "-c", f"test -f {tmp_path}/first && touch {mark} && exec sleep 60"],
    )
    thread = _closed_by_another(mark, writing)
    supervise(orders, reading)
    thread.join()
    assert not (tmp_path / "f").exists()


def test_a_failed_command_is_recorded_until_the_owner_ends(
    tmp_path: Path, owner: tuple[FileIO, FileIO]
) -> None:
    reading, writing = owner
    folder = tmp_path / "f"
    orders = _orders(folder, ["sh", "-c", "echo broken; exit 3"], ["touch", str(tmp_path / "no")])
    seen: list[str] = []

    def look() -> None:
        wait_until((folder / FAILED).exists, bool, what="failure", timeout_s=10)
        seen.append((folder / FAILED).read_text() + (folder / "log").read_text())
        writing.close()

    thread = threading.Thread(target=look)
    thread.start()
    supervise(orders, reading)
    thread.join()
    assert seen == ["3broken\n"]
    assert not (tmp_path / "no").exists()


def test_what_does_not_stop_is_killed(tmp_path: Path, owner: tuple[FileIO, FileIO]) -> None:
    reading, writing = owner
    mark = tmp_path / "mark"
    orders = _orders(
        tmp_path / "f", ["sh", "-c", f"trap '' QUIT; touch {mark}; while :; do sleep 1; done"]
    )
    thread = _closed_by_another(mark, writing)
    supervise(orders, reading, stop_timeout_s=0.2)
    thread.join()
    assert not (tmp_path / "f").exists()
