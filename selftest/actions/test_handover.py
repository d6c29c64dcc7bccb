from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.actions.handover import CallerOnPipes
from gonogo.errors import CannotTell, GonogoError, TargetRefused, WaitTimedOut


class Pipes:
    """A caller's end of the two pipes, and the supervisor's view of it."""

    def __init__(self, folder: Path, said: str) -> None:
        self._folder = folder
        (folder / "said").write_text(said)
        self._file = (folder / "said").open()
        self.reading, self.writing = os.pipe()
        self.silenced = os.dup(self.writing)
        self.caller = CallerOnPipes(self._file, writing=self.writing, silenced=[self.silenced])

    def heard(self) -> str:
        return os.read(self.reading, 4096).decode()

    def leave(self) -> None:
        os.close(self.reading)
        self.reading = os.open(os.devnull, os.O_RDONLY)

    def close(self) -> None:
        self._file.close()
        for descriptor in (self.reading, self.writing, self.silenced):
            os.close(descriptor)


@pytest.fixture
def going(tmp_path: Path) -> Iterator[Pipes]:
    pipes = Pipes(tmp_path, json.dumps({"folder": "x"}) + "\ngo\n")
    yield pipes
    pipes.close()


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[Pipes]:
    pipes = Pipes(tmp_path, json.dumps({"folder": "x"}) + "\n")
    yield pipes
    pipes.close()


def test_the_order_is_followed_by_ready_go_and_started(going: Pipes) -> None:
    assert going.caller.order() == {"folder": "x"}
    assert going.caller.lets_begin()
    assert going.heard() == "ready\n"
    going.caller.told_started()
    assert going.heard() == "started\n"
    os.write(going.silenced, b"nobody hears this")
    os.write(going.writing, b"end")
    assert going.heard() == "end"


def test_a_caller_that_ends_after_its_order_lets_nothing_begin(ending: Pipes) -> None:
    ending.caller.order()
    ending.leave()
    assert not ending.caller.lets_begin()
    ending.caller.told(CannotTell("nobody listens"))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TargetRefused("taken", found="pid 7"), "TargetRefused"),
        (WaitTimedOut("late"), "CannotTell"),
    ],
)
def test_what_stands_in_the_way_is_told_with_its_kind(
    going: Pipes, error: GonogoError, kind: str
) -> None:
    going.caller.told(error)
    assert json.loads(going.heard()) == [kind, error.what, "", "", error.found, ""]
