"""Tables, keys, triggers, functions, views, policies and ledger rows that are not as declared."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import fault
from staging.faults.items import NO_003
from staging.faults.script_edits import tidy_up_with

INTERACTIONS = "public.pulse_contact_interactions"
ANOTHER_BODY = "LANGUAGE plpgsql SET search_path = '' AS $$ BEGIN RETURN NEW; END; $$;"


@fault(fails="MIG-2.2")
def trigger_is_disabled(clone: Clone) -> None:
    """trigger_contact_stats_on_delete is there and switched off: the counts will drift."""
    tidy_up_with(
        clone, f"ALTER TABLE {INTERACTIONS} DISABLE TRIGGER trigger_contact_stats_on_delete;"
    )


@fault(fails="MIG-2.2")
def trigger_fires_for_replication_only(clone: Clone) -> None:
    """trigger_contact_stats_on_insert is enabled, but only for replicated rows."""
    tidy_up_with(
        clone, f"ALTER TABLE {INTERACTIONS} ENABLE REPLICA TRIGGER trigger_contact_stats_on_insert;"
    )


@fault(fails="MIG-2.2")
def trigger_is_missing(clone: Clone) -> None:
    """A clean-up drops trigger_contact_stats_on_update."""
    tidy_up_with(clone, f"DROP TRIGGER trigger_contact_stats_on_update ON {INTERACTIONS};")


@fault(fails="MIG-2.3 MIG-3.2")
def trigger_is_on_another_table(clone: Clone) -> None:
    """trigger_entity_mappings_updated_at is there, on organizations."""
    tidy_up_with(
        clone,
        "DROP TRIGGER trigger_entity_mappings_updated_at ON public.entity_mappings;"
        "CREATE TRIGGER trigger_entity_mappings_updated_at BEFORE UPDATE ON public.organizations"
        " FOR EACH ROW EXECUTE FUNCTION public.entity_mappings_set_updated_at();",
    )


@fault(fails="MIG-2.2")
def trigger_calls_another_function(clone: Clone) -> None:
    """trigger_pulse_interactions_updated_at calls a function that does nothing."""
    tidy_up_with(
        clone,
        f"CREATE FUNCTION public.pulse_interactions_noop() RETURNS trigger {ANOTHER_BODY}"
        "CREATE OR REPLACE TRIGGER trigger_pulse_interactions_updated_at"
        f" BEFORE UPDATE ON {INTERACTIONS}"
        " FOR EACH ROW EXECUTE FUNCTION public.pulse_interactions_noop();",
    )


@fault(fails="MIG-2.3")
def function_has_another_body(clone: Clone) -> None:
    """entity_mappings_set_updated_at is there and no longer sets updated_at."""
    tidy_up_with(
        clone,
        "CREATE OR REPLACE FUNCTION public.entity_mappings_set_updated_at() RETURNS trigger"
        f" {ANOTHER_BODY}",
    )


@fault(fails="MIG-2.2")
def function_runs_with_the_callers_rights(clone: Clone) -> None:
    """The function that counts runs with the rights of whoever writes: members cannot count."""
    tidy_up_with(
        clone, "ALTER FUNCTION public.pulse_interactions_refresh_contacts() SECURITY INVOKER;"
    )


@fault(fails="MIG-2.2")
def policy_is_missing(clone: Clone) -> None:
    """Nobody can add an interaction: the policy for it is gone."""
    tidy_up_with(clone, f"DROP POLICY pulse_interactions_add ON {INTERACTIONS};")


@fault(fails="MIG-2.2")
def policy_lets_everybody_delete(clone: Clone) -> None:
    """Whoever is signed in can delete the interactions of all others."""
    tidy_up_with(clone, f"ALTER POLICY pulse_interactions_delete ON {INTERACTIONS} USING (true);")


@fault(fails="MIG-2.2")
def view_shows_archived_rows(clone: Clone) -> None:
    """recent_contact_interactions has its columns, but also shows what was archived."""
    tidy_up_with(
        clone,
        "CREATE OR REPLACE VIEW public.recent_contact_interactions"
        " WITH (security_invoker = true) AS"
        " SELECT i.id, i.contact_id, c.name AS contact_name, i.interaction_type,"
        " i.interaction_date, i.channel, i.direction, i.subject, i.snippet, i.sentiment,"
        f" i.is_important FROM {INTERACTIONS} AS i"
        " JOIN public.contacts AS c ON c.id = i.contact_id;",
    )


@fault(fails="MIG-2.2")
def view_is_missing(clone: Clone) -> None:
    """A clean-up drops high_value_interactions."""
    tidy_up_with(clone, "DROP VIEW public.high_value_interactions;")


@fault(fails=NO_003)
def table_is_missing(clone: Clone) -> None:
    """A clean-up drops entity_mappings; its row in the ledger stays."""
    tidy_up_with(clone, "DROP TABLE public.entity_mappings;")


@fault(fails=NO_003)
def table_is_in_another_schema(clone: Clone) -> None:
    """entity_mappings was moved to the schema extensions."""
    tidy_up_with(clone, "ALTER TABLE public.entity_mappings SET SCHEMA extensions;")


@fault(fails="MIG-3.2")
def foreign_key_is_missing(clone: Clone) -> None:
    """Interactions no longer refer to contacts: those of a deleted contact stay."""
    tidy_up_with(
        clone,
        f"ALTER TABLE {INTERACTIONS} DROP CONSTRAINT pulse_contact_interactions_contact_id_fkey;",
    )


@fault(fails="MIG-3.2")
def table_does_not_survive_a_crash(clone: Clone) -> None:
    """entity_mappings is unlogged: after a crash of the server it is empty, on replicas always."""
    tidy_up_with(clone, "ALTER TABLE public.entity_mappings SET UNLOGGED;")


@fault(fails="MIG-2.3")
def ledger_row_is_missing(clone: Clone) -> None:
    """003 is applied, but a clean-up removed its row from the ledger."""
    tidy_up_with(clone, "DELETE FROM public.schema_migrations WHERE version = '003';")


@fault(fails="MIG-2.1")
def ledger_has_another_number(clone: Clone) -> None:
    """The ledger says 1 where the file says 001: the next run applies it again."""
    tidy_up_with(clone, "UPDATE public.schema_migrations SET version = '1' WHERE version = '001';")


@fault(fails="MIG-2.1 MIG-2.2 MIG-3.2 MIG-3.3")
def ledger_has_two_rows_for_one_migration(clone: Clone) -> None:
    """The ledger has lost its primary key and holds 002 twice."""
    tidy_up_with(
        clone,
        "ALTER TABLE public.schema_migrations DROP CONSTRAINT schema_migrations_pkey;"
        "INSERT INTO public.schema_migrations (version) VALUES ('002');",
    )


@fault(fails="MIG-2.2")
def members_may_not_read_the_new_table(clone: Clone) -> None:
    """A clean-up takes SELECT on the interactions from signed-in people: the page stays empty."""
    tidy_up_with(clone, f"REVOKE SELECT ON {INTERACTIONS} FROM authenticated;")


@fault(fails="MIG-2.3")
def anybody_may_call_a_function(clone: Clone) -> None:
    """A clean-up gives everybody the right to run a function that 003 had closed."""
    tidy_up_with(
        clone,
        "GRANT EXECUTE ON FUNCTION public.entity_mappings_set_updated_at() TO anon;"
        "REVOKE ALL ON FUNCTION public.entity_mappings_set_updated_at() FROM service_role;",
    )
