"""Rows and values that are lost, changed or swapped while everything else is as it should be."""

from __future__ import annotations

from staging.faults.clone import Clone
from staging.faults.fault import fault
from staging.faults.script_edits import at_end_of_backup, tidy_up_with

ONE = "id = md5('contact-1234')::uuid"


def _in_002(clone: Clone, statements: str) -> None:
    clone.migration("002").append(statements)


def _update_quietly(clone: Clone, statement: str) -> None:
    """Run one UPDATE of contacts in 002 with its trigger off, so that only the value changes."""
    _in_002(
        clone,
        "BEGIN; ALTER TABLE public.contacts DISABLE TRIGGER contacts_set_updated_at;"
        f"{statement}; ALTER TABLE public.contacts ENABLE TRIGGER contacts_set_updated_at; COMMIT;",
    )


@fault(fails="MIG-3.4")
def one_row_is_lost(clone: Clone) -> None:
    """002 deletes one donation."""
    _in_002(clone, "DELETE FROM public.contact_donations WHERE id = 4321;")


@fault(fails="MIG-3.4")
def one_value_is_changed(clone: Clone) -> None:
    """002 corrects the e-mail address of one contact."""
    _update_quietly(clone, f"UPDATE public.contacts SET email = 'new@example.org' WHERE {ONE}")


@fault(fails="MIG-3.4")
def last_digit_of_an_amount_is_changed(clone: Clone) -> None:
    """One donation is a cent higher."""
    _in_002(clone, "UPDATE public.contact_donations SET amount = amount + 0.01 WHERE id = 99;")


@fault(fails="MIG-3.4")
def values_of_two_rows_are_swapped(clone: Clone) -> None:
    """Two contacts have each other's phone numbers: counts and sums are the same."""
    _update_quietly(
        clone,
        "UPDATE public.contacts AS c SET phone = o.phone FROM public.contacts AS o"
        " WHERE (c.id, o.id) IN ((md5('contact-11')::uuid, md5('contact-12')::uuid),"
        " (md5('contact-12')::uuid, md5('contact-11')::uuid))",
    )


@fault(fails="MIG-3.4")
def values_of_two_columns_are_swapped(clone: Clone) -> None:
    """The first and last name of one contact are swapped."""
    _update_quietly(
        clone,
        f"UPDATE public.contacts SET first_name = last_name, last_name = first_name WHERE {ONE}",
    )


@fault(fails="MIG-3.4")
def rows_change_owners(clone: Clone) -> None:
    """Two donations are booked to each other's contacts: same rows, same amounts."""
    _in_002(
        clone,
        "UPDATE public.contact_donations AS d SET contact_id = o.contact_id"
        " FROM public.contact_donations AS o WHERE (d.id, o.id) IN ((100, 101), (101, 100));",
    )


@fault(fails="MIG-3.4")
def null_becomes_an_empty_string(clone: Clone) -> None:
    """002 tidies up: where there was no phone number, there is now an empty one."""
    _update_quietly(clone, "UPDATE public.contacts SET phone = '' WHERE phone IS NULL")


@fault(fails="MIG-3.4")
def empty_string_becomes_null(clone: Clone) -> None:
    """002 tidies up one contact: the empty note is now none."""
    _update_quietly(
        clone,
        "UPDATE public.contacts SET notes = NULL WHERE id = (SELECT id FROM public.contacts"
        " WHERE notes = '' ORDER BY id LIMIT 1)",
    )


@fault(fails="MIG-3.4")
def blanks_are_trimmed(clone: Clone) -> None:
    """002 trims a note: a tab and a line break are gone."""
    _update_quietly(
        clone,
        "UPDATE public.contacts SET address = replace(address, E'\\n', ' ') WHERE address <> ''",
    )


@fault(fails="MIG-3.4")
def accents_are_written_differently(clone: Clone) -> None:
    """002 normalizes names: they look the same and are other characters."""
    _update_quietly(clone, "UPDATE public.contacts SET first_name = normalize(first_name, NFD)")


@fault(fails="MIG-3.4")
def moments_are_an_hour_late(clone: Clone) -> None:
    """002 shifts the time of every donation by an hour: a time zone was applied twice."""
    _in_002(
        clone,
        "UPDATE public.contact_donations SET donated_at = donated_at + interval '1 hour';",
    )


@fault(fails="MIG-3.4")
def local_times_are_read_in_another_zone(clone: Clone) -> None:
    """002 makes a timestamp one with time zone and reads the local times as New York's."""
    _in_002(
        clone,
        "ALTER TABLE public.contact_activities ALTER local_time TYPE timestamp with time zone"
        " USING local_time AT TIME ZONE 'America/New_York';",
    )


@fault(fails="MIG-3.4")
def microseconds_are_lost(clone: Clone) -> None:
    """002 cuts created_at to seconds."""
    _in_002(clone, "ALTER TABLE public.contacts ALTER created_at TYPE timestamp(0) with time zone;")


@fault(fails="MIG-3.4")
def updated_at_is_touched(clone: Clone) -> None:
    """002 fills a new column with an UPDATE: the trigger sets updated_at of every contact."""
    _in_002(clone, "UPDATE public.contacts SET pulse_sync_status = 'pending' WHERE email <> '';")


@fault(fails="MIG-3.4")
def rows_are_there_twice(clone: Clone) -> None:
    """The import of donations ran twice: some rows are there two times."""
    _in_002(
        clone,
        "INSERT INTO public.contact_donations (contact_id, amount, fee, donated_at, booked_on)"
        " SELECT contact_id, amount, fee, donated_at, booked_on FROM public.contact_donations"
        " WHERE id <= 2;",
    )


@fault(fails="MIG-3.4")
def table_is_refilled_with_as_many_rows(clone: Clone) -> None:
    """002 empties contact_activities and fills it with as many rows of its own."""
    _in_002(
        clone,
        "CREATE TEMP TABLE kept AS SELECT * FROM public.contact_activities;"
        "TRUNCATE public.contact_activities;"
        "INSERT INTO public.contact_activities"
        " (contact_id, position, kind, occurred_at, local_time)"
        " SELECT contact_id, position, kind, occurred_at, local_time FROM kept;",
    )


@fault(fails="MIG-3.4")
def generated_value_is_counted_differently(clone: Clone) -> None:
    """002 lets net_amount forget the fee."""
    _in_002(
        clone,
        "ALTER TABLE public.contact_donations ALTER net_amount SET EXPRESSION AS (amount);",
    )


@fault(fails="MIG-3.4")
def value_of_an_enumeration_is_renamed(clone: Clone) -> None:
    """002 renames the kind of organization congregation to church."""
    _in_002(clone, "ALTER TYPE public.organization_kind RENAME VALUE 'congregation' TO 'church';")


@fault(fails="MIG-3.4")
def key_of_a_document_is_lost(clone: Clone) -> None:
    """The settings of one organization lack a key."""
    _in_002(
        clone,
        "UPDATE public.organizations SET settings = settings - 'labels'"
        " WHERE id = md5('organization-17')::uuid;",
    )


@fault(fails="MIG-3.4")
def order_of_a_list_is_changed(clone: Clone) -> None:
    """The tags of one organization come in another order."""
    _in_002(
        clone,
        "UPDATE public.organizations SET tags = ARRAY[tags[2], tags[1]]"
        " WHERE id = md5('organization-18')::uuid;",
    )


@fault(fails="MIG-3.4")
def column_is_emptied(clone: Clone) -> None:
    """002 drops the column zip_code and adds it again, empty."""
    _in_002(
        clone,
        "ALTER TABLE public.contacts DROP COLUMN zip_code;"
        "ALTER TABLE public.contacts ADD COLUMN zip_code text;",
    )


@fault(fails="MIG-3.1 MIG-3.2 MIG-3.4")
def column_is_renamed(clone: Clone) -> None:
    """A clean-up renames type to contact_type: whatever reads it finds nothing."""
    tidy_up_with(clone, "ALTER TABLE public.contacts RENAME type TO contact_type;")


@fault(fails="MIG-3.4")
def table_is_dropped(clone: Clone) -> None:
    """002 drops the old activity list: its rows were to be copied first."""
    _in_002(clone, "DROP TABLE public.contact_activities;")


@fault(fails="MIG-3.4")
def sequence_starts_again(clone: Clone) -> None:
    """A clean-up sets the sequence of campaigns back to 1: the next campaign cannot be saved."""
    tidy_up_with(clone, "SELECT setval('public.campaigns_id_seq', 1, false);")


@fault(fails="MIG-3.4")
def identity_starts_again(clone: Clone) -> None:
    """002 numbers new donations from 1 again."""
    _in_002(clone, "ALTER TABLE public.contact_donations ALTER id RESTART WITH 1;")


@fault(fails="MIG-3.4")
def sequence_is_used_up(clone: Clone) -> None:
    """A clean-up sets the sequence of campaigns to its end: the next campaign cannot be saved."""
    tidy_up_with(clone, "SELECT setval('public.campaigns_id_seq', 2147483647);")


@fault(fails="MIG-3.4")
def identity_is_beyond_its_column(clone: Clone) -> None:
    """002 sets a sequence to what its column cannot hold, although the sequence could go on."""
    clone.sql(
        "ALTER TABLE public.campaigns ALTER id DROP DEFAULT;"
        "DROP SEQUENCE public.campaigns_id_seq;"
        "CREATE SEQUENCE public.campaign_numbers OWNED BY public.campaigns.id;"
        "SELECT setval('public.campaign_numbers', 100);"
        "ALTER TABLE public.campaigns ALTER id SET DEFAULT nextval('public.campaign_numbers')"
    )
    _in_002(clone, "SELECT setval('public.campaign_numbers', 2147483647);")


@fault(fails="MIG-3.4")
def backup_script_cleans_up_afterwards(clone: Clone) -> None:
    """The backup script deletes old donations once it has saved them: before the migration."""
    clone.add_file("clean-up.sql", "DELETE FROM public.contact_donations WHERE id < 100;\n")
    at_end_of_backup(clone, '  run_file "$here/clean-up.sql" || fail "clean-up.sql"')
