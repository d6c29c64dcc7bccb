"""Migrations that the ledger held before the release began, rightly or not."""

from __future__ import annotations

from staging.faults.catalogue.script import A_LEDGER
from staging.faults.clone import Clone
from staging.faults.fault import control, fault
from staging.faults.items import NO_003, SCHEMA
from staging.faults.script_edits import before_migrations, tidy_up_with

ONCE_ONLY = """\
BEGIN;
CREATE TABLE public.newsletters (id int PRIMARY KEY, title text NOT NULL);
ALTER TABLE public.newsletters ADD COLUMN sent date;
CREATE INDEX newsletters_sent ON public.newsletters (sent);
ALTER TABLE public.newsletters ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON TABLE public.newsletters FROM PUBLIC, anon, authenticated;
CREATE FUNCTION public.newsletters_sent_today() RETURNS bigint LANGUAGE sql
    SET search_path = '' AS 'SELECT count(*) FROM public.newsletters WHERE sent = current_date';
REVOKE ALL ON FUNCTION public.newsletters_sent_today() FROM PUBLIC, anon, authenticated;
ALTER TABLE public.campaigns ADD COLUMN newsletter int REFERENCES public.newsletters (id);
INSERT INTO public.schema_migrations (version) VALUES ('000');
COMMIT;
"""
"""An older migration whose file fails when it is run a second time."""
NEEDS_ROWS = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM public.contacts) THEN
        RAISE EXCEPTION 'there is no contact to map';
    END IF;
END $$;
"""
"""Runs on the target, and in no copy of the schema that is without rows."""


def _add_older_file(clone: Clone) -> None:
    clone.sql(A_LEDGER)
    clone.add_file("migration-000-newsletters.sql", ONCE_ONLY)


def _apply_older_file(clone: Clone) -> None:
    _add_older_file(clone)
    clone.apply("000")
    clone.sql("INSERT INTO public.newsletters VALUES (1, 'Spring', '2024-03-20')")


def _record_by_hand(clone: Clone, *versions: str) -> None:
    rows = ", ".join(f"('{version}')" for version in versions)
    clone.sql(f"INSERT INTO public.schema_migrations (version) VALUES {rows}")


@control
def older_migration_cannot_run_twice(clone: Clone) -> None:
    """An older migration was applied last year; its file cannot be run a second time."""
    _apply_older_file(clone)


@control
def older_and_first_migration_are_already_applied(clone: Clone) -> None:
    """000, which cannot be run twice, was applied last year, and 001 last week."""
    _apply_older_file(clone)
    clone.apply("001")


@control
def all_and_one_that_cannot_run_twice_are_already_applied(clone: Clone) -> None:
    """All four were applied last week; one of them cannot be run a second time."""
    _apply_older_file(clone)
    for number in ("001", "002", "003"):
        clone.apply(number)


@control
def release_changes_what_an_older_migration_made(clone: Clone) -> None:
    """002 renames, retypes and drops what the older migration had made."""
    _apply_older_file(clone)
    clone.migration("002").append(
        "BEGIN; ALTER TABLE public.newsletters ALTER id TYPE bigint;"
        "DROP INDEX public.newsletters_sent;"
        "ALTER FUNCTION public.newsletters_sent_today() RENAME TO newsletters_of_today;"
        "CREATE INDEX newsletters_title ON public.newsletters (title); COMMIT;"
    )


@control
def release_is_one_column(clone: Clone) -> None:
    """Four migrations are applied, one of them not repeatable; the release adds a column."""
    _apply_older_file(clone)
    for number in ("001", "002", "003"):
        clone.apply(number)
    clone.add_file(
        "migration-004-slogans.sql",
        "BEGIN;\nALTER TABLE public.campaigns ADD COLUMN slogan text;\n"
        "INSERT INTO public.schema_migrations (version) VALUES ('004');\nCOMMIT;\n",
    )


@fault(fails="MIG-2.1 MIG-3.1 MIG-3.2 MIG-3.3")
def older_migration_is_in_the_ledger_only(clone: Clone) -> None:
    """Somebody wrote 000 into the ledger by hand; nothing that it makes is there."""
    _add_older_file(clone)
    _record_by_hand(clone, "000")


@fault(fails="MIG-2.1 MIG-3.1")
def older_migration_was_applied_in_part(clone: Clone) -> None:
    """000 stopped at its last statement and was written into the ledger all the same."""
    _apply_older_file(clone)
    clone.sql("ALTER TABLE public.campaigns DROP COLUMN newsletter")


@fault(fails=NO_003)
def release_is_in_the_ledger_only_beside_an_older_migration(clone: Clone) -> None:
    """000 cannot be run twice and is applied; 003 is in the ledger without its table."""
    _apply_older_file(clone)
    _record_by_hand(clone, "003")


@fault(fails=SCHEMA)
def every_migration_is_in_the_ledger_only(clone: Clone) -> None:
    """All four are in the ledger, one cannot be run twice, and nothing of them is there."""
    _add_older_file(clone)
    _record_by_hand(clone, "000", "001", "002", "003")


@fault(fails="MIG-2.1 MIG-3.4")
def script_takes_an_older_migration_off_the_ledger(clone: Clone) -> None:
    """A clean-up removes the older migration's row: the next run applies it a second time."""
    _apply_older_file(clone)
    tidy_up_with(clone, "DELETE FROM public.schema_migrations WHERE version = '000';")


@fault(fails="MIG-2.1 MIG-3.3")
def script_drops_what_an_older_migration_made(clone: Clone) -> None:
    """A clean-up drops an index of the older migration."""
    _apply_older_file(clone)
    tidy_up_with(clone, "DROP INDEX public.newsletters_sent;")


@fault(fails="MIG-2.3", errors="MIG-2.1 MIG-2.2 MIG-3.1 MIG-3.2 MIG-3.3")
def script_rewrites_an_older_migration(clone: Clone) -> None:
    """The script writes to the older migration's file, and a clean-up takes 003 off the ledger."""
    _apply_older_file(clone)
    before_migrations(clone, "  echo 'SELECT 1;' >> \"$here/migration-000-newsletters.sql\"")
    tidy_up_with(clone, "DELETE FROM public.schema_migrations WHERE version = '003';")


@fault(errors="MIG-2.3 MIG-3.1 MIG-3.2 MIG-3.3")
def third_migration_needs_rows(clone: Clone) -> None:
    """003 runs where there are contacts, and fails in a copy of the schema without rows."""
    clone.migration("003").append(NEEDS_ROWS)


@fault(fails="MIG-2.2", errors="MIG-2.3 MIG-3.1 MIG-3.2 MIG-3.3")
def third_migration_needs_rows_and_a_view_is_missing(clone: Clone) -> None:
    """003 fails in a copy without rows, and a clean-up drops a view of 002."""
    clone.migration("003").append(NEEDS_ROWS)
    tidy_up_with(clone, "DROP VIEW public.high_value_interactions;")


@fault(fails="MIG-2.3 MIG-2.4", errors="MIG-3.1 MIG-3.2 MIG-3.3")
def third_migration_cannot_run_anywhere(clone: Clone) -> None:
    """003 has a mistake in its first statement: it is not in the ledger, and no copy can run it."""
    file = clone.migration("003")
    file.write(file.text.replace("CREATE TABLE IF NOT EXISTS", "CREATE TABEL IF NOT EXISTS"))
