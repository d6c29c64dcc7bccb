from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonogo.checklist import parse, strip_ids
from gonogo.checklist_match import Mismatch, Uncovered, uncovered
from gonogo.errors import ChecklistError

FILE = Path(__file__).parents[2] / "checklist" / "contacts-redesign.md"
WITH_IDS = FILE.read_bytes().decode()
COPY = strip_ids(WITH_IDS)
CHECKLIST = parse(WITH_IDS, path="checklist.md")
NEW, CHANGED, MISSING = Mismatch.NEW, Mismatch.CHANGED, Mismatch.MISSING


def differences(document: str) -> tuple[Uncovered, ...]:
    return uncovered(document, path="copy.md", checklist=CHECKLIST)


def edited(old: str, new: str, base: str = COPY) -> str:
    assert old in base
    return base.replace(old, new, 1)


def line_of(words: str, document: str = COPY) -> int:
    return document[: document.index(words)].count("\n") + 1


def summary(document: str) -> list[tuple[str, str, str]]:
    return [(one.kind, one.label, one.nearest) for one in differences(document)]


def filled(document: str) -> str:
    return re.sub("_{4,}", "12.5", document).replace("[ ] PASS", "[x] PASS")


@pytest.mark.parametrize(
    "document",
    [
        COPY,
        WITH_IDS,
        COPY.replace("[ ]", "[x]"),
        filled(COPY),
        filled(WITH_IDS),
        COPY.replace("\n", "\r\n"),
        COPY.replace("- [ ]", "* [X]").replace("**", ""),
        COPY.replace("[ ] PASS [ ] FAIL", "PASS").replace("[ ] GREEN [ ] YELLOW [ ] RED", "GREEN"),
    ],
    ids=["as it is", "ids", "ticked", "filled", "ids filled", "CRLF", "plain", "chosen"],
)
def test_a_copy_with_the_same_words_is_covered(document: str) -> None:
    assert differences(document) == ()


def test_a_box_added_to_a_section_is_new_with_the_item_most_like_it() -> None:
    copy = edited("  - [ ] Search works\n", "  - [ ] Search works\n  - [ ] Sorting works\n")
    assert differences(copy) == (
        Uncovered(
            kind=NEW,
            line=line_of("  - [ ] Sorting", copy),
            section="SMK",
            label="Sorting works",
            nearest="SMK-2.4",
        ),
    )


def test_a_section_added_is_new_box_by_box() -> None:
    copy = edited("## Sign-Off\n", "## Legal\n- [ ] **Law**\n  - [ ] DPA signed\n## Sign-Off\n")
    found = differences(copy)
    assert [(one.kind, one.section, one.label, one.nearest) for one in found] == [
        (NEW, "Legal", "Law", ""),
        (NEW, "Legal", "DPA signed", ""),
    ]


def test_a_box_taken_out_is_missing_under_its_heading() -> None:
    assert differences(edited("  - [ ] Search works\n", "")) == (
        Uncovered(
            kind=MISSING,
            line=line_of("### Phase 3: Initial"),
            section="SMK",
            label="Search works",
            nearest="SMK-2.4",
        ),
    )


def test_a_reworded_box_is_changed() -> None:
    copy = edited("Code coverage > 80%", "Code coverage > 70%")
    assert summary(copy) == [(CHANGED, "Code coverage > 70%", "BLD-1.2")]


def test_a_reworded_box_with_its_id_is_changed_however_far_it_went() -> None:
    copy = edited("  - [ ] Search works", "  - [ ] Zebra", WITH_IDS)
    assert summary(copy) == [(CHANGED, "Zebra", "SMK-2.4")]


def test_an_id_used_twice_in_the_copy_is_new_the_second_time() -> None:
    comment = " <!-- gonogo: SMK-2.4 -->"
    line = next(line for line in WITH_IDS.split("\n") if "Search works" in line)
    copy = edited(line, f"{line}\n  - [ ] Zebra{comment}", WITH_IDS)
    assert summary(copy) == [(NEW, "Zebra", "")]


def test_another_target_another_unit_and_another_choice_are_changes() -> None:
    copy = edited("| Error rate | < 0.5% |", "| Error rate | < 2% |")
    copy = edited("Page load time: ____ms", "Page load time: ____s", copy)
    copy = edited("[ ] YES [ ] NO", "[ ] YES [ ] MAYBE", copy)
    assert summary(copy) == [
        (CHANGED, "Page load time", "R1-3.2"),
        (CHANGED, "Metrics show improvement", "R2-3.1"),
        (CHANGED, "Error rate < 2%", "SUC-1.1"),
    ]


def test_of_two_boxes_like_a_lost_one_the_more_alike_is_the_changed_one() -> None:
    copy = edited("  - [ ] Search works\n", "  - [ ] Searching work\n  - [ ] Search works!\n")
    assert summary(copy) == [
        (NEW, "Searching work", "SMK-2.4"),
        (CHANGED, "Search works!", "SMK-2.4"),
    ]


def test_a_box_in_one_section_is_no_rewording_of_one_in_another() -> None:
    copy = edited("  - [ ] Search works\n", "")
    copy = edited(
        "  - [ ] Import initiated\n", "  - [ ] Import initiated\n  - [ ] Search work\n", copy
    )
    assert summary(copy) == [(MISSING, "Search works", "SMK-2.4"), (NEW, "Search work", "SMK-2.4")]


def test_a_group_of_the_copy_counts_like_a_box() -> None:
    assert summary(edited("- [ ] **Run full test suite**\n", "")) == [
        (MISSING, "Run full test suite", "BLD-1")
    ]


def test_a_reworded_heading_is_changed_and_its_items_are_still_found() -> None:
    copy = edited("Database Migration (15-20 minutes)", "Database Migration (45 minutes)")
    assert summary(copy) == [(CHANGED, "Phase 1: Database Migration (45 minutes)", "MIG")]


def test_under_an_unknown_heading_known_words_are_changes() -> None:
    found = differences(edited("### Environment Configuration", "### Zebra"))
    assert {one.kind for one in found} == {CHANGED}
    assert {one.section for one in found} == {"Zebra"}
    assert len(found) == 19 + 4 + 1


def test_a_section_taken_out_with_its_heading_is_missing_at_line_zero() -> None:
    start, end = COPY.index("### Deployment Platform"), COPY.index("### Documentation &")
    found = differences(COPY[:start] + COPY[end:])
    assert {(one.kind, one.line) for one in found} == {(MISSING, 0)}
    assert {one.section for one in found} == {"VCL", "NTL", "DKR", "PLT"}
    assert len(found) == 21 + 4 + 1


def test_a_signature_line_is_missing_new_or_changed_like_any_other() -> None:
    assert summary(edited("**CTO Approval:** ______________________ Date: __________\n", "")) == [
        (MISSING, "CTO Approval", "SGN-1.4")
    ]
    copy = edited("**CTO Approval:**", "**CEO Approval:**")
    assert summary(copy) == [(CHANGED, "CEO Approval", "SGN-1.4")]
    copy = edited("**CTO Approval:**", "**Legal:** ____ Date: ____\n**CTO Approval:**")
    assert summary(copy) == [(NEW, "Legal", "")]


def test_a_start_time_taken_out_is_missing() -> None:
    assert summary(edited("**Start Time:** __________\n", "")) == [
        (MISSING, "Start Time", "MIG.start")
    ]


def test_free_notes_may_be_filled_and_may_grow() -> None:
    assert summary(edited("_" * 70, "All went well.")) == []
    assert summary(COPY + "_" * 70 + "\n") == [(NEW, "", "SGN.notes-4")]


def test_nothing_of_the_checklist_is_dropped_for_an_empty_copy() -> None:
    found = differences("# Empty\n")
    ids = {item.id for item in CHECKLIST.items} | {one.id for one in CHECKLIST.signatures}
    assert {one.kind for one in found} == {MISSING}
    assert ids <= {one.nearest for one in found}


def test_a_copy_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ChecklistError, match="never closed") as refused:
        differences("```\n- [ ] a\n")
    assert refused.value.where == "copy.md:1"


BOX_LINES = [n for n, line in enumerate(COPY.split("\n")) if "- [ ] " in line]


@settings(max_examples=10, deadline=None)
@given(st.sets(st.sampled_from(BOX_LINES), max_size=6))
def test_every_box_taken_out_is_reported_and_nothing_else(taken: set[int]) -> None:
    kept = [line for n, line in enumerate(COPY.split("\n")) if n not in taken]
    found = differences("\n".join(kept))
    assert {one.kind for one in found} <= {MISSING}
    assert len(found) == len(taken)


@settings(max_examples=10, deadline=None)
@given(st.sets(st.sampled_from(BOX_LINES), max_size=6))
def test_every_box_added_is_reported_and_nothing_else(places: set[int]) -> None:
    lines: list[str] = []
    for n, line in enumerate(COPY.split("\n")):
        lines += [line, f"  - [ ] Zebra {n}"] if n in places else [line]
    found = differences("\n".join(lines))
    assert [(one.kind, one.label) for one in found] == [(NEW, f"Zebra {n}") for n in sorted(places)]
