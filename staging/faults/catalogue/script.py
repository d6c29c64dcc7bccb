"""A migration script that does not do what it says."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import fault
from staging.faults.items import MIGRATION, NO_002, NO_003, SCHEMA
from staging.faults.script_edits import (
    APPLIES,
    MIGRATION_DONE,
    RUNS_A_FILE,
    after_migrations,
    before_migrations,
    believe_every_file,
    go_on_after_errors,
)

A_SCORE_TOO_HIGH = """
ALTER TABLE public.contacts ADD COLUMN relationship_score integer;
UPDATE public.contacts SET relationship_score = 150 WHERE id = md5('contact-7')::uuid;
"""
A_LEDGER = """
CREATE TABLE public.schema_migrations (
    version text PRIMARY KEY,
    applied_at timestamp with time zone NOT NULL DEFAULT now(),
    description text NOT NULL DEFAULT ''
);
ALTER TABLE public.schema_migrations ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON TABLE public.schema_migrations FROM PUBLIC, anon, authenticated;
"""


@fault(fails="MIG-2.4 MIG-3.1")
def script_reports_success_over_a_failed_statement(clone: Clone) -> None:
    """A check cannot be validated on the rows there are; psql goes on and the script says done."""
    clone.sql(A_SCORE_TOO_HIGH)
    go_on_after_errors(clone)


@fault(fails="MIG-2.4 MIG-3.1")
def script_throws_psql_errors_away(clone: Clone) -> None:
    """As before, and what psql complains about goes to /dev/null: only the server knows."""
    clone.sql(A_SCORE_TOO_HIGH)
    clone.script.replace(
        RUNS_A_FILE,
        RUNS_A_FILE.replace(" -v ON_ERROR_STOP=1", "").replace("2>&1", "2> /dev/null"),
    )


@fault(fails=f"{NO_002} MIG-2.4")
def script_goes_on_after_a_failed_migration(clone: Clone) -> None:
    """002 fails on a table that a trial left behind; the script applies 003 and says completed."""
    clone.sql(
        "CREATE TABLE public.pulse_contact_interactions (id uuid PRIMARY KEY, contact_id uuid);"
        "ALTER TABLE public.pulse_contact_interactions ENABLE ROW LEVEL SECURITY;"
        "REVOKE ALL ON public.pulse_contact_interactions FROM PUBLIC, anon, authenticated;"
    )
    clone.script.replace(APPLIES, '      run_file "$file" || true\n')
    believe_every_file(clone)


@fault(fails=NO_003)
def migration_is_in_the_ledger_without_its_table(clone: Clone) -> None:
    """Somebody wrote 003 into the ledger by hand, so the script takes it for applied."""
    clone.sql(f"{A_LEDGER} INSERT INTO public.schema_migrations (version) VALUES ('003')")


@fault(fails=NO_002)
def script_leaves_out_a_migration(clone: Clone) -> None:
    """The script skips 002 without a word."""
    clone.script.replace(
        '    version=$(version_of "$file")\n    if is_line_of',
        '    version=$(version_of "$file")\n    [[ $version != 002 ]] || continue\n'
        "    if is_line_of",
    )


@fault(fails=NO_003)
def script_takes_a_migration_back(clone: Clone) -> None:
    """A clean-up at the end runs the rollback of 003."""
    after_migrations(clone, '    run_file "$here/migration-003-rollback.sql"')


@fault(fails=NO_003)
def script_rolls_back_instead_of_committing(clone: Clone) -> None:
    """The trial mode was left on for 003: its transaction ends with ROLLBACK."""
    clone.script.replace(
        APPLIES,
        "      if [[ $version == 003 ]]; then\n"
        '        sed "s/^COMMIT;/ROLLBACK;/" "$file" > "$log_folder/trial.sql"\n'
        '        run_file "$log_folder/trial.sql"\n'
        f"      else\n  {APPLIES}      fi\n",
    )
    believe_every_file(clone)


@fault(fails=SCHEMA)
def script_only_says_what_it_would_do(clone: Clone) -> None:
    """Without an option the script makes a dry run: nothing is changed, exit status 0."""
    clone.script.replace("      migrate apply\n", "      migrate dry-run\n")


@fault(fails=f"{SCHEMA} MIG-2.4")
def script_finds_no_migration_file(clone: Clone) -> None:
    """The script looks for files with four digits and finds none."""
    clone.script.replace(
        "/migration-[0-9][0-9][0-9]-*.sql", "/migration-[0-9][0-9][0-9][0-9]-*.sql"
    )


@fault(fails=f"{SCHEMA} MIG-2.4")
def psql_is_called_by_its_path(clone: Clone) -> None:
    """migrate.sh calls /usr/bin/psql, whatever the PATH says: no server is reached with it."""
    clone.script.replace(RUNS_A_FILE, f"/usr/bin/{RUNS_A_FILE}")


@fault(fails=f"{SCHEMA} MIG-2.4")
def the_suites_own_psql_is_called_by_its_path(clone: Clone) -> None:
    """migrate.sh calls the very psql that comes with the suite, past what leads it."""
    clone.script.replace(RUNS_A_FILE, f"'{clone.server.binaries.folder}'/{RUNS_A_FILE}")


@fault(fails=f"{SCHEMA} MIG-2.4")
def ledger_takes_no_row(clone: Clone) -> None:
    """An older ledger without a primary key is there: 001 stops where it records itself."""
    clone.sql(A_LEDGER.replace("PRIMARY KEY", "NOT NULL"))


@fault(fails="MIG-2.4")
def script_ends_with_1_although_all_is_done(clone: Clone) -> None:
    """All migrations are applied, then the notification fails and the script ends with status 1."""
    clone.script.insert_after(MIGRATION_DONE, '    fail "the chat did not answer"\n')


@fault(errors=MIGRATION)
def migration_waits_for_input_for_ever(clone: Clone) -> None:
    """The script reads from the terminal without having asked anything."""
    before_migrations(clone, "  cat > /dev/null")


@fault(errors=MIGRATION)
def migration_asks_what_nobody_expected(clone: Clone) -> None:
    """A new version of the script wants the project's name typed before it starts."""
    before_migrations(clone, '  read -r -p "Type the name of the project: " answer')


@fault(errors=MIGRATION)
def migration_asks_to_continue_anyway(clone: Clone) -> None:
    """The script found something wrong and asks whether to continue anyway: never answered."""
    before_migrations(
        clone, '  read -r -p "The work tree is dirty. Continue anyway? (y/n) " answer'
    )


@fault(errors=MIGRATION)
def migration_takes_for_ever(clone: Clone) -> None:
    """The migration is not done within its time."""
    clone.target.replace("timeout_s = 1800", "timeout_s = 3")
    before_migrations(clone, "  sleep 600")


@fault(errors=MIGRATION)
def migration_is_killed(clone: Clone) -> None:
    """Something kills the script after its first migration."""
    clone.script.replace(
        '      say "Migration $version completed"\n',
        '      say "Migration $version completed"\n      kill -KILL $$\n',
    )
