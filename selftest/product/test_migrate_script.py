from __future__ import annotations

import io
from pathlib import Path

import pexpect
import pytest

from selftest.product.product_copy import LEDGER, PASSWORD, VERSIONS, Database, Product

pytestmark = pytest.mark.parametrize("product_server", [18], indirect=True, ids=["PostgreSQL 18"])
BROKEN = "BEGIN;\nCREATE TABLE public.half_way ();\nSELECT 1 / 0;\nCOMMIT;\n"


def test_a_rollback_with_a_number_takes_the_later_ones_too(
    product: Product, migrated: Database
) -> None:
    outcome = product.on(migrated).migrate("--rollback", "002")
    assert outcome.status == 0, outcome
    assert migrated.column(LEDGER) == ["001"]
    assert product.migrate().status == 0
    assert migrated.column(LEDGER) == list(VERSIONS)


@pytest.mark.parametrize("answers", [(PASSWORD, "no"), (PASSWORD, "y"), (PASSWORD,)])
def test_a_full_rollback_without_yes_changes_nothing(
    product: Product, migrated: Database, answers: tuple[str, ...]
) -> None:
    before = migrated.schema_text()
    outcome = product.on(migrated).migrate("--rollback", answers=answers)
    assert outcome.status == 1
    assert "rollback cancelled" in outcome.errors
    assert migrated.schema_text() == before


def test_a_failing_migration_stops_the_run(routed: Product, database: Database) -> None:
    routed.script("002").write_text(BROKEN, encoding="utf-8")
    outcome = routed.migrate()
    assert outcome.status == 1
    failed = "FAILED: migration 002: migration-002-pulse-interactions.sql; nothing after it was run"
    assert failed in outcome.errors
    assert "division by zero" in outcome.output
    assert "Migration 001 completed" in outcome.output
    assert "completed" not in outcome.output.split("Migration 001 completed")[1]
    assert database.column(LEDGER) == ["001"]
    for relation in ("half_way", "entity_mappings"):
        assert database.value("SELECT to_regclass(%s)", relation) is None
    log = routed.logs()[0].read_text(encoding="utf-8")
    assert "division by zero" in log
    assert "FAILED: migration 002" in log


def test_001_stopped_half_way_is_finished_by_the_next_run(
    routed: Product, database: Database
) -> None:
    schema = database.schema_text()
    whole = routed.script("001").read_text(encoding="utf-8")
    broken = whole.replace("ON public.contacts (engagement_score)", "ON public.contacts (wrong)")
    routed.script("001").write_text(broken, encoding="utf-8")
    assert routed.migrate().status == 1
    assert database.column(LEDGER) == []
    routed.script("001").write_text(whole, encoding="utf-8")
    assert routed.migrate().status == 0
    assert routed.migrate("--rollback", answers=(PASSWORD, "yes")).status == 0
    assert database.schema_text() == schema


def test_a_failing_rollback_stops_the_run(product: Product, migrated: Database) -> None:
    product.rollback_script("002").write_text(BROKEN, encoding="utf-8")
    outcome = product.on(migrated).migrate("--rollback", "001")
    assert outcome.status == 1
    assert "FAILED: rollback of migration 002" in outcome.errors
    assert migrated.column(LEDGER) == ["001", "002"]


def test_a_file_that_does_not_record_itself_is_a_failure(
    routed: Product, database: Database
) -> None:
    assert database.name
    routed.script("003").write_text("SELECT 1;\n", encoding="utf-8")
    outcome = routed.migrate()
    assert outcome.status == 1
    assert "did not record itself" in outcome.errors


def test_a_dry_run_changes_nothing(routed: Product, database: Database) -> None:
    schema, data = database.schema_text(), database.data()
    outcome = routed.migrate("--dry-run")
    assert outcome.status == 0, outcome
    for version in VERSIONS:
        assert f"Would apply migration {version}: {routed.script(version).name}" in outcome.output
    assert database.schema_text() == schema
    assert database.data() == data
    assert not (routed.deployment / "logs").exists()
    assert not (routed.deployment / "backups").exists()


def test_a_dry_run_after_a_part_names_the_rest(product: Product, migrated: Database) -> None:
    migrated.run_file(product.rollback_script("003"))
    output = product.on(migrated).migrate("--dry-run").output
    assert "Migration 002 is already applied" in output
    assert "Would apply migration 003" in output


def test_a_truncated_backup_is_not_kept(product: Product, migrated: Database) -> None:
    product.on(migrated)
    (product.programs / "pg_dump").rename(product.programs / "real_pg_dump")
    product.replace_program(
        "pg_dump",
        '#!/bin/sh\nreal_pg_dump "$@" || exit\n'
        'for each; do case $each in --file=*) truncate -s -5000 "${each#--file=}" ;; esac; done\n',
    )
    outcome = product.migrate("--backup")
    assert outcome.status == 1
    assert "the backup cannot be read back" in outcome.errors
    assert product.backups() == []


def test_a_dump_that_fails_is_not_kept(product: Product, migrated: Database) -> None:
    product.on(migrated).replace_program("pg_dump", "#!/bin/sh\necho no luck >&2\nexit 1\n")
    outcome = product.migrate("--backup")
    assert outcome.status == 1
    assert "no luck" in outcome.output
    assert product.backups() == []


@pytest.mark.parametrize("option", [(), ("--dry-run",), ("--backup",), ("--rollback", "003")])
def test_a_wrong_password_is_a_failure(
    routed: Product, database: Database, option: tuple[str, ...]
) -> None:
    before = database.schema_text()
    outcome = routed.migrate(*option, answers=("wrong",))
    assert outcome.status == 1
    assert "password authentication failed" in outcome.output + outcome.errors
    assert database.schema_text() == before


def test_the_password_is_in_no_argument_and_in_no_log(routed: Product) -> None:
    outcomes = [routed.migrate("--backup"), routed.migrate()]
    texts = [outcome.output + outcome.errors for outcome in outcomes]
    texts += [log.read_text(encoding="utf-8") for log in routed.logs()]
    texts += [routed.calls.read_text(encoding="utf-8")]
    assert "-f " in texts[-1]
    for text in texts:
        assert PASSWORD not in text


def test_on_a_terminal_it_asks_and_does_not_echo(product: Product, migrated: Database) -> None:
    product.on(migrated)
    screen = io.StringIO()
    terminal = pexpect.spawn(
        str(product.deployment / "migrate.sh"),
        ["--rollback"],
        env={**product.environment(), "TERM": "dumb"},
        encoding="utf-8",
        timeout=20,
    )
    terminal.logfile_read = screen
    with terminal:
        terminal.expect_exact("Enter database password: ")
        terminal.waitnoecho()
        terminal.sendline(PASSWORD)
        terminal.expect_exact("Type yes to go on: ")
        terminal.sendline("yes")
        terminal.expect(pexpect.EOF)
    assert terminal.exitstatus == 0
    assert PASSWORD not in screen.getvalue()
    assert "Rollback 001 completed" in screen.getvalue()


def test_it_runs_from_any_folder(routed: Product, tmp_path: Path) -> None:
    outcome = routed.migrate("--dry-run", folder=tmp_path)
    assert outcome.status == 0, outcome
