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


@control
def file_drops_an_older_index_on_purpose(clone: Clone) -> None:
    """003 itself drops an older index: that is what it declares."""
    clone.migration("003").append("DROP INDEX IF EXISTS public.idx_contacts_name;")
