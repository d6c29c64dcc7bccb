"""Columns that are missing or not as the migration files declare them."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import fault
from staging.faults.script_edits import tidy_up_with


@fault(fails="MIG-3.1")
def column_was_there_with_another_type(clone: Clone) -> None:
    """pulse_notes was tried before as varchar(200): IF NOT EXISTS leaves it so."""
    clone.sql("ALTER TABLE public.contacts ADD COLUMN pulse_notes varchar(200)")


@fault(fails="MIG-3.1")
def column_was_there_with_another_default(clone: Clone) -> None:
    """is_vip was tried before with DEFAULT true: every new contact is a VIP."""
    clone.sql("ALTER TABLE public.contacts ADD COLUMN is_vip boolean NOT NULL DEFAULT true")


@fault(fails="MIG-3.1")
def column_was_there_and_takes_null(clone: Clone) -> None:
    """total_interactions was tried before, nullable and without a default."""
    clone.sql("ALTER TABLE public.contacts ADD COLUMN total_interactions integer")


@fault(fails="MIG-3.1")
def column_was_there_with_another_collation(clone: Clone) -> None:
    """preferred_channel was tried before with another collation: it sorts in another order."""
    clone.sql('ALTER TABLE public.contacts ADD COLUMN preferred_channel text COLLATE "C"')


@fault(fails="MIG-3.1")
def column_was_narrowed_afterwards(clone: Clone) -> None:
    """A clean-up turns data_hash into varchar(32): a longer one is refused."""
    tidy_up_with(clone, "ALTER TABLE public.entity_mappings ALTER data_hash TYPE varchar(32);")


@fault(fails="MIG-3.1")
def column_lost_its_default(clone: Clone) -> None:
    """A clean-up drops the default of pulse_sync_status: the next insert without it fails."""
    tidy_up_with(clone, "ALTER TABLE public.contacts ALTER pulse_sync_status DROP DEFAULT;")


@fault(fails="MIG-3.1")
def column_lost_its_not_null(clone: Clone) -> None:
    """A clean-up lets interaction_date be NULL."""
    tidy_up_with(
        clone,
        "ALTER TABLE public.pulse_contact_interactions ALTER interaction_date DROP NOT NULL;",
    )


@fault(fails="MIG-3.1")
def check_is_missing(clone: Clone) -> None:
    """A clean-up drops the check on retry_count."""
    tidy_up_with(
        clone,
        "ALTER TABLE public.entity_mappings DROP CONSTRAINT entity_mappings_retry_count_range;",
    )


@fault(fails="MIG-3.1")
def check_allows_more(clone: Clone) -> None:
    """The check on relationship_score has its name and lets everything up to 1000 through."""
    tidy_up_with(
        clone,
        "ALTER TABLE public.contacts DROP CONSTRAINT contacts_relationship_score_range;"
        "ALTER TABLE public.contacts ADD CONSTRAINT contacts_relationship_score_range"
        " CHECK (relationship_score BETWEEN 0 AND 1000);",
    )


@fault(fails="MIG-2.1 MIG-3.1")
def column_is_missing(clone: Clone) -> None:
    """A clean-up drops pulse_sync_error again."""
    tidy_up_with(clone, "ALTER TABLE public.contacts DROP COLUMN pulse_sync_error;")


@fault(fails="MIG-2.2 MIG-3.1")
def column_has_another_name(clone: Clone) -> None:
    """A clean-up renames ai_topics to topics: what the app asks for is not there."""
    tidy_up_with(
        clone, "ALTER TABLE public.pulse_contact_interactions RENAME metadata TO meta_data;"
    )
