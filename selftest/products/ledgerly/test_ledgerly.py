from __future__ import annotations

import json

from selftest.products.ledgerly.staging import ADDRESS, PASSWORDS, Staging

BACKUP = ("MIG-1.1", "MIG-1.2", "MIG-1.3")
ITEMS = (
    *BACKUP,
    *(f"MIG-2.{number}" for number in range(1, 6)),
    *(f"MIG-3.{number}" for number in range(1, 5)),
)
ALL_GREEN = dict.fromkeys(ITEMS, "PASS")
NO_BACKUP = {item: "FAIL" if item in BACKUP else "NOT_RUN" for item in ITEMS}


def test_all_twelve_checks_pass_on_another_product(staging: Staging) -> None:
    judged = staging.judge("--execute", "backup,migrate")
    assert judged.states == ALL_GREEN, judged.output
    assert judged.status == 0
    deviations = {action["name"]: action["deviation"] for action in judged.results["actions"]}
    assert "ops/snapshot" in deviations["backup"]
    assert "./migrate.sh --backup" in deviations["backup"]
    assert not any(password.encode() in staging.written() for password in PASSWORDS.values())


def test_a_script_without_a_backup_option_is_red_and_blocks_the_migration(
    staging: Staging,
) -> None:
    staging.settings["GONOGO_ACTIONS__BACKUP__COMMAND"] = json.dumps(["ops/upgrade", "--backup"])
    judged = staging.judge("--execute", "backup,migrate")
    assert judged.states == NO_BACKUP, judged.output
    assert judged.status == 1
    assert "exit status 2" in judged.output
    assert [action["name"] for action in judged.results["actions"]] == ["backup"]


def test_no_backup_at_all_is_red_and_blocks_the_migration(staging: Staging) -> None:
    judged = staging.judge("--execute", "migrate")
    assert judged.states == NO_BACKUP, judged.output
    assert judged.status == 1
    assert judged.results["actions"] == []


def test_what_the_team_did_by_hand_is_judged_against_the_recorded_state(staging: Staging) -> None:
    recorded = staging.gonogo("before", "phase1")
    assert recorded.returncode == 0, recorded.stderr
    assert "recorded before phase1: 3 tables, 921 rows" in recorded.stdout
    kept = staging.repository / "var" / "snapshots" / "by-hand.dump"
    kept.parent.mkdir(parents=True)
    staging.by_hand("pg_dump", "-n", "public", "-n", "billing", "-f", str(kept), ADDRESS)
    staging.by_hand("ops/upgrade")
    judged = staging.judge()
    assert judged.states == ALL_GREEN, judged.output
    assert judged.status == 0
    again = staging.gonogo("before", "phase1")
    assert again.returncode == 4
    assert "this database is migrated already" in again.stderr


def test_without_a_recorded_state_the_backup_made_by_hand_is_what_counts(staging: Staging) -> None:
    staging.settings["GONOGO_DATABASE__ADMIN_URL_ENV"] = ""
    staging.by_hand("ops/snapshot")
    staging.by_hand("ops/upgrade")
    judged = staging.judge()
    assert judged.states == ALL_GREEN, judged.output
    staging.by_hand("psql", "-c", "DELETE FROM billing.invoices WHERE id = 7", ADDRESS)
    judged = staging.judge()
    assert judged.states == {**ALL_GREEN, "MIG-3.4": "FAIL"}, judged.output
    assert "800 rows, found 799" in judged.output


def test_a_backup_made_after_the_migration_is_no_state_before_it(staging: Staging) -> None:
    staging.by_hand("ops/upgrade")
    judged = staging.judge()
    assert judged.states["MIG-1.1"] == "FAIL"
    assert judged.states["MIG-3.4"] == "NOT_RUN"
    staging.by_hand("ops/snapshot")
    judged = staging.judge()
    assert judged.states["MIG-3.4"] == "NOT_RUN"
    assert "the backup was made after the migration" in judged.output


def test_all_twelve_checks_pass_on_plain_postgresql(plain_staging: Staging) -> None:
    plain_staging.settings["GONOGO_DATABASE__ANONYMOUS_ROLE"] = ""
    judged = plain_staging.judge("--execute", "backup,migrate")
    assert judged.states == ALL_GREEN, judged.output
