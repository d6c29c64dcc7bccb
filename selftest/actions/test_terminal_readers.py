from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gonogo.actions import terminal_readers
from gonogo.actions.process_tree import (
    Process,
    members,
    process_table,
    signal_all,
    started_ticks,
)
from gonogo.actions.terminal_readers import Waiting, waiting_for_input
from gonogo.waiting import wait_until

THREAD = "import threading, time; threading.Thread(target=input).start(); time.sleep(30)"


@contextmanager
def on_a_terminal(*argv: str) -> Iterator[tuple[int, str]]:
    master, slave = pty.openpty()
    with subprocess.Popen(argv, stdin=slave, stdout=slave, start_new_session=True) as process:
        yield process.pid, os.ttyname(slave)
        process.kill()
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("cat",), Waiting.READING),
        (("sleep", "30"), Waiting.NOBODY),
        (("python3", "-c", "import select; select.select([0], [], [])"), Waiting.WATCHING),
        (("python3", "-c", "import select; select.select([], [], [], 30)"), Waiting.NOBODY),
        (("python3", "-c", THREAD), Waiting.READING),
        (("cat", "/proc/self/fd/3"), Waiting.UNSEEN),
    ],
)  # fmt: skip
def test_what_a_process_waits_for_is_seen(argv: tuple[str, ...], expected: Waiting) -> None:
    with on_a_terminal(*argv) as (pid, terminal):
        seen = wait_until(
            lambda: waiting_for_input(members(pid), terminal),
            lambda waiting: waiting is expected,
            what=str(expected),
            timeout_s=10.0,
        )
        assert seen is expected


def test_another_terminal_does_not_count() -> None:
    with on_a_terminal("cat") as (pid, terminal):
        wait_until(
            lambda: waiting_for_input(members(pid), terminal),
            lambda waiting: waiting is Waiting.READING,
            what="cat to read",
            timeout_s=10.0,
        )
        assert waiting_for_input(members(pid), "/dev/pts/elsewhere") is Waiting.NOBODY


def test_no_process_and_an_unknown_machine_cannot_be_looked_into() -> None:
    me = process_table()[os.getpid()]
    assert waiting_for_input([], "/dev/pts/0") is Waiting.UNSEEN
    assert waiting_for_input([me], "/dev/pts/0", machine="abacus") is Waiting.UNSEEN


def test_a_process_that_ended_meanwhile_is_passed_over() -> None:
    gone = Process(pid=2**30, parent=1, session=1, state="S", started_ticks=1, name="gone")
    assert waiting_for_input([gone], "/dev/pts/0") is Waiting.UNSEEN


def test_the_process_table_knows_names_with_blanks_and_parentheses(tmp_path: Path) -> None:
    (tmp_path / "a) b (c").symlink_to("/bin/sleep")
    with subprocess.Popen([tmp_path / "a) b (c", "30"], start_new_session=True) as strange:
        [found] = members(strange.pid)
        assert (found.name, found.pid, found.parent) == ("a) b (c", strange.pid, os.getpid())
        strange.kill()


def test_descendants_count_even_in_a_session_of_their_own() -> None:
    with subprocess.Popen(["setsid", "-w", "sleep", "30"], start_new_session=True) as child:
        found = wait_until(
            lambda: members(child.pid, root=os.getpid()),
            lambda seen: {"setsid", "sleep"} <= {process.name for process in seen},
            what="both processes",
            timeout_s=10.0,
        )
        assert os.getpid() not in {process.pid for process in found}
        signal_all(found, child.pid, signal.SIGKILL)
    assert members(child.pid) == []


def test_an_ended_process_has_no_beginning() -> None:
    assert started_ticks(2**30) is None
    assert started_ticks(os.getpid()) == process_table()[os.getpid()].started_ticks


def test_every_machine_table_knows_the_blocking_read() -> None:
    for calls in terminal_readers.CALLS.values():
        assert set(calls.values()) == {"read", "poll", "select", "epoll"}
