from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gonogo.checklist import MILESTONES, PHASES, Checklist, Kind, parse, strip_ids
from gonogo.errors import ChecklistError

FILE = Path(__file__).parents[2] / "checklist" / "contacts-redesign.md"


# Of the document as its authors wrote it, before this project's comments were added.
SHA256_OF_THE_USERS_DOCUMENT = "b18220430ea2dfc3f87393d917c4e614983020d560d4c2f5f70d4bea8e6e8789"


DAY_S = 24 * 3600


@pytest.fixture(scope="module")
def text() -> str:
    return FILE.read_bytes().decode()


@pytest.fixture(scope="module")
def checklist(text: str) -> Checklist:
    return parse(text, path="checklist/contacts-redesign.md")


def test_the_file_without_ids_is_the_users_document_byte_for_byte(text: str) -> None:
    stripped = strip_ids(text).encode()
    assert hashlib.sha256(stripped).hexdigest() == SHA256_OF_THE_USERS_DOCUMENT


def test_the_counts_of_the_document_are_known(checklist: Checklist) -> None:
    counts = checklist.counts
    assert (counts.boxes, counts.groups, counts.leaves, counts.metric_rows) == (329, 60, 269, 14)
    assert (counts.blanks, counts.blank_lines) == (103, 83)
    assert (counts.choice_boxes, counts.signatures) == (45, 20)
    assert len(checklist.items) == 283
    assert len({item.id for item in checklist.items}) == 283
    assert len(checklist.signatures) == 20


def test_every_phase_has_its_items(checklist: Checklist) -> None:
    assert Counter(item.phase for item in checklist.items) == {
        "preflight": 107,
        "final": 16,
        "phase1": 12,
        "phase2": 11,
        "phase3": 16,
        "phase4": 18,
        "monitoring": 31,
        "rollout1": 10,
        "rollout2": 10,
        "rollout3": 9,
        "success": 14,
        "closeout": 15,
        "rollback": 10,
        "signoff": 4,
    }


def test_every_kind_has_its_items(checklist: Checklist) -> None:
    assert Counter(item.kind for item in checklist.items) == {
        Kind.A: 173,
        Kind.M: 45,
        Kind.H: 32,
        Kind.A_H: 21,
        Kind.AH: 6,
        Kind.A_PLUS: 6,
    }


def test_every_item_names_a_group_and_a_section_that_exist(checklist: Checklist) -> None:
    groups = {group.id for group in checklist.groups}
    sections = {section.id for section in checklist.sections}
    assert {item.group for item in checklist.items} == groups
    assert {item.section for item in checklist.items} <= sections
    assert {section.parent for section in checklist.sections} <= sections | {""}


def test_every_item_carries_its_phase_as_a_marker(checklist: Checklist) -> None:
    assert all(item.phase in item.markers for item in checklist.items)
    assert {item.phase for item in checklist.items} == {*PHASES}
    browsers = [item.id for item in checklist.items if "browser" in item.markers]
    assert browsers == [f"BLD-4.{n}" for n in range(1, 7)]


def test_every_item_blocks_a_milestone_or_is_advisory(checklist: Checklist) -> None:
    assert all((item.blocks in MILESTONES) != item.advisory for item in checklist.items)
    assert [item.id for item in checklist.items if item.advisory] == [
        "ACT-5.1",
        "ACT-5.2",
        "ACT-5.3",
    ]


@pytest.mark.parametrize(
    ("item_id", "milestone"),
    [
        ("ENV-1.1", "migrate"),
        ("BLD-2.1", "migrate"),
        ("BLD-2.2", "live"),
        ("BLD-3.4", "live"),
        ("BLD-4.6", "live"),
        ("MON-2.5", "live"),
        ("MON-4.1", "live"),
        ("DOC-1.4", "live"),
        ("DOC-3.1", "live"),
        ("FIN-3.4", "migrate"),
        ("MIG-3.4", "live"),
        ("PUL-4.4", "live"),
        ("H2-1.8", "2h"),
        ("D1-3.3", "24h"),
        ("R1-1", "rollout1"),
        ("R2-3.4", "rollout2"),
        ("R3-3.4", "rollout3"),
        ("SUC-1.1", "close"),
        ("ACT-4.1", "close"),
        ("RBK-2.3", "live"),
        ("SGN-2.1", "close"),
    ],
)
def test_an_item_blocks_its_milestone(checklist: Checklist, item_id: str, milestone: str) -> None:
    assert checklist.item(item_id).blocks == milestone


@pytest.mark.parametrize(
    ("item_id", "label"),
    [
        ("ENV-4.2", "Secrets stored in deployment platform (Vercel/Netlify)"),
        ("BLD-1.2", "Code coverage > 80%"),
        ("MON-1.2", 'Project created: "Logos Vision CRM"'),
        ("NTL-1.2", "Build command configured: npm run build"),
        ("MIG-1.3", "Backup location noted"),
        ("PUL-2.5", "Contacts imported (count)"),
        ("H2-1.1", "Hour 1, 0:15 - Error rate (target: < 0.5%)"),
        ("R1-3.3", "Internal NPS"),
        ("R1-3.5", "Go/No-Go decision"),
        ("R2-2.1", "Control group (old)"),
        ("R2-2.5", "Actions completed"),
        ("SUC-1.2", "Page load time < 2s (p95)"),
        ("RBK-2.1", "Option A: Disable feature flag (< 2 min)"),
        ("SGN-2.2", "SUCCESS WITH MINOR ISSUES - Deployed with non-critical issues"),
    ],
)
def test_a_label_is_the_documents_words_without_blanks_and_choices(
    checklist: Checklist, item_id: str, label: str
) -> None:
    assert checklist.item(item_id).label == label


def test_blanks_and_choices_of_an_item_are_counted(checklist: Checklist) -> None:
    assert checklist.item("MIG-1.3").blanks == 1
    assert checklist.item("R1-3.5").choices == ("GO", "NO-GO")
    assert checklist.item("SUC-3.1").choices == ("PASS", "FAIL")
    assert checklist.item("ENV-1.1").choices == ()


def test_fields_hold_the_blanks_that_are_no_items(checklist: Checklist) -> None:
    fields = {field.id: field for field in checklist.fields}
    assert fields["MIG.start"].label == "Start Time"
    assert fields["H2.status"].choices == ("GREEN", "YELLOW", "RED")
    assert fields["D1.status"].choices == ("SUCCESS", "NEEDS ATTENTION")
    assert fields["RBK.reason"].blanks == 1
    in_items = sum(item.blanks for item in checklist.items)
    assert in_items + sum(field.blanks for field in checklist.fields) + 2 * 20 == 103


def test_what_may_never_be_waived_and_what_is_about_staging_is_declared(
    checklist: Checklist,
) -> None:
    unwaivable = [item.id for item in checklist.items if not item.waivable]
    staging = {item.id for item in checklist.items if item.subject == "staging"}
    assert unwaivable == ["FIN-3.4", "MIG-3.4"]
    assert {"DBP-1.3", "DBP-2.4", "DBP-3.1", "DBP-3.6", "FIN-1.1", "FIN-1.4", "RBK-2.1"} <= staging
    assert "MIG-3.4" not in staging


def test_age_follows_phase_and_kind(checklist: Checklist) -> None:
    assert checklist.item("ENV-1.1").max_age_s == 3 * DAY_S
    assert checklist.item("ENV-3.1").max_age_s == 7 * DAY_S
    assert checklist.item("FIN-3.2").max_age_s == 2 * 3600
    assert checklist.item("FIN-2.1").max_age_s == 2 * 3600
    assert checklist.item("MIG-3.4").max_age_s is None
    assert checklist.item("DBP-2.1").max_age_s == 3 * DAY_S
    assert checklist.item("DBP-2.1").attestation_max_age_s == 7 * DAY_S


def test_rows_of_a_platform_carry_its_name(checklist: Checklist) -> None:
    platforms = {item.section: item.platform for item in checklist.items if item.platform}
    assert platforms == {
        "VCL": "vercel",
        "NTL": "netlify",
        "DKR": "docker",
        "DEP-V": "vercel",
        "DEP-N": "netlify",
        "DEP-D": "docker",
    }


def test_a_section_signature_is_over_the_items_below_its_heading(checklist: Checklist) -> None:
    covers = {signature.id: signature.covers for signature in checklist.signatures}
    assert {id_.partition("-")[0] for id_ in covers["PLT"]} == {"VCL", "NTL", "DKR"}
    assert covers["DEP"][0] == "DEP-V.1"
    assert len(covers["DEP"]) == 11
    assert covers["MIG"] == tuple(item.id for item in checklist.items if item.section == "MIG")


def test_the_final_roles_sign_over_everything(checklist: Checklist) -> None:
    final = [signature for signature in checklist.signatures if signature.section == "SGN"]
    assert [signature.role for signature in final] == [
        "deployment-lead",
        "devops",
        "product-owner",
        "cto",
    ]
    assert all(len(signature.covers) == 283 for signature in final)


def test_each_item_but_those_of_the_last_word_is_under_one_section_signature(
    checklist: Checklist,
) -> None:
    signed = Counter(
        id_ for one in checklist.signatures if one.section != "SGN" for id_ in one.covers
    )
    assert set(signed.values()) == {1}
    unsigned = {item.section for item in checklist.items if item.id not in signed}
    assert unsigned == {"SUC", "ACT", "RBK", "SGN"}


def test_title_and_digest_are_of_the_text_as_given(checklist: Checklist, text: str) -> None:
    assert checklist.title == "Production Deployment Checklist - Contacts Redesign"
    assert checklist.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_lines_point_into_the_file(checklist: Checklist, text: str) -> None:
    lines = text.split("\n")
    assert all(f"gonogo: {item.id}" in lines[item.line - 1] for item in checklist.items)


def test_an_unknown_item_is_refused_with_the_ids_close_to_it(checklist: Checklist) -> None:
    with pytest.raises(ChecklistError, match=r"no item 'MIG-3\.44'") as refused:
        checklist.item("MIG-3.44")
    assert "MIG-3.4" in refused.value.expected


def test_an_unknown_item_unlike_any_is_refused_too(checklist: Checklist) -> None:
    with pytest.raises(ChecklistError, match="no item") as refused:
        checklist.item("?")
    assert refused.value.expected == "one of its 283 items"


def test_parsing_takes_less_than_thirty_milliseconds(text: str) -> None:
    def elapsed_s() -> float:
        # Of this process only: other work on the machine must not make it slow.
        start = time.process_time()
        parse(text, path="x")
        return time.process_time() - start

    # Line tracing (coverage) costs a multiple of the work it watches.
    limit_s = 0.030 if sys.gettrace() is None else 0.150
    assert min(elapsed_s() for _ in range(10)) < limit_s


def test_a_tick_does_not_change_the_identity_of_a_text(checklist: Checklist, text: str) -> None:
    ticked = parse(text.replace("[ ]", "[x]"), path="x")
    assert [item.text_sha256 for item in ticked.items] == [
        item.text_sha256 for item in checklist.items
    ]
    assert [one.text_sha256 for one in ticked.signatures] == [
        one.text_sha256 for one in checklist.signatures
    ]
