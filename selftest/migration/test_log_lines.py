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
    "2026-01-25 12:00:00 main ERROR could not write",
    "2026-01-25 12:00:00.10 ERROR could not write",
    'psql: error: connection to server on socket "/tmp/s" failed',
    "pg_dump: error: query failed",
    "/usr/bin/pg_restore: error: could not read",
    "psql:deployment/002 new.sql:3: error: invalid command",
    "FAILED",
    "FAILED: step 3",
    "./migrate.sh: line 7: pg_dmp: command not found",
    "zsh: command not found: psql",
    "time=12:00 level=ERROR msg=lost",
    '{"severity":"ERROR","message":"lost"}',
    '{"level": "fatal"}',
]
NO_ERRORS = [
    "Pre-flight: 0 errors, 0 warnings",
    "error_count=0, no ERRORs",
    "ERROR_LEVEL=3",
    "NOTICE:  an ERROR would look different",
    "psql:file.sql:1: WARNING:  this is no ERROR at all",
    "INFO: nothing FATAL happened",
    "no error was found: errors: 0",
    "0 errors",
    "0 ERROR lines",
    "No ERROR found.",
    "psql will stop on ERROR",
    "set ON_ERROR_STOP=1",
    "error_count",
    "FAILED: 0",
    "Failed over to the replica",
    "log_level=error",
]


@pytest.mark.parametrize("line", ERRORS)
def test_a_line_that_names_an_error_is_one(line: str) -> None:
    assert read_log(f"started\n{line}\n", source="log").errors == (line,)


@pytest.mark.parametrize("line", NO_ERRORS)
def test_a_word_in_a_sentence_is_no_error(line: str) -> None:
    assert read_log(f"started\n{line}\n", source="log").errors == ()


@pytest.mark.parametrize("colour", ["\x1b[31m", "\x1b[1;38;5;196m", "\x1b[0m\x1b[K"])
def test_colours_hide_nothing(colour: str) -> None:
    text = f"{colour}ERROR\x1b[0m: bad\n{colour}WARNING\x1b[0m: old\n{colour}0 errors\x1b[0m\n"
    reading = read_log(text, source="log")
    assert reading.errors == ("ERROR: bad",)
    assert reading.warnings == ("WARNING: old",)


def test_warnings_are_listed_beside_errors() -> None:
    reading = read_log("WARNING:  old\nERROR:  bad\nfine\n", source="the log")
    assert str(reading) == (
        "the log: 1 errors, 1 warnings in 3 lines\n  ERROR:  bad\n  WARNING:  old"
    )


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_an_empty_log_shows_nothing(text: str) -> None:
    with pytest.raises(CannotTell, match="the log is empty"):
        read_log(text, source="log")
