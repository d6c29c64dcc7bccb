"""Logs that are missing, empty, elsewhere, or that tell of errors nobody looked at."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import fault
from staging.faults.script_edits import after_migrations, before_migrations

A_FAILING_QUERY = (
    """psql -X -c 'SELECT count(*) FROM public.pulse_contacts' "$database_url" < /dev/null"""
)
LOG_SAID = '    say "Log file saved: $log_file" || true\n'


def _at_the_very_end_of_migrating(clone: Clone, command: str) -> None:
    """Run *command* after the last line of the migration's log, not after the backup's."""
    after_migrations(clone, "    migrated=1")
    clone.script.insert_after(LOG_SAID, f"    if [[ -n ${{migrated-}} ]]; then {command}; fi\n")


@fault(fails="MIG-2.4")
def log_has_an_error_and_exit_status_is_0(clone: Clone) -> None:
    """A query of the script fails; the line is in the log, the script goes on and ends with 0."""
    before_migrations(clone, f'  {A_FAILING_QUERY} 2>&1 | tee -a -- "$log_file" || true')


@fault(fails="MIG-2.4")
def error_is_on_the_screen_only(clone: Clone) -> None:
    """A query of the script fails; the line is printed, not logged, and the script ends with 0."""
    before_migrations(clone, f"  {A_FAILING_QUERY} || true")


@fault(fails="MIG-2.4")
def error_is_in_the_servers_log_only(clone: Clone) -> None:
    """A query of the script fails and its words are thrown away: only the server logged it."""
    before_migrations(clone, f"  {A_FAILING_QUERY} > /dev/null 2>&1 || true")


@fault(fails="MIG-2.4")
def log_tells_of_a_fatal_error(clone: Clone) -> None:
    """A helper of the script could not connect at first and tried again; the log tells of it."""
    before_migrations(
        clone, '  say "connection to server failed: FATAL:  sorry, too many clients already"'
    )


@fault(fails="MIG-2.4")
def log_has_an_error_in_red(clone: Clone) -> None:
    """A helper of the script writes its error in red: the colour stands around the word."""
    before_migrations(clone, "  say $'\\e[31mERROR\\e[0m: the contacts could not be counted'")


@fault(fails="MIG-2.4")
def log_says_that_a_command_is_not_there(clone: Clone) -> None:
    """The script calls a program that is not installed, logs what the shell says, and goes on."""
    before_migrations(clone, '  notify_the_team 2>&1 | tee -a -- "$log_file" || true')


@fault(fails="MIG-2.4 MIG-2.5")
def log_is_written_to_another_folder(clone: Clone) -> None:
    """The logs go to deployment/output, where nobody looks for them."""
    clone.script.replace('readonly log_folder="$here/logs"', 'readonly log_folder="$here/output"')


@fault(fails="MIG-2.4 MIG-2.5")
def log_of_the_migration_is_deleted(clone: Clone) -> None:
    """The script deletes the migration's log when it is done; only the backup's is left."""
    _at_the_very_end_of_migrating(clone, 'rm -f -- "$log_file"')


@fault(errors="MIG-2.4", fails="MIG-2.5")
def log_is_empty(clone: Clone) -> None:
    """The log is there and holds not one line."""
    _at_the_very_end_of_migrating(clone, ': > "$log_file"')


@fault(fails="MIG-2.4 MIG-2.5")
def log_is_yesterdays(clone: Clone) -> None:
    """The only log of a migration was last written yesterday."""
    _at_the_very_end_of_migrating(clone, 'touch -d "1 day ago" -- "$log_folder"/*.log')


@fault(fails="MIG-2.5")
def log_is_not_where_the_script_says(clone: Clone) -> None:
    """The script names migration_latest.log, a link that nobody made."""
    clone.script.replace(
        LOG_SAID, '    say "Log file saved: $log_folder/migration_latest.log" || true\n'
    )
