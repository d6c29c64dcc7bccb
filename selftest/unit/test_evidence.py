from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest

from gonogo.comparison import Comparison, Difference
from gonogo.errors import CannotTell
from gonogo.evidence import LOG_LINE_CHARACTERS, SHOWN_CHARACTERS, Evidence
from gonogo.records import Attachment
from gonogo.redaction import MASK, Redactor, Secret
from selftest.unit.dossiers import SetClock

CANARY = "s3cr3t-canary-value"


@dataclass
class Kept:
    """A journal and a keeper that remember."""

    records: list[dict[str, Any]] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)

    def append(self, kind: str, **fields: object) -> None:
        self.records.append({"kind": kind, **fields})

    def attach(self, data: bytes, *, name: str, media_type: str) -> Attachment:
        self.files.append(data)
        digest = hashlib.sha256(data).hexdigest()
        return Attachment(sha256=digest, name=name, media_type=media_type, size_bytes=len(data))


@dataclass
class Probe:
    where: str
    clock: SetClock

    def look(self, answer: object) -> object:
        self.clock.advance(1.5)
        return answer

    def fail(self, error: BaseException) -> None:
        self.clock.advance(0.5)
        raise error


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def evidence(kept: Kept, clock: SetClock) -> Evidence:
    redactor = Redactor([Secret(CANARY)])
    return Evidence("A-1.1", journal=kept, keeper=kept, redaction=redactor, clock=clock)


def test_a_look_is_recorded_with_what_was_found_and_returned(
    evidence: Evidence, kept: Kept, clock: SetClock
) -> None:
    assert evidence.observe("rows", Probe("pg 18", clock).look, 12) == 12
    assert kept.records == [
        {
            "kind": "observation",
            "item": "A-1.1",
            "subject": "rows",
            "expected": "",
            "found": "12",
            "unit": "",
            "source": "pg 18",
            "duration_s": 1.5,
            "blank": "",
            "attachments": [],
        }
    ]


def test_a_comparison_says_both_sides(evidence: Evidence, kept: Kept) -> None:
    comparison = Comparison(
        subject="tables",
        checked=3,
        differences=(Difference(subject="a", expected="1", found="2"),),
    )
    assert evidence.observe("tables", lambda: comparison) is comparison
    assert kept.records[0]["expected"] == comparison.expected
    assert "a: expected 1, found 2" in kept.records[0]["found"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CannotTell("refused", where="db:5432"), "could not look: refused\n  where: db:5432"),
        (OSError("gone"), "could not look: OSError('gone')"),
        (AssertionError("no"), "could not look: AssertionError('no')"),
    ],
)
def test_a_look_that_failed_is_recorded_and_raised(
    evidence: Evidence, kept: Kept, clock: SetClock, error: Exception, said: str
) -> None:
    with pytest.raises(type(error)):
        evidence.observe("rows", Probe("pg", clock).fail, error)
    assert [(r["found"], r["duration_s"]) for r in kept.records] == [(said, 0.5)]


def test_a_probes_name_stands_for_its_source_where_no_place_is_known(
    evidence: Evidence, kept: Kept
) -> None:
    def count_rows() -> int:
        return 0

    evidence.observe("rows", count_rows)
    assert kept.records[0]["source"].endswith("count_rows()")
    assert kept.records[0]["found"] == "0"


def test_the_place_that_a_probe_is_given_is_the_source(
    evidence: Evidence, kept: Kept, clock: SetClock
) -> None:
    def look(*_: object, **__: object) -> str:
        return "seen"

    evidence.observe("rows", look, 1, Probe("pg:5432/crm", clock))
    evidence.observe("rows", look, place=Probe("pg:5432/app", clock))
    evidence.observe("log", look, Probe("pg", clock), source="logs/today.log")
    sources = [record["source"] for record in kept.records]
    assert sources == ["pg:5432/crm", "pg:5432/app", "logs/today.log"]


@dataclass(frozen=True)
class Reading:
    source: str

    def __str__(self) -> str:
        return f"{self.source}: 1 error\n  ERROR: no"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        ((), "nothing"),
        ([], "nothing"),
        ({}, "nothing"),
        (True, "yes"),
        (False, "no"),
        (("a.sql", "b.sql"), "a.sql, b.sql"),
        ({"b", "a"}, "a, b"),
        ({"rows": 3, "gone": None}, "rows: 3, gone: nothing"),
        (
            [Reading("log"), Reading("server")],
            "log: 1 error\n  ERROR: no\nserver: 1 error\n  ERROR: no",
        ),
    ],
)
def test_what_was_seen_is_written_in_words_not_in_python(
    evidence: Evidence, kept: Kept, value: object, words: str
) -> None:
    evidence.record("x", found=value)
    assert kept.records[0]["found"] == words


def test_attachments_go_to_the_next_record_and_only_there(evidence: Evidence, kept: Kept) -> None:
    evidence.attach(b"log", name="log.txt")
    evidence.record("x", found=1)
    evidence.record("y", found=2)
    assert [len(record["attachments"]) for record in kept.records] == [1, 0]
    assert kept.records[0]["attachments"][0]["name"] == "log.txt"


@dataclass(frozen=True)
class Log:
    window: str
    lines: tuple[str, ...]


def test_the_log_of_a_window_is_kept_once_for_the_next_record(
    evidence: Evidence, kept: Kept
) -> None:
    for name in ("one", "one", "two"):
        evidence.attach_log(Log(name, ("first", "second")))
    evidence.attach_log(Log("deaf", ()))
    evidence.record("x", found=1)
    names = [each["name"] for each in kept.records[0]["attachments"]]
    assert names == ["console and network.txt"] * 2
    assert evidence.windows == ["one", "two"]
    assert kept.files[0] == b"first\nsecond\n"


@pytest.mark.parametrize("shift", range(0, len(CANARY) + 1, 3))
def test_no_half_of_a_secret_is_left_in_a_log(evidence: Evidence, kept: Kept, shift: int) -> None:
    line = "x" * (LOG_LINE_CHARACTERS - shift) + CANARY + "y" * 50
    evidence.attach_log(Log("one", (line, "short")))
    assert CANARY[:4].encode() not in kept.files[0]
    assert CANARY[-4:].encode() not in kept.files[0]
    assert kept.files[0].endswith(b" characters in all)\nshort\n")


def test_the_place_of_a_trace_is_recorded_where_there_is_one(
    evidence: Evidence, kept: Kept
) -> None:
    evidence.record("x", found=1)
    evidence.record("trace", found="1 MB", trace="traces/run/one.zip")
    assert "trace" not in kept.records[0]
    assert kept.records[1]["trace"] == "traces/run/one.zip"


def test_a_blank_is_filled_with_the_value_itself(evidence: Evidence, kept: Kept) -> None:
    evidence.fill("12.5", unit="MB")
    assert (kept.records[0]["blank"], kept.records[0]["unit"]) == ("12.5", "MB")


def test_what_is_long_is_cut_and_says_so(evidence: Evidence, kept: Kept) -> None:
    evidence.record("x", found="x" * SHOWN_CHARACTERS)
    evidence.record("x", found="x" * (SHOWN_CHARACTERS + 1))
    whole, cut = (record["found"] for record in kept.records)
    assert len(whole) == SHOWN_CHARACTERS
    assert cut.endswith(f"… ({SHOWN_CHARACTERS + 1} characters in all)")


@pytest.mark.parametrize("shift", range(0, len(CANARY) + 1, 3))
def test_no_half_of_a_secret_is_left_where_it_is_cut(
    evidence: Evidence, kept: Kept, shift: int
) -> None:
    evidence.record("x", found="x" * (SHOWN_CHARACTERS - shift) + CANARY + "y" * 50)
    assert CANARY[:4] not in kept.records[0]["found"]
    assert CANARY[-4:] not in kept.records[0]["found"]


def test_a_secret_is_masked_in_what_was_expected_too(evidence: Evidence, kept: Kept) -> None:
    evidence.record("x", found={"a": CANARY}, expected=CANARY)
    assert kept.records[0]["expected"] == MASK
    assert CANARY not in kept.records[0]["found"]
