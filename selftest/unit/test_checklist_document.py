from __future__ import annotations

import pytest

from gonogo.checklist_document import LineKind, pattern, read, strip_ids


def kinds(text: str) -> list[LineKind]:
    return [line.kind for line in read(text, path="x")]


def label(line: str) -> str:
    return read(line, path="x")[0].label


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] words",
        "* [x] words",
        "+ [X] words",
        "3. [ ] words",
        "   - [ ] words",
        "- [] words",
        "- [  ] words",
        "- [✓] words",
        "- [ ] words\r",
    ],
)
def test_a_box_is_a_box_however_it_is_written_and_ticked(line: str) -> None:
    (box,) = read(line, path="x")
    assert box.kind is LineKind.BOX
    assert box.label == "words"
    assert box.text.endswith(" [ ] words")


@pytest.mark.parametrize("line", ["- words", "[ ] words", "- [x](https://x.org)", "- [y] words"])
def test_what_is_no_list_item_with_a_box_is_none(line: str) -> None:
    assert LineKind.BOX not in kinds(line)


def test_a_box_in_a_code_block_is_none() -> None:
    assert kinds("```sh\n- [ ] a\n```\n- [ ] b") == [LineKind.BOX]


def test_a_code_block_ends_only_with_its_own_fence() -> None:
    assert kinds("~~~~\n```\n- [ ] a\n~~~\n- [ ] b\n~~~~\n- [ ] c") == [LineKind.BOX]
    assert kinds("```\n- [ ] a\n```sh\n- [ ] b\n````\n- [ ] c") == [LineKind.BOX]


def test_a_code_block_may_open_on_a_list_items_line() -> None:
    assert kinds("- ```sh\n  - [ ] a\n  ```\n- [ ] b") == [LineKind.BOX]


def test_code_in_a_line_opens_no_block() -> None:
    assert kinds("```echo``` is code\n- [ ] a") == [LineKind.OTHER, LineKind.BOX]


def test_a_comment_shown_in_a_code_block_stays() -> None:
    text = "```\nx <!-- gonogo: MIG-1 -->\n```\ny <!-- gonogo: MIG-1 -->"
    assert strip_ids(text) == "```\nx <!-- gonogo: MIG-1 -->\n```\ny"
    assert [line.comment for line in read(text, path="x")] == ["MIG-1"]


def test_other_comments_are_left_alone() -> None:
    (line,) = read("words <!-- a note -->", path="x")
    assert line.comment == ""
    assert strip_ids("words <!-- a note -->") == "words <!-- a note -->"


def test_a_row_with_choices_is_a_metric_row_and_so_is_any_row_below_metric() -> None:
    table = "| Metric | Target |\n|---|:-:|\n| a | 1 |\n\n| Name | Role |\n|---|---|\n| b | c |"
    assert kinds(table) == [
        LineKind.OTHER,
        LineKind.METRIC_ROW,
        LineKind.OTHER,
        LineKind.OTHER,
    ]
    assert kinds("| a | [ ] PASS [ ] FAIL |") == [LineKind.METRIC_ROW]


def test_headings_have_their_level_and_words() -> None:
    lines = read("# One\n### **Three** ###\n#hash", path="x")
    assert [(line.level, line.label) for line in lines] == [(1, "One"), (3, "Three"), (0, "#hash")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- [ ] **Bold** and `code`", "Bold and code"),
        ("- [ ] Error rate: ____%", "Error rate"),
        ("- [ ] Error rate: ____% (target: < 0.5%)", "Error rate (target: < 0.5%)"),
        ("- [ ] Actions: _____ per user", "Actions"),
        ("- [ ] Decision: [ ] GO [x] NO-GO", "Decision"),
        ("- [ ] Health endpoint: https://x.org/a_b", "Health endpoint: https://x.org/a_b"),
        ("- [ ] pulse_% of __init__", "pulse_% of __init__"),
        ("**Sign-off:** ____ Date: ____", "Sign-off"),
        ("1. **Steps:**", "Steps:"),
        (r"| a\|b | > 1 | ____ | [ ] PASS |", r"a\|b > 1"),
        ("______", ""),
        ("see [x](https://x.org) and array[ ]", "see [x](https://x.org) and array[ ]"),
    ],
)
def test_a_label_is_the_words_without_what_is_filled_in(line: str, expected: str) -> None:
    assert label(line) == expected


def test_blanks_and_choices_are_counted_apart_from_the_box() -> None:
    (line,) = read("- [x] A: ____ of ______ [x] YES [ ] NOT YET", path="x")
    assert line.blanks == 2
    assert line.choices == ("YES", "NOT YET")
    assert line.text == "- [ ] A: ____ of ______ [ ] YES [ ] NOT YET"


@pytest.mark.parametrize(
    ("empty", "filled"),
    [
        ("- [ ] Size: ____ MB", "* [ ] Size: 12 MB"),
        ("- [ ] Size: ____MB", "- [ ] Size: 12 MB"),
        ("- [ ] **Size:** ____ (bytes)", "- [ ] Size:  99  (bytes)"),
        ("**By:** ____ Date: ____", "By: J. Doe Date: 2026-01-25"),
        ("**State:** [ ] UP [ ] DOWN", "State: UP"),
        ("| a | < 1 | ____% | [ ] PASS [ ] FAIL |", "| a | < 1 | 0.2 % | PASS |"),
        ("____", "anything"),
    ],
)
def test_a_pattern_matches_its_line_empty_and_filled(empty: str, filled: str) -> None:
    assert pattern(empty).fullmatch(empty.replace("**", ""))
    assert pattern(empty).fullmatch(filled)


def test_a_pattern_matches_no_other_words() -> None:
    assert not pattern("- [ ] Size: ____ MB").fullmatch("- [ ] Sizes: 12 MB")
    assert not pattern("- [ ] Size: ____ MB").fullmatch("- [ ] Size: 12 kB")
    assert not pattern("- [ ] Size").fullmatch("- [ ] Size of it")
