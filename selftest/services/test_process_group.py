from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gonogo.actions.process_tree import process_table
from gonogo.waiting import wait_until
from staging.services.process_group import ProcessGroup

LEAVES_ONE_BEHIND = "sleep 60 & echo $!; exit 7"
ENVIRONMENT = {"PATH": os.environ["PATH"]}


def is_alive(pid: int) -> bool:
    found = process_table().get(pid)
    return found is not None and found.state != "Z"


def test_its_status_and_output_are_told_and_nothing_is_left_behind(tmp_path: Path) -> None:
    async def run() -> tuple[int, int]:
        group = await ProcessGroup.start(
            ("/bin/sh", "-c", LEAVES_ONE_BEHIND), folder=tmp_path, environment=ENVIRONMENT
        )
        left = int(await group.output.readline())
        return await group.ended(), left

    status, left = asyncio.run(run())
    assert status == 7
    wait_until(lambda: is_alive(left), lambda alive: not alive, what="its end", timeout_s=5)


def test_ending_it_ends_what_it_started(tmp_path: Path) -> None:
    async def run() -> tuple[int, int, bool]:
        group = await ProcessGroup.start(
            ("/bin/sh", "-c", "sleep 60 & echo $!; wait"), folder=tmp_path, environment=ENVIRONMENT
        )
        left = int(await group.output.readline())
        was_running = group.is_running
        group.end()
        group.end()
        return await group.ended(), left, was_running

    status, left, was_running = asyncio.run(run())
    assert (status, was_running) == (-9, True)
    wait_until(lambda: is_alive(left), lambda alive: not alive, what="its end", timeout_s=5)


def test_it_sees_no_input_and_only_the_environment_it_was_given(tmp_path: Path) -> None:
    async def run() -> str:
        group = await ProcessGroup.start(
            ("/bin/sh", "-c", "cat; pwd; env"), folder=tmp_path, environment={"ONLY": "this"}
        )
        text = (await group.output.read()).decode()
        await group.ended()
        return text

    lines = asyncio.run(run()).splitlines()
    assert lines[0] == str(tmp_path)
    assert "ONLY=this" in lines
    assert not [line for line in lines if line.startswith(("HOME=", "PATH=/work"))]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    start = ProcessGroup.start(("true",), folder=tmp_path / "none", environment={})
    with pytest.raises(FileNotFoundError):
        asyncio.run(start)
