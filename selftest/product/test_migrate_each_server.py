from __future__ import annotations

import re
import stat
import subprocess

from gonogo.probes.database.clones import create_clone
from gonogo.probes.database.preparation import apply_prelude
from selftest.product.product_copy import LEDGER, PASSWORD, VERSIONS, Database, Product


def test_it_applies_all_three_and_says_where_the_log_is(
    routed: Product, database: Database
) -> None:
    data = database.data()
    outcome = routed.migrate()
    assert outcome.status == 0, outcome
    for version in VERSIONS:
        assert f"Migration {version} completed\n" in outcome.output
    assert database.column(LEDGER) == list(VERSIONS)
    after = database.data()
    for table in data.keys() - {"contacts"}:
        assert after[table] == data[table]
    (log,) = routed.logs()
    assert f"Log file saved: {log}\n" in outcome.output
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    written = log.read_text(encoding="utf-8")
    assert "CREATE INDEX" in written, "what psql says is in the log"
    assert not re.search(r"ERROR|FATAL|PANIC|WARNING", written)


def test_a_second_run_applies_nothing(routed: Product, database: Database) -> None:
    assert routed.migrate().status == 0
    schema = database.schema_text()
    outcome = routed.migrate()
    assert outcome.status == 0
    assert outcome.output.count("is already applied") == len(VERSIONS)
    assert "completed\n" not in outcome.output.replace("All migrations completed\n", "")
    assert database.schema_text() == schema


def test_a_full_rollback_gives_the_baseline_back(routed: Product, database: Database) -> None:
    schema, data = database.schema_text(), database.data()
    assert routed.migrate().status == 0
    outcome = routed.migrate("--rollback", answers=(PASSWORD, "yes"))
    assert outcome.status == 0, outcome
    order = re.findall(r"^Rollback (\d+) completed$", outcome.output, flags=re.MULTILINE)
    assert order == list(reversed(VERSIONS))
    assert "ERROR" not in routed.logs()[-1].read_text(encoding="utf-8")
    assert database.schema_text() == schema
    assert database.data() == data


def test_a_backup_restores_to_the_same_schema_and_data(
    product: Product, migrated: Database
) -> None:
    outcome = product.on(migrated).migrate("--backup")
    assert outcome.status == 0, outcome
    (backup,) = product.backups()
    assert backup.suffix == ".dump"
    assert f"Backup saved to: {backup}\n" in outcome.output
    assert f"Backup size: {backup.stat().st_size} bytes, 11 tables\n" in outcome.output
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert stat.S_IMODE(backup.parent.stat().st_mode) == 0o700

    server = migrated.server
    restored = Database(server, f"{migrated.name}_restored")
    apply_prelude(create_clone(server.socket_dsn(), restored.name, template="template0"))
    target = server.socket_dsn(restored.name)
    restore = (server.binaries.program("pg_restore"), "--exit-on-error", "--dbname", target)
    subprocess.run([*restore, str(backup)], check=True)
    assert restored.data() == migrated.data()
    assert restored.schema_text() == migrated.schema_text()
