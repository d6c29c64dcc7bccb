from __future__ import annotations

import pytest

from gonogo.errors import CannotTell
from gonogo.probes.migration.log_lines import read_log

ERRORS = [
    'psql:file.sql:12: ERROR:  relation "x" does not exist',
    "ERROR:  deadlock detected",
    "psql: error: connection to server failed: FATAL:  too many clients",
    "2026-01-25 12:00:00 ERROR could not write",
    "12:00:01 [ERROR] disk is full",
    "2026-01-25|FATAL|no space left",
    "PANIC: could not locate a valid checkpoint record",
    "INFO: psql:file.sql:3: ERROR:  syntax error",
    "WARNING: the next line is real ERROR: yes",
]
NO_ERRORS = [
    "Pre-flight: 0 errors, 0 warnings",
    "error_count=0, no ERRORs",
    "ERROR_LEVEL=3",
    "NOTICE:  an ERROR would look different",
    "psql:file.sql:1: WARNING:  this is no ERROR at all",
    "INFO: nothing FATAL happened",
    "no error was found: errors: 0",
]


@pytest.mark.parametrize("line", ERRORS)
def test_a_line_that_names_an_error_is_one(line: str) -> None:
    assert read_log(f"started\n{line}\n", source="log").errors == (line,)


@pytest.mark.parametrize("line", NO_ERRORS)
def test_a_word_in_a_sentence_is_no_error(line: str) -> None:
    assert read_log(f"started\n{line}\n", source="log").errors == ()


def test_warnings_are_listed_beside_errors() -> None:
    reading = read_log("WARNING:  old\nERROR:  bad\nfine\n", source="the log")
    assert str(reading) == (
        "the log: 1 errors, 1 warnings in 3 lines\n  ERROR:  bad\n  WARNING:  old"
    )


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_an_empty_log_shows_nothing(text: str) -> None:
    with pytest.raises(CannotTell, match="the log is empty"):
        read_log(text, source="log")
