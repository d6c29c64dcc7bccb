from __future__ import annotations

import pytest

from gonogo.config_app import ExpectedNoise
from gonogo.errors import CannotTell
from gonogo.probes.deployment.build_log import read_build, read_checks
from gonogo.vendors.hosting import LogLine


def errors_in(*lines: str) -> int:
    return len(read_build([LogLine(text=line) for line in lines]).errors)


@pytest.mark.parametrize(
    "line",
    [
        "npm ERR! code ELIFECYCLE",
        "npm error Missing script: build",
        "error during build:",
        "ERROR: out of memory",
        "[ERROR] no such module",
        "FAILED: the tests failed",
        "fatal: not a git repository",
        "Error: Cannot find module 'vite'",
        "src/App.tsx(3,1): error TS2304: Cannot find name 'x'.",
        " Test Files  1 failed | 7 passed (8)",
        "      Tests  2 failed | 163 passed (165)",
        " FAIL  src/app.test.tsx > the page",
        "   × the page is shown",
        "✘ [ERROR] Could not resolve",
        'Command "npm run build" exited with 1',
        "/bin/sh: 1: vite: command not found",
        "Traceback (most recent call last):",
        "\x1b[31merror\x1b[0m: no such file",
    ],
)
def test_the_last_words_of_a_tool_are_an_error(line: str) -> None:
    assert errors_in("built", line) == 1


@pytest.mark.parametrize(
    "line",
    [
        "0 errors, 2 warnings",
        "errors: 0",
        "The configuration could not be refreshed Error: /config.json answered 500",
        " ✓ an error is shown in words  35ms",
        "Tests 0 failed",
        " Test Files  8 passed (8)",
        "dist/assets/ErrorBoundary-abc.js  1.2 kB",
        "npm notice New minor version of npm available!",
        "warning: 3 vulnerabilities",
        "no errors",
        "error = none",
        "rendering chunks (21)...",
    ],
)
def test_a_word_in_a_sentence_is_none(line: str) -> None:
    assert errors_in("built", line) == 0


def test_what_the_platform_calls_an_error_is_one() -> None:
    reading = read_build([LogLine(text="built"), LogLine(text="out of disk", is_error=True)])
    assert reading.errors == ("out of disk",)


def test_a_line_that_the_target_calls_harmless_is_none() -> None:
    noise = ExpectedNoise(pattern="^npm ERR! audit", reason="the audit server is away at night")
    log = [LogLine(text="npm ERR! audit unavailable"), LogLine(text="built")]
    assert read_build(log, harmless=[noise]).errors == ()


@pytest.mark.parametrize("log", [[], [LogLine(text=" ")]])
def test_an_empty_log_tells_nothing(log: list[LogLine]) -> None:
    with pytest.raises(CannotTell, match="empty"):
        read_build(log)


def test_only_the_lines_of_the_checks_are_read() -> None:
    output = "== Tests\nall passed\n== Deployment\nnpm ERR! later\n"
    reading = read_checks(output, until="^== Deployment")
    assert (reading.lines, reading.errors, reading.ended) == (2, (), True)


def test_checks_that_did_not_get_to_their_end_say_so() -> None:
    reading = read_checks("== Tests\nFAILED: the tests failed\n", until="^== Deployment")
    assert not reading.ended
    assert "1 errors in 2 lines, and it did not get to the end of its checks" in str(reading)


def test_without_such_a_line_the_whole_output_is_read() -> None:
    assert read_checks("a\nnpm ERR! b\n").errors == ("npm ERR! b",)


@pytest.mark.parametrize(
    "line", ["The tests failed. Continue anyway? (yes/no) <answered>", "Deploy anyway?"]
)
def test_a_question_whether_to_go_on_anyway_is_seen(line: str) -> None:
    assert read_checks(f"{line}\n").asked == (line,)
