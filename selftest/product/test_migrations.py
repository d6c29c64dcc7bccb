from __future__ import annotations

import subprocess
import threading

import psycopg
import pytest

from gonogo.waiting import wait_until
from selftest.product.product_copy import CONTACT, COPIES, LEDGER, VERSIONS, Database, Product

MARK = "Added by migration 001"


def roll_back(product: Product, database: Database) -> list[str]:
    scripts = [product.rollback_script(version) for version in reversed(VERSIONS)]
    return [database.run_file(script) for script in scripts]


def test_the_baseline_holds_thousands_of_awkward_rows(database: Database) -> None:
    assert database.value("SELECT count(*) FROM contacts") == 5200
    for condition in ("email IS NULL", "email = ''", "length(notes) > 9000", "first_name = '小春'"):
        assert database.value(f"SELECT count(*) FROM contacts WHERE {condition}") > 0
    same_but_for_case = "SELECT count(email) - count(DISTINCT lower(email)) FROM contacts"
    assert database.value(same_but_for_case) > 50


def test_migration_001_adds_its_columns_and_keeps_those_that_were_there(
    as_migrated: Database,
) -> None:
    types: dict[str, str] = dict(
        as_migrated.rows(
            "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = 'contacts'::regclass AND attnum > 0"
        )
    )
    added = set(
        as_migrated.column(
            "SELECT attname::text FROM pg_attribute"
            " WHERE attrelid = 'contacts'::regclass AND col_description(attrelid, attnum) = %s",
            MARK,
        )
    )
    already = {"donor_stage", "engagement_score", "total_lifetime_giving", "last_gift_date"}
    assert added == {
        *("pulse_profile_id", "relationship_score", "relationship_trend", "last_interaction_date"),
        *("total_interactions", "preferred_channel", "communication_frequency", "pulse_tags"),
        *("pulse_notes", "is_favorite", "is_blocked", "is_vip", "pulse_last_synced_at"),
        *("pulse_sync_status", "pulse_sync_error"),
    }
    assert added.isdisjoint(already)
    assert types["relationship_score"] == types["total_interactions"] == "integer"
    assert types["pulse_tags"] == "text[]"
    assert types["total_lifetime_giving"] == "numeric(12,2)"
    assert not as_migrated.rows("SELECT conname FROM pg_constraint WHERE NOT convalidated")


@pytest.mark.parametrize("score", [-1, 101])
def test_a_relationship_score_stays_between_0_and_100(as_migrated: Database, score: int) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="relationship_score_range"):
        as_migrated.rows("UPDATE contacts SET relationship_score = %s", score)


def test_the_copy_holds_every_contact_and_is_closed(as_migrated: Database) -> None:
    (copy,) = as_migrated.column(COPIES)
    columns = as_migrated.value(
        "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0",
        copy,
    )
    rows = f"SELECT {columns} FROM"
    assert not as_migrated.rows(f"({rows} contacts EXCEPT ALL {rows} {copy})")
    assert as_migrated.value(f"SELECT count(*) FROM {copy}") == 5200
    assert as_migrated.value("SELECT relrowsecurity FROM pg_class WHERE relname = %s", copy)
    for role in ("anon", "authenticated"):
        assert not as_migrated.value("SELECT has_table_privilege(%s, %s, 'SELECT')", role, copy)


def test_every_declared_index_exists_and_is_valid(as_migrated: Database) -> None:
    valid = as_migrated.column(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indisvalid AND indisready"
    )
    contacts = (
        *("pulse_profile_id", "relationship_score", "relationship_trend", "last_interaction"),
        *("donor_stage", "engagement_score", "status_flags", "sync_status", "pulse_tags"),
    )
    interactions = (
        *("contact", "date", "profile", "type", "channel", "sentiment", "important"),
        *("content_search", "topics"),
    )
    mappings = ("type_lv", "type_pulse", "pending_sync", "failed")
    assert set(valid) >= {
        *(f"idx_contacts_{name}" for name in contacts),
        *(f"idx_pulse_interactions_{name}" for name in interactions),
        *(f"idx_entity_mappings_{name}" for name in mappings),
    }


def test_interactions_have_31_columns_and_every_declared_trigger(as_migrated: Database) -> None:
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = %s"
    assert as_migrated.value(columns, "pulse_contact_interactions") == 31
    triggers = as_migrated.column(
        "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
    )
    assert set(triggers) >= {
        *("trigger_pulse_interactions_updated_at", "trigger_contact_stats_on_insert"),
        *("trigger_contact_stats_on_update", "trigger_contact_stats_on_delete"),
        "trigger_entity_mappings_updated_at",
    }


def test_the_ledger_names_all_three(as_migrated: Database) -> None:
    ledger = as_migrated.rows("SELECT version, description FROM schema_migrations ORDER BY version")
    assert [version for version, _ in ledger] == list(VERSIONS)
    assert all(description for _, description in ledger)


def test_files_can_be_applied_twice(product: Product, migrated: Database) -> None:
    schema, data = migrated.schema_text(), migrated.data()
    complaints = [migrated.run_file(product.script(version)) for version in VERSIONS]
    assert complaints == ["", "", ""]
    assert migrated.schema_text() == schema
    assert migrated.data() == data


def test_rollback_gives_the_baseline_back(product: Product, database: Database) -> None:
    schema, data = database.schema_text(), database.data()
    for version in VERSIONS:
        database.run_file(product.script(version))
    database.rows(
        "INSERT INTO pulse_contact_interactions"
        " (contact_id, interaction_type, interaction_date, is_archived)"
        " SELECT id, 'email', created_at, true FROM contacts"
    )
    assert roll_back(product, database) == ["", "", ""]
    assert database.schema_text() == schema
    assert database.data() == data
    assert roll_back(product, database) == ["", "", ""], "it can be repeated"


def test_rollback_fits_a_baseline_without_the_shared_columns(
    product: Product, database: Database
) -> None:
    for column in ("donor_stage", "engagement_score", "total_lifetime_giving", "last_gift_date"):
        database.rows(f"ALTER TABLE contacts DROP COLUMN {column} CASCADE")
    schema, data = database.schema_text(), database.data()
    for version in VERSIONS:
        database.run_file(product.script(version))
    roll_back(product, database)
    assert database.schema_text() == schema
    assert database.data() == data


def test_001_is_not_rolled_back_below_002(product: Product, migrated: Database) -> None:
    before = migrated.schema_text()
    with pytest.raises(subprocess.CalledProcessError) as caught:
        migrated.run_file(product.rollback_script("001"))
    assert "migration 002 is still in place" in caught.value.stderr
    assert migrated.schema_text() == before


def test_an_index_that_an_interrupted_run_left_invalid_is_built_again(
    product: Product, migrated: Database
) -> None:
    migrated.rows(
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid = 'idx_contacts_donor_stage'::regclass"
    )
    migrated.run_file(product.script("001"))
    assert not migrated.rows("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid")


def test_writers_are_not_held_up_while_001_waits_for_a_reader(
    product: Product, database: Database
) -> None:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.connect() as reader, database.connect() as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM contacts")
        writer.execute("SET statement_timeout = '2s'")
        migration = threading.Thread(target=database.run_file, args=(product.script("001"),))
        migration.start()
        wait_until(
            lambda: database.value(waiting),
            lambda count: count > 0,
            what="migration 001 to wait for the reader",
            timeout_s=10,
        )
        for _ in range(100):
            writer.execute(f"UPDATE contacts SET notes = 'written' WHERE id = ({CONTACT})".encode())
        reader.execute("COMMIT")
        migration.join()
    assert database.column(LEDGER) == ["001"]
    assert not database.rows("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid")
