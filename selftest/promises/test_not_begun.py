from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.probes.database.binaries import find_binaries
from gonogo.probes.database.preparation import run_script
from gonogo.probes.database.reference import apply_file
from selftest.promises.kills import is_said
from selftest.promises.reached_box import OWNER, ReachedBox
from selftest.promises.runs import ROOT

BACKUP = {"MIG-1.1", "MIG-1.2", "MIG-1.3"}


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[ReachedBox]:
    """A target whose state before the phase was recorded, and nothing done since."""
    with ReachedBox(tmp_path) as target:
        before = target.record_before()
        assert before.status == 0, before
        yield target


def reasons(target: ReachedBox) -> dict[str, set[str]]:
    """The items of the phase that were not run, by why."""
    found: dict[str, set[str]] = {}
    for item in target.results["items"]:
        if item["in_scope"] and item["state"] == "NOT_RUN":
            found.setdefault(item["reason"].splitlines()[0], set()).add(item["id"])
    return found


def test_before_anybody_began_nothing_is_red_and_later_greens_are_plain(
    recorded: ReachedBox,
) -> None:
    nothing = recorded.judge()
    assert nothing.status == 20, nothing
    assert recorded.states == {}
    why = reasons(recorded)
    assert why["no backup made yet"] == BACKUP
    assert len(why["not migrated yet"]) == 9
    assert is_said("run ./migrate.sh --backup in deployment", nothing.output)
    assert is_said("or pytest -m phase1 --execute backup", nothing.output)

    backed_up = recorded.judge("--execute", "backup")
    assert backed_up.status == 20, backed_up
    assert recorded.states == dict.fromkeys(BACKUP, "PASS")
    assert len(reasons(recorded)["not migrated yet"]) == 9
    assert is_said("run ./migrate.sh in deployment and then this again", backed_up.output)

    migrated = recorded.judge("--execute", "backup,migrate")
    assert migrated.status == 0, migrated
    assert len(recorded.states) == 12
    assert set(recorded.states.values()) == {"PASS"}, recorded.states


def test_a_migration_by_hand_that_said_all_is_well_and_did_nothing_is_red(
    recorded: ReachedBox,
) -> None:
    logs = recorded.repository / "deployment" / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "migration_20260125_120000.log").write_text("All migrations completed\n")
    judged = recorded.judge()
    assert judged.status == 1, judged
    assert recorded.states["MIG-2.1"] == recorded.states["MIG-1.1"] == "FAIL"


def test_an_action_that_was_started_and_did_nothing_is_red(recorded: ReachedBox) -> None:
    script = recorded.repository / "deployment" / "migrate.sh"
    text = script.read_text("utf-8")
    first = "  local mode=$1 applied file version count=0\n"
    assert text.count(first) == 1
    script.write_text(text.replace(first, f'{first}  say "All migrations completed"; return\n'))
    judged = recorded.judge("--execute", "backup,migrate")
    assert judged.status == 1, judged
    assert recorded.states["MIG-2.1"] == "FAIL"
    again = recorded.judge()
    assert again.status == 1, again
    assert recorded.states["MIG-2.1"] == recorded.states["MIG-3.2"] == "FAIL"


def test_half_a_migration_by_hand_is_red_and_so_is_its_missing_backup(
    recorded: ReachedBox,
) -> None:
    run_script(recorded.dsn(OWNER), "ALTER TABLE contacts ADD COLUMN pulse_profile_id text")
    judged = recorded.judge()
    assert judged.status == 1, judged
    assert recorded.states["MIG-2.1"] == recorded.states["MIG-1.1"] == "FAIL"


def test_a_backup_after_a_migration_by_hand_hides_nothing_of_its_log(recorded: ReachedBox) -> None:
    first = recorded.judge("--execute", "backup")
    assert first.status == 20, first
    (deployment,) = (ROOT / ".cache" / "gonogo" / recorded.instance).glob("copies/*/*/deployment")
    for file in sorted(deployment.glob("migration-*[!k].sql")):
        apply_file(file, dsn=recorded.dsn(OWNER), binaries=find_binaries())
    (deployment / "logs" / "migration_20260125_120000.log").write_text("All is done\n")
    for again in ([], ["--execute", "backup", "--again", "backup", "--reason", "to be sure"]):
        judged = recorded.judge(*again)
        assert judged.status == 0, judged
        assert list(recorded.states.values()) == ["PASS"] * 12
        found = {e["id"]: e for e in recorded.results["items"]}["MIG-2.5"]
        assert "migration_20260125_120000.log" in str(found)
