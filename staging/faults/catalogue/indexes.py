"""Indexes that are missing, invalid, or another one under the same name."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import fault
from staging.faults.script_edits import tidy_up_with


@fault(fails="MIG-3.3")
def index_is_invalid(clone: Clone) -> None:
    """A build of idx_contacts_donor_stage broke off last week; what was left is taken for it."""
    clone.sql("CREATE INDEX idx_contacts_donor_stage ON public.contacts (donor_stage)")
    clone.sql_as_superuser(
        "UPDATE pg_index SET indisvalid = false"
        " WHERE indexrelid = 'public.idx_contacts_donor_stage'::regclass"
    )
    clone.migration("001").replace(
        "        EXECUTE 'DROP INDEX ' || leftover;\n", "        NULL;\n"
    )


@fault(fails="MIG-3.3")
def index_was_there_on_another_column(clone: Clone) -> None:
    """idx_contacts_relationship_trend was there on type: IF NOT EXISTS leaves it so."""
    clone.sql("CREATE INDEX idx_contacts_relationship_trend ON public.contacts (type)")


@fault(fails="MIG-3.3")
def index_was_there_on_another_table(clone: Clone) -> None:
    """idx_contacts_status_flags was there on organizations: contacts has none."""
    clone.sql("CREATE INDEX idx_contacts_status_flags ON public.organizations (name)")


@fault(fails="MIG-3.3")
def index_was_there_in_the_other_order(clone: Clone) -> None:
    """idx_contacts_engagement_score was there in descending order with NULLs last."""
    clone.sql(
        "CREATE INDEX idx_contacts_engagement_score"
        " ON public.contacts (engagement_score DESC NULLS LAST)"
    )


@fault(fails="MIG-3.3")
def index_was_there_for_some_rows_only(clone: Clone) -> None:
    """idx_contacts_engagement_score was there for active contacts only."""
    clone.sql(
        "CREATE INDEX idx_contacts_engagement_score"
        " ON public.contacts (engagement_score) WHERE is_active"
    )


@fault(fails="MIG-3.3")
def index_is_not_unique(clone: Clone) -> None:
    """idx_entity_mappings_type_lv has its name and columns, but allows duplicates."""
    tidy_up_with(
        clone,
        "DROP INDEX public.idx_entity_mappings_type_lv;"
        "CREATE INDEX idx_entity_mappings_type_lv"
        " ON public.entity_mappings (entity_type, lv_entity_id);",
    )


@fault(fails="MIG-2.2 MIG-3.3")
def index_is_missing(clone: Clone) -> None:
    """A clean-up drops idx_pulse_interactions_topics: it took too much room."""
    tidy_up_with(clone, "DROP INDEX public.idx_pulse_interactions_topics;")


@fault(fails="MIG-2.1 MIG-3.3")
def index_has_another_name(clone: Clone) -> None:
    """A clean-up renames idx_contacts_pulse_tags."""
    tidy_up_with(
        clone, "ALTER INDEX public.idx_contacts_pulse_tags RENAME TO contacts_pulse_tags_idx;"
    )
