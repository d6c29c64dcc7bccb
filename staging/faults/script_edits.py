"""Edits of the product's migrate.sh at named places, for faults of its two jobs."""

from __future__ import annotations

from staging.faults.clone import Clone

DUMPS = "  pg_dump --format=custom --lock-wait-timeout=30s"
DUMPED = '|| fail "pg_dump could not save the database"\n'
READS_BACK = "  # Reads all data to the end;"
HAS_READ_BACK = '|| fail "the backup holds no table"\n'
BACKED_UP = '  size=$(wc -c < "$target")\n'
BACKUP_SAID = '  say "Backup size: $((size)) bytes, $tables tables"\n'
MIGRATION_BEGINS = (
    '  applied=$(applied_versions) || fail "the list of applied migrations could not be read"\n\n'
)
MIGRATION_DONE = '    say "All migrations completed"\n'
RUNS_A_FILE = (
    'psql -X -v ON_ERROR_STOP=1 -f "$1" "$database_url" < /dev/null 2>&1 | tee -a -- "$log_file"'
)
APPLIES = (
    '      run_file "$file" || fail "migration $version: ${file##*/}; nothing after it was run"\n'
)
MUST_RECORD = (
    '      is_line_of "$version" "$applied"'
    ' || fail "migration $version: ${file##*/} did not record itself"\n'
)


def dump_with(clone: Clone, commands: str) -> None:
    """Make the backup by *commands*, which write ``$partial_backup``, in the place of pg_dump."""
    clone.script.replace_between(DUMPS, DUMPED, f"{commands.rstrip()}\n")


def pg_dump_with(clone: Clone, options: str) -> None:
    """Give pg_dump more *options*; they win over those before them."""
    clone.script.replace(' "${leave_out[@]}" \\\n', f' "${{leave_out[@]}}" {options} \\\n')


def trust_the_dump(clone: Clone) -> None:
    """Take out what reads the backup back: the script believes pg_dump."""
    clone.script.replace_between(READS_BACK, HAS_READ_BACK, "  tables=8\n")


def after_backup(clone: Clone, commands: str) -> None:
    """Run *commands* when ``$target`` has been made and checked."""
    clone.script.insert_before(BACKED_UP, f"{commands.rstrip()}\n")


def at_end_of_backup(clone: Clone, commands: str) -> None:
    """Run *commands* when the script has said that the backup is saved."""
    clone.script.insert_after(BACKUP_SAID, f"{commands.rstrip()}\n")


def before_migrations(clone: Clone, commands: str) -> None:
    """Run *commands* before the first migration file."""
    clone.script.insert_after(MIGRATION_BEGINS, f"{commands.rstrip()}\n")


def after_migrations(clone: Clone, commands: str) -> None:
    """Run *commands* when all migration files are applied."""
    clone.script.insert_before(MIGRATION_DONE, f"{commands.rstrip()}\n")


def tidy_up_with(clone: Clone, statements: str) -> None:
    """Let the script run a file of *statements* when all migration files are applied."""
    clone.add_file("tidy-up.sql", f"{statements}\n")
    after_migrations(clone, '    run_file "$here/tidy-up.sql" || fail "tidy-up.sql"')


def go_on_after_errors(clone: Clone) -> None:
    """Let psql go on after a failed statement, so that it ends with success."""
    clone.script.replace(RUNS_A_FILE, RUNS_A_FILE.replace(" -v ON_ERROR_STOP=1", ""))


def believe_every_file(clone: Clone) -> None:
    """Take out what looks whether a file recorded itself."""
    clone.script.replace(MUST_RECORD, "")
