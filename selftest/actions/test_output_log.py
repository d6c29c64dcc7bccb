from __future__ import annotations

import contextlib
import io
import itertools

from hypothesis import given
from hypothesis import strategies as st

from gonogo.actions import output_log
from gonogo.actions.output_log import OutputLog
from gonogo.redaction import Redactor, Secret

PASSWORD = "c0rrect-h0rse-battery"


def logged(*parts: bytes, largest_bytes: int = 1000, finish: bool = True) -> str:
    file = io.StringIO()
    log = OutputLog(file, Redactor([Secret(PASSWORD)]), largest_bytes=largest_bytes)
    for part in parts:
        log.feed(part)
    if finish:
        log.finish()
    return file.getvalue()


@given(st.lists(st.integers(1, 60), max_size=12), st.sampled_from(["", "\n", "\r\n"]))
def test_a_secret_is_masked_however_the_output_arrives(cuts: list[int], wrap: str) -> None:
    secret = PASSWORD[:7] + wrap + PASSWORD[7:]
    data = f"first\r\nbefore {secret} after\r\n\x1b[31m{PASSWORD}\x1b[0m\r\nlast".encode()
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    parts = [data[a:b] for a, b in itertools.pairwise(places)]
    assert logged(*parts) == "first\nbefore *** after\n***\nlast"


def test_whole_lines_are_written_at_once_and_the_rest_waits() -> None:
    assert logged(b"one\r\ntwo", finish=False) == "one\n"
    assert logged(b"one\r\nends in c0rr\r\n", finish=False) == "one\n"
    assert logged(b"x\r\n-----BEGIN PRIVATE KEY-----\r\nabc\r\n", finish=False) == "x\n"


def test_a_character_split_between_two_reads_is_whole() -> None:
    assert logged("é".encode()[:1], "é".encode()[1:]) == "é"
    assert logged(b"cut \xc3") == "cut \\xc3"


def test_a_line_without_end_is_written_when_it_is_too_long() -> None:
    long = b"x" * output_log.LONGEST_LINE_CHARACTERS
    assert len(logged(long, finish=False, largest_bytes=10**6)) == len(long)


def test_too_much_output_keeps_beginning_and_end() -> None:
    lines = [f"line {number}\n".encode() for number in range(300)]
    text = logged(*lines, largest_bytes=100)
    assert text.startswith("line 0\n")
    assert "bytes were left out" in text
    assert text.endswith("line 298\nline 299\n")
    assert len(text) < 700


def test_the_last_lines_are_those_since_the_last_answer() -> None:
    log = OutputLog(io.StringIO(), Redactor([Secret(PASSWORD)]))
    log.feed(b"Password: ")
    log.answered()
    assert log.tail() == ""
    log.feed(f"\none {PASSWORD}\n\ntwo".encode())
    assert log.tail() == "one ***\ntwo"
    assert log.tail(1) == "two"


def test_the_last_lines_never_begin_inside_a_secret() -> None:
    log = OutputLog(io.StringIO(), Redactor([Secret(PASSWORD)]))
    for cut in range(1, len(PASSWORD)):
        log.feed(PASSWORD.encode() + b"z" * (output_log.REMEMBERED_CHARACTERS - cut))
        assert PASSWORD[-cut:] + "z" not in log.tail()


def test_a_log_that_cannot_be_written_does_not_end_the_script() -> None:
    with open("/dev/full", "w", encoding="utf-8", buffering=1) as full:  # noqa: PTH123 - a device
        log = OutputLog(full, Redactor())
        log.feed(b"one\ntwo\n")
        assert log.problem == "its output could not be written: No space left on device"
        with contextlib.suppress(OSError):
            full.close()
