from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.waiting import wait_until
from selftest.cli.shop import Command, keeper


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
