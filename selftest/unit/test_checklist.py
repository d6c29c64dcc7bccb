from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from gonogo.checklist import Kind, parse, strip_ids
from gonogo.errors import ChecklistError

MINIMAL = """\
# A release
## Database <!-- gonogo: section MIG phase=phase1 -->
**Start:** ____ <!-- gonogo: field MIG.start -->
- [ ] **Backup** <!-- gonogo: group MIG-1 -->
  ```sh
  - [ ] not a box
  ```
  - [ ] `File` created: ____ (bytes) <!-- gonogo: MIG-1.1{attributes} -->
**Sign-off:** ____ Date: ____ <!-- gonogo: sign MIG -->
"""


def minimal(attributes: str = "") -> str:
    return MINIMAL.replace("{attributes}", f" {attributes}" if attributes else "")


def test_another_word_changes_the_identity_of_a_text_and_an_attribute_does_not() -> None:
    before = parse(minimal(), path="x").item("MIG-1.1")
    reworded = parse(minimal().replace("created", "written"), path="x").item("MIG-1.1")
    assert reworded.text_sha256 != before.text_sha256
    assert parse(minimal("kind=H"), path="x").item("MIG-1.1").text_sha256 == before.text_sha256
    assert before.text_sha256 == hashlib.sha256(before.text.encode()).hexdigest()


def test_attributes_are_read() -> None:
    attributes = (
        "kind=A/H role=devops max_age=90s depends=commit,env approvers=2 blocks=24h waivable=no "
        "effect=test-event subject=staging platform=docker markers=browser,action advisory=no"
    )
    item = parse(minimal(attributes), path="x").item("MIG-1.1")
    assert (item.kind, item.role, item.max_age_s, item.attestation_max_age_s) == (
        Kind.A_H,
        "devops",
        90,
        90,
    )
    assert (item.depends, item.approvers, item.blocks) == (frozenset({"commit", "env"}), 2, "24h")
    assert (item.waivable, item.effect, item.subject) == (False, "test-event", "staging")
    assert (item.platform, item.markers) == ("docker", frozenset({"phase1", "browser", "action"}))


def test_attributes_have_defaults() -> None:
    item = parse(minimal(), path="x").item("MIG-1.1")
    assert (item.kind, item.role, item.approvers, item.blocks) == (
        Kind.A,
        "deployment-lead",
        1,
        "live",
    )
    assert (item.depends, item.waivable, item.effect) == (frozenset({"commit"}), True, "none")
    assert (item.group, item.section, item.label) == ("MIG-1", "MIG", "File created (bytes)")
    assert item.text == "- [ ] `File` created: ____ (bytes)"


def test_none_is_a_value_of_age_and_of_what_an_item_depends_on() -> None:
    item = parse(minimal("max_age=none depends=none"), path="x").item("MIG-1.1")
    assert item.max_age_s is None
    assert item.attestation_max_age_s is None
    assert item.depends == frozenset()


def test_an_attestation_depends_on_no_commit_unless_it_says_so() -> None:
    assert parse(minimal("kind=H"), path="x").item("MIG-1.1").depends == frozenset()


def test_a_group_without_leaves_is_an_item_and_its_own_group() -> None:
    text = minimal() + "- [ ] **Announce** <!-- gonogo: MIG-2 -->\n"
    checklist = parse(text, path="x")
    assert checklist.item("MIG-2").group == "MIG-2"
    assert checklist.groups[-1].id == "MIG-2"
    assert checklist.counts.groups == 1
    assert checklist.counts.leaves == 2


def test_windows_line_ends_change_nothing_but_the_digest() -> None:
    unix, windows = minimal(), minimal().replace("\n", "\r\n")
    assert parse(windows, path="x").items == parse(unix, path="x").items
    assert strip_ids(windows) == strip_ids(unix).replace("\n", "\r\n")


def test_sections_hand_phase_platform_and_milestone_down() -> None:
    text = """\
## Watching <!-- gonogo: section MON phase=monitoring blocks=24h platform=vercel -->
### Inner <!-- gonogo: section WEB -->
#### Innermost <!-- gonogo: section UX -->
- [ ] **Look** <!-- gonogo: group UX-1 -->
  - [ ] once <!-- gonogo: UX-1.1 -->
### Other <!-- gonogo: section TWO phase=success -->
- [ ] **Look again** <!-- gonogo: TWO-1 -->

**Sign-off:** ____ Date: ____ <!-- gonogo: sign MON -->
"""
    checklist = parse(text, path="x")
    once = checklist.item("UX-1.1")
    assert (once.phase, once.platform, once.blocks) == ("monitoring", "vercel", "24h")
    assert checklist.item("TWO-1").blocks == "close"
    assert checklist.signatures[0].covers == ("UX-1.1", "TWO-1")


comments = st.sampled_from([" <!-- gonogo: MIG-1.1 -->", " <!-- gonogo: sign MIG role=cto -->"])
plain_lines = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])).filter(
    lambda line: "gonogo" not in line and "```" not in line and "~~~" not in line
)


@given(st.lists(st.tuples(plain_lines, st.none() | comments)))
def test_stripping_returns_any_document_the_comments_were_added_to(
    lines: list[tuple[str, str | None]],
) -> None:
    document = "\n".join(line for line, _ in lines)
    with_ids = "\n".join(line + (comment or "") for line, comment in lines)
    assert strip_ids(with_ids) == document


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "gonogo" not in text))
def test_stripping_leaves_a_document_without_ids_alone(document: str) -> None:
    assert strip_ids(document) == document


def refusal_of(text: str) -> ChecklistError | None:
    try:
        parse(text, path="some.md")
    except ChecklistError as error:
        return error
    return None


@given(st.text("-*[]x` ~#|_\n\r1.<!>gonogo:MIG", max_size=80))
def test_any_text_is_read_or_refused_with_all_that_helps(text: str) -> None:
    refusal = refusal_of(minimal() + text)
    if refusal is not None:
        assert refusal.where.startswith("some.md:")
        assert all((refusal.what, refusal.expected, refusal.found, refusal.do))


@given(st.lists(st.sampled_from(["phase1", "final", "success"]), min_size=1, max_size=4), st.data())
def test_every_box_written_is_an_item_read(phases: list[str], data: st.DataObject) -> None:
    lines, ids = [], []
    for s, phase in enumerate(phases):
        lines.append(f"## Part {s} <!-- gonogo: section S{s} phase={phase} -->")
        for g in range(1, data.draw(st.integers(1, 3)) + 1):
            lines.append(f"- [ ] **group {g}** <!-- gonogo: group S{s}-{g} -->")
            for n in range(1, data.draw(st.integers(1, 3)) + 1):
                ids.append(f"S{s}-{g}.{n}")
                lines.append(
                    f"  - [{data.draw(st.sampled_from(' xX'))}] do <!-- gonogo: {ids[-1]} -->"
                )
    checklist = parse("\n".join(lines), path="x")
    assert [item.id for item in checklist.items] == ids
