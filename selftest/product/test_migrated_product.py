from __future__ import annotations

import threading

import psycopg
import pytest

from gonogo.waiting import wait_until
from selftest.product.product_copy import CONTACT, COPIES, Database

NEW_TABLES = ("pulse_contact_interactions", "entity_mappings", "schema_migrations")
ADD = (
    "INSERT INTO pulse_contact_interactions (contact_id, interaction_type, interaction_date)"
    " VALUES (md5('contact-' || %s)::uuid, 'call', %s) RETURNING id"
)
STATISTICS = (
    "SELECT total_interactions, (last_interaction_date AT TIME ZONE 'UTC')::date::text"
    " FROM contacts WHERE id = md5('contact-' || %s)::uuid"
)


def test_statistics_follow_insert_update_archive_and_delete(migrated: Database) -> None:
    first = migrated.value(ADD, 1, "2024-03-01 12:00Z")
    second = migrated.value(ADD, 1, "2024-05-01 12:00Z")
    assert migrated.rows(STATISTICS, 1) == [(2, "2024-05-01")]

    change = "UPDATE pulse_contact_interactions SET {} WHERE id = %s"
    migrated.rows(change.format("is_archived = true"), second)
    assert migrated.rows(STATISTICS, 1) == [(1, "2024-03-01")]
    migrated.rows(change.format("is_archived = false"), second)
    migrated.rows(change.format("interaction_date = '2024-06-01 12:00Z'"), first)
    assert migrated.rows(STATISTICS, 1) == [(2, "2024-06-01")]

    migrated.rows(change.format("contact_id = md5('contact-2')::uuid"), first)
    assert migrated.rows(STATISTICS, 1) == [(1, "2024-05-01")]
    assert migrated.rows(STATISTICS, 2) == [(1, "2024-06-01")]

    migrated.rows("DELETE FROM pulse_contact_interactions")
    assert migrated.rows(STATISTICS, 1) == migrated.rows(STATISTICS, 2) == [(0, None)]


def test_deleting_a_contact_takes_its_interactions_along(migrated: Database) -> None:
    migrated.rows(ADD, 1, "2024-03-01 12:00Z")
    migrated.rows(f"DELETE FROM contacts WHERE id = ({CONTACT})")
    assert migrated.value("SELECT count(*) FROM pulse_contact_interactions") == 0


def test_updated_at_follows_a_change(migrated: Database) -> None:
    migrated.rows(ADD, 1, "2024-03-01 12:00Z")
    migrated.rows(
        "INSERT INTO entity_mappings (entity_type, lv_entity_id, pulse_entity_id)"
        f" VALUES ('contact', ({CONTACT}), 'p1')"
    )
    for table in ("pulse_contact_interactions", "entity_mappings"):
        migrated.rows(f"UPDATE {table} SET created_at = created_at")
        assert migrated.value(f"SELECT updated_at > created_at FROM {table}")


def test_two_people_adding_at_once_are_both_counted(migrated: Database) -> None:
    with migrated.connect() as one, migrated.connect() as other:
        one.execute("BEGIN")
        one.execute(ADD, [1, "2024-03-01 12:00Z"])
        second = threading.Thread(target=other.execute, args=(ADD, [1, "2024-05-01 12:00Z"]))
        second.start()
        wait_until(
            lambda: migrated.value(
                "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s",
                other.info.backend_pid,
            ),
            lambda waits_for: waits_for == "Lock",
            what="the second insert to wait for the first",
            timeout_s=10,
        )
        one.execute("COMMIT")
        second.join()
    assert migrated.rows(STATISTICS, 1) == [(2, "2024-05-01")]


def test_a_mapping_is_unique_on_either_side(migrated: Database) -> None:
    add = (
        "INSERT INTO entity_mappings (entity_type, lv_entity_id, pulse_entity_id)"
        " VALUES ('contact', md5(%s)::uuid, %s)"
    )
    migrated.rows(add, "a", "p1")
    for lv, pulse in (("a", "p2"), ("b", "p1")):
        with pytest.raises(psycopg.errors.UniqueViolation):
            migrated.rows(add, lv, pulse)


def test_nothing_is_open_to_anon(migrated: Database) -> None:
    migrated.rows(ADD, 1, "2024-03-01 12:00Z")
    relations = migrated.column(
        "SELECT relname::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
    )
    new = {*NEW_TABLES, "recent_contact_interactions", "high_value_interactions"}
    new |= set(migrated.column(COPIES))
    assert new < set(relations)
    for relation in relations:
        with migrated.connect() as connection:
            connection.execute("SET ROLE anon")
            query = f"SELECT count(*) FROM {relation}".encode()
            if relation in new:
                assert not migrated.value(
                    "SELECT has_table_privilege('anon', %s, 'SELECT')", relation
                )
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(query)
            elif relation != "donor_stage_totals":
                assert connection.execute(query).fetchall() == [(0,)]
    for function in ("pulse_interactions_refresh_contacts()", "entity_mappings_set_updated_at()"):
        callable_by = "SELECT has_function_privilege(%s, %s, 'EXECUTE')"
        assert not migrated.value(callable_by, "anon", function)
    unprotected = (
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind = 'r' AND NOT relrowsecurity"
    )
    assert not migrated.rows(unprotected)


def test_a_signed_in_person_reads_and_adds_but_a_stray_token_does_not(migrated: Database) -> None:
    with migrated.connect() as connection:
        connection.execute("SET ROLE authenticated")
        assert connection.execute("SELECT count(*) FROM contacts").fetchall() == [(0,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(ADD, [1, "2024-03-01 12:00Z"])
        claims = '{"sub": "00000000-0000-4000-8000-000000000001", "role": "authenticated"}'
        connection.execute("SELECT set_config('request.jwt.claims', %s, false)", [claims])
        assert connection.execute("SELECT count(*) FROM contacts").fetchall() == [(5200,)]
        connection.execute(ADD, [1, "now"])
        seen = connection.execute("SELECT contact_name FROM recent_contact_interactions").fetchall()
        assert len(seen) == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM schema_migrations")
