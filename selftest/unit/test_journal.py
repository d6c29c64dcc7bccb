from __future__ import annotations

import errno
import itertools
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo import journal
from gonogo.errors import RecordError
from gonogo.journal import SCHEMA, Segment, SegmentReader, read_segment
from gonogo.redaction import Redactor, Secret
from selftest.unit.dossiers import NoRedaction, SetClock, lines_of

TraceFunction = Callable[[FrameType, str, Any], Any]
CANARY = "s3cr3t-canary-value"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def no_sync(_descriptor: int) -> None:
    pass


def segment(
    path: Path,
    *,
    clock: SetClock | None = None,
    fsync: Callable[[int], None] = no_sync,
    **header: object,
) -> Segment:
    return Segment(
        path, header=header, redaction=NoRedaction(), clock=clock or SetClock(), fsync=fsync
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = segment(tmp_path / "runs" / "r" / "main.jsonl", run_id="r")
    for number in range(5):
        made.append("note", number=number)
    made.close()
    return made.path


def edited(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> journal.SegmentReading:
    lines = change(path.read_bytes().splitlines(keepends=True))
    path.write_bytes(b"".join(lines))
    return read_segment(path)


def test_what_was_appended_is_read_back_in_order(path: Path) -> None:
    reading = read_segment(path)
    assert reading.header["schema"] == SCHEMA
    assert reading.header["run_id"] == "r"
    assert [record["number"] for record in reading.records] == [0, 1, 2, 3, 4]
    assert (reading.damage, reading.torn) == ("", False)


@settings(deadline=None)
@given(values=st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), JSON, max_size=4))
def test_any_json_survives_the_way_there_and_back(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    made = segment(tmp_path_factory.mktemp("any") / "s.jsonl")
    made.append("note", values=values, text="\u2028 line\nbreaks \x00 \udc80")
    made.close()
    reading = read_segment(made.path)
    assert reading.damage == ""
    assert reading.records[0]["values"] == json.loads(
        json.dumps(values, ensure_ascii=False).encode(errors="replace")
    )


def test_half_a_surrogate_pair_loses_no_record(tmp_path: Path) -> None:
    made = segment(tmp_path / "s.jsonl")
    made.append("note", text="caf\udce9")
    made.append("note", text="after")
    assert [record["text"] for record in read_segment(made.path).records] == ["caf?", "after"]


@pytest.mark.parametrize("number", range(6))
def test_a_byte_changed_in_any_line_is_damage_also_in_the_last(path: Path, number: int) -> None:
    def change(lines: list[bytes]) -> list[bytes]:
        lines[number] = lines[number].replace(b"2026", b"2025", 1)
        return lines

    reading = edited(path, change)
    assert f"line {number + 1} is not as it was written" in reading.damage
    assert len(reading.records) == max(number - 1, 0)


@settings(deadline=None)
@given(st.data())
def test_any_byte_of_any_segment_that_changes_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    made = segment(tmp_path_factory.mktemp("bytes") / "s.jsonl", run_id="r")
    made.append("finished", item="MIG-1.1", state="FAIL")
    content = bytearray(made.path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    made.path.write_bytes(bytes(content))
    reading = read_segment(made.path)
    assert reading.damage or reading.torn


def test_a_segment_that_grows_is_read_on(tmp_path: Path) -> None:
    made = segment(tmp_path / "s.jsonl")
    reader = SegmentReader()
    made.append("note", number=1)
    first = reader.read(made.path).records
    made.append("note", number=2)
    again = reader.read(made.path)
    assert again.records[: len(first)] == first
    assert again == read_segment(made.path)
    assert [record["number"] for record in again.records] == [1, 2]


@pytest.mark.parametrize("number", range(6))
def test_a_change_of_what_was_read_before_is_damage_all_the_same(path: Path, number: int) -> None:
    reader = SegmentReader()
    assert not reader.read(path).damage
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number] = lines[number].replace(b"2026", b"2025", 1)
    path.write_bytes(b"".join(lines))
    assert reader.read(path) == read_segment(path)
    assert reader.read(path).damage


def test_a_segment_that_was_cut_is_read_as_it_is_now(path: Path) -> None:
    reader = SegmentReader()
    reader.read(path)
    path.write_bytes(path.read_bytes()[:-5])
    assert reader.read(path) == read_segment(path)
    assert reader.read(path).torn


@pytest.mark.parametrize("number", range(5))
def test_a_line_taken_out_is_damage(path: Path, number: int) -> None:
    assert edited(path, lambda lines: lines[:number] + lines[number + 1 :]).damage


def test_two_lines_swapped_are_damage(path: Path) -> None:
    assert (
        "line 3" in edited(path, lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]]).damage
    )


def test_a_line_repeated_is_damage(path: Path) -> None:
    assert "line 4 does not follow" in edited(path, lambda lines: [*lines[:3], *lines[2:]]).damage


def test_a_line_of_another_segment_is_damage(path: Path, tmp_path: Path) -> None:
    other = segment(tmp_path / "other.jsonl", run_id="other")
    other.append("note", number=9)
    foreign = other.path.read_bytes().splitlines(keepends=True)[1]
    assert "line 7 does not follow" in edited(path, lambda lines: [*lines, foreign]).damage


def test_a_cut_last_line_is_ignored_and_said(path: Path) -> None:
    reading = edited(path, lambda lines: [*lines[:-1], lines[-1][:-20]])
    assert (reading.torn, reading.damage, len(reading.records)) == (True, "", 4)


def test_a_last_line_without_its_line_end_is_torn_too(path: Path) -> None:
    reading = edited(path, lambda lines: [*lines[:-1], lines[-1][:-1]])
    assert (reading.torn, len(reading.records)) == (True, 4)


@pytest.mark.parametrize(
    "content",
    [b"", b'{"kind":"header"'],
    ids=["empty", "cut in its first line"],
)
def test_a_segment_killed_before_its_first_record_has_no_header(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(content)
    reading = read_segment(path)
    assert (reading.header, reading.records, reading.damage) == ({}, (), "")


@pytest.mark.parametrize(
    "content", [b"[]\n", b"null\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n", b"\n", b"{}\n"]
)
def test_what_is_no_record_is_damage_and_no_header(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(content)
    reading = read_segment(path)
    assert reading.damage
    assert (reading.header, reading.records) == ({}, ())


@pytest.mark.parametrize("header", [{"schema": "gonogo/journal/v9"}, {"kind": "note"}])
def test_a_header_of_another_form_is_damage(tmp_path: Path, header: dict[str, str]) -> None:
    path = tmp_path / "s.jsonl"
    record = {"kind": "header", "schema": SCHEMA, **header, "previous": journal.FIRST}
    text = json.dumps(record, separators=(",", ":"))
    path.write_bytes(journal._sealed(text[:-1].encode())[0] + b"\n")
    reading = read_segment(path)
    assert "line 1 is not a header" in reading.damage
    assert (reading.header, reading.records) == ({}, ())


def test_a_segment_that_cannot_be_read_is_damage_not_a_raise(tmp_path: Path) -> None:
    assert "cannot be read" in read_segment(tmp_path / "missing.jsonl").damage
    assert "cannot be read" in read_segment(tmp_path).damage


def test_a_segment_is_never_opened_twice(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(RecordError, match="cannot be written"):
        segment(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecordError) as caught:
        segment(tmp_path / "file" / "run" / "s.jsonl")
    assert str(tmp_path / "file") in caught.value.where
    assert "reports folder" in caught.value.do


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RecordError, match="cannot be written"):
        segment(tmp_path / "run" / "s.jsonl")


def test_a_journal_is_no_program(path: Path) -> None:
    assert not path.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


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


@pytest.mark.parametrize(
    "secret", [CANARY, 'with "quotes" in it', "with\nlines in it", "back\\slash", "naïve-schlüssel"]
)
def test_a_secret_is_written_in_no_form(tmp_path: Path, secret: str) -> None:
    redactor = Redactor([Secret(secret)])
    made = Segment(
        tmp_path / "s.jsonl",
        header={"options": f"--with {secret}"},
        redaction=redactor,
        clock=SetClock(),
    )
    made.append("note", text=f"before {secret} after", nested={secret: [secret]})
    made.close()
    content = made.path.read_text()
    for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        assert form not in content
    assert read_segment(made.path).damage == ""
    assert "before" in lines_of(made.path)[1]["text"]
