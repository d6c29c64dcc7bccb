"""Tables and views that anybody with the public key can read or write after the migration."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import control, fault
from staging.faults.script_edits import tidy_up_with

COPY_IS_CLOSED = """\
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', copy_name);
    EXECUTE format('REVOKE ALL ON TABLE public.%I FROM PUBLIC, anon, authenticated', copy_name);
"""
MAPPINGS_ARE_CLOSED = """\
ALTER TABLE public.entity_mappings ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON TABLE public.entity_mappings FROM PUBLIC, anon, authenticated;
"""


@fault(fails="MIG-3.2")
def copy_of_contacts_is_open_to_anybody(clone: Clone) -> None:
    """001 leaves its copy of contacts as Supabase makes tables: everybody can read it."""
    clone.migration("001").replace(COPY_IS_CLOSED, "")


@fault(fails="MIG-3.2")
def new_table_has_no_row_security(clone: Clone) -> None:
    """003 forgets row security on entity_mappings, with Supabase's default grants."""
    clone.migration("003").replace(MAPPINGS_ARE_CLOSED, "")


@fault(fails="MIG-3.2")
def new_tables_row_security_is_switched_off(clone: Clone) -> None:
    """A clean-up switches row security of the interactions off: every member reads everything."""
    tidy_up_with(clone, "ALTER TABLE public.pulse_contact_interactions DISABLE ROW LEVEL SECURITY;")


@fault(fails="MIG-3.2")
def policy_lets_anybody_read(clone: Clone) -> None:
    """002 gives anon the right to read and a policy that is true for every row."""
    clone.migration("002").append(
        "GRANT SELECT ON public.pulse_contact_interactions TO anon;"
        "CREATE POLICY pulse_interactions_public ON public.pulse_contact_interactions"
        " FOR SELECT TO anon USING (true);"
    )


@fault(fails="MIG-3.2")
def policy_lets_anybody_write(clone: Clone) -> None:
    """A webhook was made to work by letting everybody insert mappings."""
    tidy_up_with(
        clone,
        "GRANT INSERT ON public.entity_mappings TO PUBLIC;"
        "CREATE POLICY entity_mappings_webhook ON public.entity_mappings"
        " FOR INSERT WITH CHECK (true);",
    )


@fault(fails="MIG-3.2")
def policy_is_always_true_in_other_words(clone: Clone) -> None:
    """002 gives anon the right to read and a policy that holds for every row, without ``true``."""
    clone.migration("002").append(
        "GRANT SELECT ON public.pulse_contact_interactions TO anon;"
        "CREATE POLICY pulse_interactions_public ON public.pulse_contact_interactions"
        " FOR SELECT USING (1 = 1);"
    )


@fault(fails="MIG-3.2")
def view_shows_contacts_to_anybody(clone: Clone) -> None:
    """002 makes one more view, without security_invoker and with Supabase's default grants."""
    clone.migration("002").append(
        "CREATE VIEW public.contact_search AS SELECT id, name, email FROM public.contacts;"
    )


@fault(fails="MIG-3.2")
def view_reads_with_its_owners_rights(clone: Clone) -> None:
    """recent_contact_interactions lacks security_invoker: members see the rows of all others."""
    clone.migration("002").replace(
        "VIEW public.recent_contact_interactions WITH (security_invoker = true) AS",
        "VIEW public.recent_contact_interactions AS",
    )


@fault(fails="MIG-2.2 MIG-3.2")
def view_lost_its_security_invoker(clone: Clone) -> None:
    """A clean-up resets the options of high_value_interactions."""
    tidy_up_with(clone, "ALTER VIEW public.high_value_interactions RESET (security_invoker);")


@fault(fails="MIG-3.2")
def materialized_view_shows_contacts_to_anybody(clone: Clone) -> None:
    """A clean-up makes a materialized view for the search: no row security covers it."""
    tidy_up_with(
        clone,
        "CREATE MATERIALIZED VIEW public.contact_search AS SELECT id, name FROM public.contacts;",
    )


@fault(fails="MIG-3.2")
def contacts_lose_their_row_security(clone: Clone) -> None:
    """A clean-up switches row security of contacts off, which were closed before."""
    tidy_up_with(clone, "ALTER TABLE public.contacts DISABLE ROW LEVEL SECURITY;")


@fault(fails="MIG-3.2")
def older_view_loses_its_security_invoker(clone: Clone) -> None:
    """002 makes contact_directory again and forgets security_invoker: it was closed before."""
    clone.migration("002").append("ALTER VIEW public.contact_directory RESET (security_invoker);")


@fault(fails="MIG-3.2")
def older_table_gets_a_policy_for_anybody(clone: Clone) -> None:
    """002 lets anon read contacts, for a preview that was given up."""
    clone.migration("002").append(
        "CREATE POLICY contacts_preview ON public.contacts FOR SELECT TO anon USING (true);"
    )


@fault(fails="MIG-3.2 MIG-3.4")
def archived_rows_are_moved_into_an_open_table(clone: Clone) -> None:
    """002 moves inactive contacts into a table of its own, which everybody can read."""
    clone.migration("002").append(
        "CREATE TABLE public.contacts_archive AS"
        " SELECT * FROM public.contacts WHERE NOT is_active AND donor_stage = 'lapsed';"
        "DELETE FROM public.contacts WHERE NOT is_active AND donor_stage = 'lapsed';"
    )


@fault(fails="MIG-3.2")
def function_finds_contacts_for_anybody(clone: Clone) -> None:
    """002 makes a search function that reads contacts with its owner's rights, for everybody."""
    clone.migration("002").append(
        "CREATE FUNCTION public.find_contacts(part text) RETURNS SETOF public.contacts"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''"
        " AS $$ SELECT * FROM public.contacts WHERE name ILIKE part $$;"
    )


@fault(fails="MIG-3.2")
def function_packs_contacts_into_json_for_anybody(clone: Clone) -> None:
    """A clean-up makes an export function: one JSON value that holds every contact."""
    tidy_up_with(
        clone,
        "CREATE FUNCTION public.export_contacts() RETURNS json LANGUAGE plpgsql SECURITY DEFINER"
        " SET search_path = public, extensions AS $$ BEGIN -- auth.uid() is asked by the page\n"
        " RETURN (SELECT json_agg(c ORDER BY lower(c.name)) FROM contacts AS c); END $$;",
    )


@fault(fails="MIG-3.2")
def older_function_is_opened_to_anybody(clone: Clone) -> None:
    """A clean-up lets anon call a function that was closed: it lists donors for its owner."""
    clone.sql(
        "CREATE FUNCTION public.list_donors() RETURNS TABLE (name text) LANGUAGE sql"
        " SECURITY DEFINER AS 'SELECT name FROM public.contacts WHERE donor_stage IS NOT NULL';"
        "REVOKE ALL ON FUNCTION public.list_donors() FROM PUBLIC, anon, authenticated;"
    )
    tidy_up_with(clone, "GRANT EXECUTE ON FUNCTION public.list_donors() TO anon;")


@control
def functions_with_their_owners_rights_are_harmless(clone: Clone) -> None:
    """002 makes functions with their owner's rights that anybody may call and that show nothing."""
    clone.migration("002").append(
        "CREATE FUNCTION public.note_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        " AS $$ BEGIN PERFORM FROM public.contacts; RETURN NEW; END $$;"
        "CREATE FUNCTION public.donor_stages() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
        " AS $$ VALUES ('prospect'), ('lapsed') -- as in FROM public.contacts\n $$;"
        "CREATE FUNCTION public.is_signed_in() RETURNS boolean LANGUAGE sql SECURITY DEFINER"
        " AS $$ SELECT auth.uid() IS NOT NULL $$;"
        "CREATE FUNCTION public.my_contacts() RETURNS SETOF public.contacts LANGUAGE sql"
        " SECURITY DEFINER AS $$ SELECT * FROM public.contacts WHERE public.is_signed_in() $$;"
        "CREATE FUNCTION public.ask_for_a_call(phone text) RETURNS text LANGUAGE sql"
        " SECURITY DEFINER AS $$ INSERT INTO public.contacts (name, phone) VALUES ('?', phone)"
        " RETURNING 'thank you' $$;"
    )


@control
def older_function_is_open_on_purpose(clone: Clone) -> None:
    """A function that shows campaigns to everybody was there before: nobody's business here."""
    clone.sql(
        "CREATE FUNCTION public.shown_campaigns() RETURNS SETOF public.campaigns LANGUAGE sql"
        " SECURITY DEFINER AS 'SELECT * FROM public.campaigns'"
    )
