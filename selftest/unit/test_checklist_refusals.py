from __future__ import annotations

import pytest

from gonogo.checklist import parse
from gonogo.errors import ChecklistError

GOOD = """\
# A release
## Database <!-- gonogo: section MIG phase=phase1 -->
**Start:** ____ <!-- gonogo: field MIG.start -->
- [ ] **Backup** <!-- gonogo: group MIG-1 -->
  - [ ] file created <!-- gonogo: MIG-1.1 kind=A -->
  - [ ] size known <!-- gonogo: MIG-1.2 -->
**Sign-off:** ____ Date: ____ <!-- gonogo: sign MIG -->
## Figures <!-- gonogo: section SUC phase=success -->
### Technical <!-- gonogo: group SUC-1 -->
| Metric | Target | Actual | Status |
|--------|--------|--------|--------|
| Errors | < 1%   | ____%  | [ ] PASS [ ] FAIL <!-- gonogo: SUC-1.1 kind=M --> |
## Last word <!-- gonogo: section SGN phase=signoff -->
**Lead:** ____ Date: ____ <!-- gonogo: sign SGN-1.1 -->
- [ ] done <!-- gonogo: SGN-2 -->
"""


def refusal(old: str, new: str) -> ChecklistError:
    assert old in GOOD
    with pytest.raises(ChecklistError) as refused:
        parse(GOOD.replace(old, new, 1), path="list.md")
    return refused.value


def test_the_document_the_cases_start_from_is_good() -> None:
    ids = [item.id for item in parse(GOOD, path="list.md").items]
    assert ids == ["MIG-1.1", "MIG-1.2", "SUC-1.1", "SGN-2"]


CASES = [
    # ids
    ("MIG-1.2 ", "MIG-1.1 ", 6, "the id MIG-1.1 stands twice"),
    ("gonogo: SGN-2 ", "gonogo: SGN-1.1 ", 15, "the id SGN-1.1 stands twice"),
    ("gonogo: group SUC-1 ", "gonogo: group SUC-1.1 ", 9, "the id of the group is of no known"),
    ("gonogo: SGN-2 ", "gonogo: SGN-x ", 15, "the id of the item is of no known form"),
    ("gonogo: SGN-2 ", "gonogo: kind=A ", 15, "the id of the item is of no known form"),
    ("gonogo: section MIG", "gonogo: section mig", 2, "the id of the section is of no known form"),
    ("gonogo: section SUC", "gonogo: section MIG", 8, "the id MIG stands twice"),
    ("gonogo: sign MIG ", "gonogo: sign ", 7, "the id of the signature is of no known form"),
    ("gonogo: sign MIG ", "gonogo: sign MIG/1 ", 7, "the id of the signature is of no known form"),
    ("MIG.start", "MIG", 3, "the id of the field is of no known form"),
    # sections and groups
    ("gonogo: SGN-2 ", "gonogo: XYZ-2 ", 15, "the section XYZ is unknown"),
    ("gonogo: SGN-2 ", "gonogo: MIG-2 ", 15, "the line belongs to section MIG and stands elsewh"),
    ("MIG-1.2 ", "MIG-2.1 ", 6, "the item MIG-2.1 belongs to an unknown group"),
    ("gonogo: sign MIG ", "gonogo: sign XYZ ", 7, "the section XYZ is unknown"),
    ("gonogo: sign MIG ", "gonogo: sign SUC ", 7, "the section SUC is unknown"),
    (
        "gonogo: sign SGN-1.1 ",
        "gonogo: sign SUC ",
        14,
        "the line belongs to section SUC and stands",
    ),
    ("gonogo: field MIG.start", "gonogo: field XYZ.start", 3, "the section XYZ is unknown"),
    (" phase=phase1", "", 2, "the section MIG has no phase"),
    # lines without an id
    (" <!-- gonogo: SGN-2 -->", "", 15, "this box has no id"),
    (" <!-- gonogo: SUC-1.1 kind=M -->", "", 12, "this metric row has no id"),
    (" <!-- gonogo: sign MIG -->", "", 7, "this line has no id"),
    (" <!-- gonogo: field MIG.start -->", "", 3, "this line has no id"),
    # comments on the wrong line
    ("gonogo: sign MIG ", "gonogo: field MIG.x ", 7, "this line cannot be the field"),
    ("gonogo: field MIG.start", "gonogo: MIG-1.3", 3, "this line cannot be the item"),
    ("gonogo: section MIG", "gonogo: MIG-1", 2, "the item has an unknown attribute"),
    ("gonogo: SGN-2 ", "gonogo: sign SGN ", 15, "this box cannot be the signature"),
    ("- [ ] done ", "- [ ] ", 15, "this box cannot be the item"),
    # attributes
    ("kind=A ", "knid=A ", 5, "the item has an unknown attribute"),
    ("kind=A ", "kind ", 5, "the item has an unknown attribute"),
    ("group MIG-1 ", "group MIG-1 role=cto ", 4, "the group has an unknown attribute"),
    ("kind=A ", "kind=A kind=H ", 5, "the attribute kind stands twice"),
    ("kind=A ", "kind=B ", 5, "the attribute kind has a bad value"),
    ("kind=A ", "kind= ", 5, "the attribute kind has a bad value"),
    ("kind=A ", "max_age=soon ", 5, "the attribute max_age has a bad value"),
    ("kind=A ", "max_age=0h ", 5, "the attribute max_age has a bad value"),
    ("kind=A ", "depends=luck ", 5, "the attribute depends has a bad value"),
    ("kind=A ", "markers=Browser ", 5, "the attribute markers has a bad value"),
    ("kind=A ", "markers=phase2 ", 5, "the attribute markers has a bad value"),
    ("kind=A ", "role=The-Boss ", 5, "the attribute role has a bad value"),
    ("kind=A ", "approvers=0 ", 5, "the attribute approvers has a bad value"),
    ("kind=A ", "waivable=maybe ", 5, "the attribute waivable has a bad value"),
    ("kind=A ", "blocks=never ", 5, "the attribute blocks has a bad value"),
    ("kind=A ", "effect=boom ", 5, "the attribute effect has a bad value"),
    ("kind=A ", "subject=moon ", 5, "the attribute subject has a bad value"),
    ("kind=A ", "platform=vax ", 5, "the attribute platform has a bad value"),
    ("phase=phase1", "phase=phase9", 2, "the attribute phase has a bad value"),
    # malformed comments
    (" <!-- gonogo: SGN-2 -->", "<!-- gonogo: SGN-2 -->", 15, "a comment of this checklist is mal"),
    (" <!-- gonogo: SGN-2 -->", " <!-- gonogo: SGN-2", 15, "a comment of this checklist is malf"),
    (" <!-- gonogo: SGN-2 -->", " <!-- gonogo:SGN-2 -->", 15, "a comment of this checklist is m"),
    (" <!-- gonogo: SGN-2 -->", " <!-- Gonogo: SGN-2 -->", 15, "a comment of this checklist is "),
    (" <!-- gonogo: SGN-2 -->", " <!-- gonogo:  -->", 15, "a comment of this checklist is malfo"),
    (" <!-- gonogo: SGN-2 -->", " <!-- gonogo: SGN-2 --> x", 15, "a comment of this checklist is"),
    ("done <!-- gonogo: SGN-2 -->", "x <!-- gonogo: A-1 --> <!-- gonogo: A-2 -->", 15, "a comment"),
    # code blocks
    ("  - [ ] size", "  ```sh\n  - [ ] size", 6, "a code block is never closed"),
    ("- [ ] **Backup", "  ~~~\n- [ ] **Backup", 4, "a code block is never closed"),
]


@pytest.mark.parametrize(("old", "new", "line", "what"), CASES)
def test_what_is_malformed_is_refused_where_it_stands(
    old: str, new: str, line: int, what: str
) -> None:
    error = refusal(old, new)
    assert error.what.startswith(what)
    assert error.where == f"list.md:{line}"
    assert error.found
    assert error.do
    assert error.expected


def test_an_id_of_a_group_and_of_an_item_cannot_be_one() -> None:
    error = refusal("- [ ] done", "- [ ] **Gather** <!-- gonogo: group SGN-2 -->\n- [ ] done")
    assert error.what == "the id SGN-2 stands twice"
    assert error.where == "list.md:16"
    assert error.found == "SGN-2 at line 15 too"


def test_a_group_without_leaves_is_refused_with_the_way_out() -> None:
    error = refusal("gonogo: SGN-2 ", "gonogo: group SGN-2 ")
    assert error.what == "the group SGN-2 has no leaves"
    assert error.where == "list.md:15"
    assert error.do.endswith("write 'gonogo: SGN-2'")


def test_a_signature_over_no_item_is_refused() -> None:
    error = refusal(
        "## Last",
        "## Empty <!-- gonogo: section NIL phase=final -->\n"
        "**Sign-off:** ____ Date: ____ <!-- gonogo: sign NIL -->\n## Last",
    )
    assert error.what == "the signature NIL is over no item"
    assert error.where == "list.md:14"


def test_an_unknown_attribute_is_refused_with_the_one_close_to_it() -> None:
    assert refusal("kind=A ", "max-age=2h ").expected == "max_age"


def test_a_bad_value_is_refused_with_the_values_there_are() -> None:
    expected = refusal("kind=A ", "effect=boom ").expected
    assert expected == "one of none, test-event, target-write, third-party-write"


@pytest.mark.parametrize("text", ["", "\n", "# Title\n\nwords\n"])
def test_an_empty_checklist_is_refused(text: str) -> None:
    with pytest.raises(ChecklistError, match="no items") as refused:
        parse(text, path="list.md")
    assert refused.value.where == "list.md:1"


def test_a_box_above_every_section_is_refused() -> None:
    with pytest.raises(ChecklistError, match="section MIG is unknown") as refused:
        parse("- [ ] one <!-- gonogo: MIG-1 -->\n", path="list.md")
    assert "none so far" in refused.value.expected


def test_a_box_under_the_heading_of_another_part_is_refused() -> None:
    text = """\
## Deploy <!-- gonogo: section DEP phase=phase2 -->
### Here <!-- gonogo: section DEP-V -->
### There <!-- gonogo: section DEP-N -->
- [ ] **Go** <!-- gonogo: DEP-V -->
"""
    with pytest.raises(ChecklistError, match="belongs to section DEP-V") as refused:
        parse(text, path="list.md")
    assert refused.value.found == "it stands in DEP-N: DEP-V"
