"""Objects that were there before, which no migration file touches, and which the script spoils."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import control, fault
from staging.faults.script_edits import tidy_up_with


@fault(fails="MIG-3.3")
def older_index_is_dropped(clone: Clone) -> None:
    """The script drops an index that "nobody uses": searching by name gets slow."""
    tidy_up_with(clone, "DROP INDEX public.idx_contacts_name;")


@fault(fails="MIG-3.2")
def older_trigger_is_dropped(clone: Clone) -> None:
    """The script drops the trigger that keeps contacts.updated_at, and forgets to make it again."""
    tidy_up_with(clone, "DROP TRIGGER contacts_set_updated_at ON public.contacts;")


@fault(fails="MIG-3.2")
def older_trigger_is_left_disabled(clone: Clone) -> None:
    """The script switches a trigger off for its own updates and does not switch it on again."""
    tidy_up_with(clone, "ALTER TABLE public.contacts DISABLE TRIGGER contacts_set_updated_at;")


@fault(fails="MIG-3.2")
def older_view_is_dropped(clone: Clone) -> None:
    """The script drops a view that a report reads."""
    tidy_up_with(clone, "DROP VIEW public.donor_stage_totals;")


@fault(fails="MIG-3.1")
def older_default_is_dropped(clone: Clone) -> None:
    """New contacts no longer get a creation time: the column's default is gone."""
    tidy_up_with(clone, "ALTER TABLE public.contacts ALTER created_at DROP DEFAULT;")


@fault(fails="MIG-3.2")
def members_may_no_longer_use_the_schema(clone: Clone) -> None:
    """The script "closes" schema public: signed-in people reach no table any more."""
    tidy_up_with(clone, "REVOKE USAGE ON SCHEMA public FROM PUBLIC, authenticated;")


@fault(fails="MIG-3.2")
def replica_identity_is_changed(clone: Clone) -> None:
    """The script takes contacts' replica identity: once published, nobody can update them."""
    tidy_up_with(clone, "ALTER TABLE public.contacts REPLICA IDENTITY NOTHING;")


@fault(fails="MIG-3.2")
def timeout_is_left_on_the_database(clone: Clone) -> None:
    """The script sets the database's timeout for its own long statement and leaves it there."""
    database = clone.instance.script_connection["dbname"]
    tidy_up_with(clone, f"ALTER DATABASE \"{database}\" SET statement_timeout = '90min';")


@fault(fails="MIG-3.2")
def setting_of_the_database_is_lost(clone: Clone) -> None:
    """The script resets the database's search_path: the app finds no extension any more."""
    database = clone.instance.script_connection["dbname"]
    tidy_up_with(clone, f'ALTER DATABASE "{database}" RESET search_path;')


@fault(fails="MIG-3.2", own_server=True)
def roles_setting_is_left(clone: Clone) -> None:
    """The script lets anon's requests be read only and forgets that writing is theirs, too."""
    tidy_up_with(clone, "ALTER ROLE anon SET default_transaction_read_only = on;")


@fault(fails="MIG-3.2")
def roles_setting_in_this_database_is_left(clone: Clone) -> None:
    """The script switches row security's errors on for members, in this database only."""
    database = clone.instance.script_connection["dbname"]
    tidy_up_with(
        clone, f'ALTER ROLE authenticated IN DATABASE "{database}" SET row_security = off;'
    )


@control
def file_drops_an_older_index_on_purpose(clone: Clone) -> None:
    """003 itself drops an older index: that is what it declares."""
    clone.migration("003").append("DROP INDEX IF EXISTS public.idx_contacts_name;")


@control
def file_sets_the_databases_timeout_on_purpose(clone: Clone) -> None:
    """003 itself gives the database a timeout: that is what it declares."""
    clone.migration("003").append(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = %L',"
        " current_database(), '2min'); END $$;"
    )


@control
def file_changes_the_replica_identity_on_purpose(clone: Clone) -> None:
    """003 itself gives contacts the full replica identity."""
    clone.migration("003").append("ALTER TABLE public.contacts REPLICA IDENTITY FULL;")


@control
def script_sets_a_timeout_and_takes_it_back(clone: Clone) -> None:
    """The script gives its database a timeout and takes it away again."""
    database = clone.instance.script_connection["dbname"]
    tidy_up_with(
        clone,
        f"ALTER DATABASE \"{database}\" SET statement_timeout = '90min';"
        f'ALTER DATABASE "{database}" RESET statement_timeout;',
    )
