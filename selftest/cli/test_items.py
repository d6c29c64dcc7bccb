from __future__ import annotations

import pytest

from gonogo.checklist import strip_ids
from selftest.cli.release import Release
from selftest.plugin.project import CHECKLIST


def test_every_item_is_listed_in_the_documents_order(release: Release) -> None:
    said = release.say("items", status=0)
    lines = [line.split()[0] for line in said.splitlines() if line.startswith(("FIN", "MIG"))]
    assert lines == ["FIN-1.1", "FIN-1.2", "MIG-1.1", "MIG-1.2", "MIG-2.1", "MIG-2.2"]
    assert "6 of 6 items" in said


def test_the_items_of_one_phase_are_listed_alone(release: Release) -> None:
    said = release.say("items", "--phase", "final", status=0)
    assert "FIN-1.1" in said
    assert "MIG" not in said
    assert "2 of 6 items" in said


def test_json_has_the_keys_that_all_commands_share(release: Release) -> None:
    data = release.data("items", status=0)
    assert data["verdict"] is None
    assert data["scope"] == "whole checklist"
    assert data["problems"] == []
    assert data["items"][5] == {
        "id": "MIG-2.2",
        "label": "Someone looked",
        "section": "MIG",
        "phase": "phase1",
        "kind": "H",
        "blocks": "live",
        "advisory": False,
        "state": None,
        "reason": "",
    }
    assert release.data("items", "--phase", "phase1", status=0)["scope"] == "phase1"


def test_an_advisory_item_says_so_in_place_of_what_it_blocks(release: Release) -> None:
    release.edit("checklist.md", "FIN-1.2 -->", "FIN-1.2 advisory=yes -->")
    [line] = [line for line in release.say("items", status=0).splitlines() if "FIN-1.2" in line]
    assert "advisory" in line


def test_the_teams_own_document_is_covered_when_it_has_the_same_words(release: Release) -> None:
    release.set_document(strip_ids(CHECKLIST))
    assert "not covered" not in release.say("items", status=0)
    assert release.data("items", status=0)["problems"] == []


def test_what_the_teams_document_has_beyond_the_checklist_is_told(release: Release) -> None:
    text = strip_ids(CHECKLIST).replace(
        "  - [ ] Migrated\n", "  - [ ] Migrated\n  - [ ] Customers were told by letter\n"
    )
    release.set_document(text)
    said = release.say("items", status=0)
    line = text[: text.index("Customers")].count("\n") + 1
    assert f'not covered  TEAM.md:{line}: "Customers were told by letter" is not in' in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "Backup made",
            "Backup was made",
            'TEAM.md:12: "Backup was made" does not read as MIG-1.1',
        ),
        ("  - [ ] Migrated\n", "", 'TEAM.md: MIG-2.1 "Migrated" of the checklist is not in it'),
    ],
)
def test_what_it_says_otherwise_or_lacks_is_told(
    release: Release, old: str, new: str, said: str
) -> None:
    release.set_document(strip_ids(CHECKLIST).replace(old, new))
    assert said in release.data("items", status=0)["problems"][0]


def test_a_document_that_cannot_be_read_is_told(release: Release) -> None:
    release.set_document("x")
    (release.folder / "TEAM.md").write_bytes(b"\xff\xfe\xfa")
    assert release.data("items", status=0)["problems"] == [
        "the team's document TEAM.md cannot be read: it is not UTF-8"
    ]
    (release.folder / "TEAM.md").unlink()
    assert "No such file" in release.data("items", status=0)["problems"][0]


def test_a_document_with_a_broken_comment_is_told(release: Release) -> None:
    release.set_document(CHECKLIST.replace("FIN-1.1 max_age=2h", "fin 1"))
    [problem] = release.data("items", status=0)["problems"]
    assert "TEAM.md cannot be compared" in problem
    assert "TEAM.md:6" in problem


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--phase", "phase9"], "'phase9' is not one of"),
        (["--target", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_what_is_asked_wrongly_is_a_usage_error(
    release: Release, arguments: list[str], said: str
) -> None:
    assert said in release.say("items", *arguments, status=4)


def test_a_checklist_that_is_missing_is_a_usage_error(release: Release) -> None:
    (release.folder / "checklist.md").unlink()
    assert "the checklist cannot be read" in release.say("items", status=4)


def test_an_item_with_control_characters_cannot_move_the_terminal(release: Release) -> None:
    release.edit("checklist.md", "Backup made", "Backup \x1b[2Jmade\u202e [red]here[/red]")
    said = release.say("items", status=0)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[red]here[/red]" in said
