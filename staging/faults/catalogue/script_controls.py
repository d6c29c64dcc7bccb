"""Controls: the script and its files do it in another way that is as good."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import control
from staging.faults.script_edits import (
    APPLIES,
    at_end_of_backup,
    before_migrations,
    dump_with,
    pg_dump_with,
    tidy_up_with,
    trust_the_dump,
)


@control
def backup_is_plain_sql(clone: Clone) -> None:
    """The script makes its backup as plain SQL."""
    dump_with(clone, '  pg_dump "${leave_out[@]}" "$database_url" < /dev/null > "$partial_backup"')
    trust_the_dump(clone)


@control
def backup_is_packed_plain_sql(clone: Clone) -> None:
    """The script makes its backup as plain SQL in gzip."""
    dump_with(
        clone, '  pg_dump "${leave_out[@]}" "$database_url" < /dev/null | gzip > "$partial_backup"'
    )
    trust_the_dump(clone)


@control
def backup_is_a_folder(clone: Clone) -> None:
    """The script makes its backup in pg_dump's directory format."""
    pg_dump_with(clone, "--format=directory --jobs=2")
    clone.script.replace('size=$(wc -c < "$target")', 'size=$(du -sb "$target" | cut -f1)')


@control
def backup_holds_the_inserts(clone: Clone) -> None:
    """The script makes its backup as INSERT statements."""
    dump_with(
        clone,
        '  pg_dump --rows-per-insert=500 "${leave_out[@]}" "$database_url" < /dev/null'
        ' > "$partial_backup"',
    )
    trust_the_dump(clone)


@control
def script_talks_of_errors(clone: Clone) -> None:
    """The script prints words such as "0 errors" and "error_count", and no error."""
    before_migrations(
        clone,
        '  say "Pre-flight: 0 errors, 0 warnings"\n'
        '  say "error_count=0 last_error=none (no ERRORs, nothing FATALISTIC)"\n'
        '  say "no error was found: errors: 0"',
    )


@control
def log_has_notices_and_warnings(clone: Clone) -> None:
    """The migration raises a notice and a warning."""
    tidy_up_with(
        clone,
        "DO $$ BEGIN RAISE NOTICE 'an ERROR would look different';"
        " RAISE WARNING 'statistics are old'; END $$;",
    )


@control
def script_uses_colours(clone: Clone) -> None:
    """The script prints colours and a progress bar."""
    before_migrations(
        clone,
        "  printf '\\033[32mReady\\033[0m\\n'\n"
        "  for part in 10 50 100; do printf '\\rprogress %s %%' \"$part\"; done; printf '\\n'",
    )


@control
def every_migration_is_run_twice(clone: Clone) -> None:
    """The script runs every file a second time: they can be repeated."""
    clone.script.replace(APPLIES, f"{APPLIES}{APPLIES}")


@control
def there_is_a_fourth_migration(clone: Clone) -> None:
    """A fourth migration file adds a column, an index and its ledger row."""
    clone.add_file(
        "migration-004-nicknames.sql",
        "BEGIN;\nALTER TABLE public.contacts ADD COLUMN IF NOT EXISTS nickname text;\n"
        "CREATE INDEX IF NOT EXISTS idx_contacts_nickname ON public.contacts (nickname);\n"
        "INSERT INTO public.schema_migrations (version) VALUES ('004');\nCOMMIT;\n",
    )


@control
def files_have_comments_and_windows_line_ends(clone: Clone) -> None:
    """A migration file has more comments, some with SQL in them, and Windows line ends."""
    file = clone.migration("003")
    file.append("-- DROP TABLE public.contacts;\n/* DELETE FROM public.contacts; /* nested */ */")
    file.write(file.text.replace("\n", "\r\n"))


@control
def new_columns_are_filled(clone: Clone) -> None:
    """002 fills a new column of one contact without touching any older one."""
    clone.migration("002").append(
        "BEGIN; ALTER TABLE public.contacts DISABLE TRIGGER contacts_set_updated_at;"
        "UPDATE public.contacts SET is_vip = true WHERE total_lifetime_giving > 9000;"
        "ALTER TABLE public.contacts ENABLE TRIGGER contacts_set_updated_at; COMMIT;"
    )


@control
def older_column_is_widened(clone: Clone) -> None:
    """002 widens a numeric column: every value stays as it is."""
    clone.migration("002").append("ALTER TABLE public.campaigns ALTER goal TYPE numeric(14,2);")


@control
def digest_lies_beside_the_backup(clone: Clone) -> None:
    """The script writes the backup's digest into a file beside it."""
    at_end_of_backup(clone, '  sha256sum -- "$target" > "$target.sha256"')


@control
def copy_is_named_by_seconds(clone: Clone) -> None:
    """001 names its copy of contacts by the seconds since 1970, and gives it a key."""
    clone.migration("001").replace(
        "'contacts_backup_' || to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD_HH24MISS')",
        "'contacts_backup_' || extract(epoch FROM clock_timestamp())::bigint",
    )
    clone.migration("001").replace(
        "CREATE TABLE public.%I AS TABLE public.contacts'",
        "CREATE TABLE public.%I (LIKE public.contacts INCLUDING ALL)'",
    )
