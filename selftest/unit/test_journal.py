from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo import journal
from gonogo.errors import RecordError
from gonogo.journal import SCHEMA, Segment, SegmentReader, read_segment
from gonogo.redaction import Redactor, Secret
from selftest.unit.dossiers import SetClock, lines_of
from selftest.unit.segments import segment

CANARY = "s3cr3t-canary-value"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
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
