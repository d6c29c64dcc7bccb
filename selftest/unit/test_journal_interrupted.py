from __future__ import annotations

import errno
import itertools
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from gonogo import journal
from gonogo.errors import RecordError
from gonogo.journal import Segment, read_segment
from selftest.unit.dossiers import SetClock
from selftest.unit.segments import segment

TraceFunction = Callable[[FrameType, str, Any], Any]


def run_limited(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False
    )


LIMITED = """
import resource, signal, sys
from pathlib import Path
from gonogo.errors import RecordError
from gonogo.journal import Segment
from selftest.unit.dossiers import NoRedaction, SetClock
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
made = Segment(Path(sys.argv[1]) / "s.jsonl", header={}, redaction=NoRedaction(), clock=SetClock())
made.append("note", text="before")
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
full = made.path.stat().st_size + 100
resource.setrlimit(resource.RLIMIT_FSIZE, (full, hard))
for _ in range(2):
    try:
        made.append("note", text="x" * 500)
    except RecordError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
made.append("note", text="after")
made.close()
"""


def test_a_full_disk_raises_and_spoils_nothing_that_comes_after(tmp_path: Path) -> None:
    done = run_limited(LIMITED, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("written only in part") == 2
    assert "free space" in done.stdout
    reading = read_segment(tmp_path / "s.jsonl")
    assert (reading.damage, reading.torn) == ("", False)
    assert [record["text"] for record in reading.records] == ["before", "after"]


def test_a_disk_without_any_room_raises(tmp_path: Path) -> None:
    script = LIMITED.replace("st_size + 100", "st_size")
    done = run_limited(script, tmp_path)
    assert done.stdout.count("the journal cannot be written") == 2, done.stderr
    assert os.strerror(errno.EFBIG) in done.stdout
    assert len(read_segment(tmp_path / "s.jsonl").records) == 2


def test_the_limits_of_this_process_stand() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


KILLED = """
import os, signal, sys
from pathlib import Path
from gonogo.journal import Segment
from selftest.unit.dossiers import NoRedaction, SetClock
made = Segment(Path(sys.argv[1]) / "s.jsonl", header={}, redaction=NoRedaction(), clock=SetClock())
for number in range(100):
    made.append("note", number=number)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_no_record(tmp_path: Path) -> None:
    assert run_limited(KILLED, tmp_path).returncode == -9
    assert len(read_segment(tmp_path / "s.jsonl").records) == 100


def interrupted(made: Segment, after_opcodes: int) -> bool:
    """Append, interrupted after so many opcodes of the journal; return whether it came to that."""
    seen = 0

    def trace(frame: FrameType, event: str, _argument: object) -> TraceFunction | None:
        nonlocal seen
        if frame.f_code.co_filename != journal.__file__:
            return None
        frame.f_trace_opcodes = True
        seen += event == "opcode"
        if seen > after_opcodes:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        made.append("interrupted")
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_an_interrupt_at_any_point_of_an_append_breaks_no_chain(tmp_path: Path) -> None:
    written = set()
    for opcodes in itertools.count():
        made = segment(tmp_path / f"{opcodes}.jsonl")
        made.append("before")
        came = interrupted(made, opcodes)
        made.append("after")
        made.close()
        reading = read_segment(made.path)
        assert (reading.damage, reading.torn) == ("", False), opcodes
        kinds = [record["kind"] for record in reading.records]
        assert kinds in (["before", "after"], ["before", "interrupted", "after"])
        written.add(len(kinds))
        if not came:
            break
    assert opcodes > 50
    assert written == {2, 3}


def test_half_a_line_left_by_an_interrupt_is_taken_back(tmp_path: Path) -> None:
    made = segment(tmp_path / "main.jsonl")
    header_bytes = made.path.stat().st_size
    opcodes = itertools.count()
    while made.path.stat().st_size == header_bytes:
        interrupted(made, next(opcodes))
    os.truncate(made.path, made.path.stat().st_size - 5)
    made.append("after")
    made.close()
    reading = read_segment(made.path)
    assert [record["kind"] for record in reading.records] == ["after"]
    assert (reading.damage, reading.torn) == ("", False)


@pytest.mark.parametrize("change", [b"x", b""])
def test_a_segment_changed_while_it_is_written_is_said(tmp_path: Path, change: bytes) -> None:
    made = segment(tmp_path / "main.jsonl")
    made.path.write_bytes(made.path.read_bytes() + change if change else b"")
    with pytest.raises(RecordError, match="changed by somebody else"):
        made.append("note")


def test_the_disk_is_synced_at_most_once_a_second(tmp_path: Path) -> None:
    clock = SetClock()
    syncs: list[int] = []
    made = segment(tmp_path / "s.jsonl", clock=clock, fsync=syncs.append)
    assert len(syncs) == 1
    for _ in range(12):
        clock.advance(0.25)
        made.append("note")
    assert len(syncs) == 1 + 3
    made.sync()
    assert len(syncs) == 5
    clock.advance(0.9)
    made.append("note")
    assert len(syncs) == 5


def test_closing_syncs_once_however_often(tmp_path: Path) -> None:
    syncs: list[int] = []
    made = segment(tmp_path / "s.jsonl", fsync=syncs.append)
    made.append("note")
    made.close()
    made.close()
    assert len(syncs) == 2


def test_a_disk_that_refuses_to_sync_is_a_record_error(tmp_path: Path) -> None:
    answers = iter([None, OSError(errno.EIO, os.strerror(errno.EIO))])

    def refuse(_descriptor: int) -> None:
        if answer := next(answers):
            raise answer

    made = segment(tmp_path / "s.jsonl", fsync=refuse)
    with pytest.raises(RecordError, match="cannot be written"):
        made.close()
    made.close()
