"""Controls: harmless variations of the database, after which every item must still be green."""

from __future__ import annotations

from staging.faults.catalogue.script import A_LEDGER
from staging.faults.clone import Clone
from staging.faults.fault import control


@control
def the_healthy_box(_clone: Clone) -> None:
    """Nothing is broken."""


@control
def another_table_is_in_the_database(clone: Clone) -> None:
    """The database has tables of another product, one of them empty, one without a key."""
    clone.sql(
        "CREATE TABLE public.newsletters (id int PRIMARY KEY, body text, sent timestamptz);"
        "ALTER TABLE public.newsletters ENABLE ROW LEVEL SECURITY;"
        "INSERT INTO public.newsletters SELECT n, 'x', now()"
        " FROM generate_series(1, 500) n;"
        "CREATE TABLE public.newsletter_drafts (LIKE public.newsletters);"
        "CREATE TABLE public.visits (at timestamptz, page text);"
        "INSERT INTO public.visits SELECT now(), 'home' FROM generate_series(1, 50);"
    )


@control
def names_need_quotes(clone: Clone) -> None:
    """The database has a table and columns with capitals, blanks and quotes in their names."""
    clone.sql(
        'CREATE TABLE public."Event Guests" ("Id" int PRIMARY KEY, "full ""name""" text,'
        ' "order" int, "Größe" numeric);'
        "INSERT INTO public.\"Event Guests\" VALUES (1, 'A', 2, 3.50), (2, NULL, NULL, NULL);"
    )


@control
def table_is_partitioned(clone: Clone) -> None:
    """The database has a partitioned table with rows in both parts."""
    clone.sql(
        "CREATE TABLE public.messages (id int, sent date) PARTITION BY RANGE (sent);"
        "CREATE TABLE public.messages_2024 PARTITION OF public.messages"
        " FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "CREATE TABLE public.messages_rest PARTITION OF public.messages DEFAULT;"
        "INSERT INTO public.messages VALUES (1, '2024-05-05'), (2, '2020-02-29');"
    )


@control
def database_holds_a_large_object(clone: Clone) -> None:
    """The database holds a large object."""
    clone.sql("SELECT lo_from_bytea(0, '\\x00010203')")


@control
def values_of_rare_types(clone: Clone) -> None:
    """The database holds infinities, bytes, ranges, network addresses and nested rows."""
    clone.sql(
        "CREATE TYPE public.pair AS (a int, b text);"
        "CREATE TABLE public.oddities (id int PRIMARY KEY, f double precision, n numeric,"
        " d date, i interval, b bytea, r tstzrange, a inet, p public.pair, x bit(5), j json);"
        "INSERT INTO public.oddities VALUES (1, 'NaN', 'NaN', 'infinity', '1 mon -3 days',"
        " '\\x00ff', '[2020-01-01,)', '::1/64', ROW(1, NULL), B'10101', '{\"a\":  1}'),"
        " (2, '-Infinity', 1e-20, '0044-03-15 BC', NULL, '', 'empty', NULL, NULL, NULL, 'null');"
    )


@control
def first_migration_is_already_applied(clone: Clone) -> None:
    """001 was applied last week, by the same file, and is in the ledger."""
    clone.apply("001")


@control
def every_migration_is_already_applied(clone: Clone) -> None:
    """All three were applied last week; the script finds nothing left to do."""
    for number in ("001", "002", "003"):
        clone.apply(number)


@control
def ledger_was_there(clone: Clone) -> None:
    """The ledger was there before, with a row of an older migration."""
    clone.sql(f"{A_LEDGER} INSERT INTO public.schema_migrations (version) VALUES ('000')")


@control
def column_was_there_as_declared(clone: Clone) -> None:
    """Two of the new columns and an index were there before, as the file declares them."""
    clone.sql(
        "ALTER TABLE public.contacts ADD COLUMN pulse_profile_id text;"
        "ALTER TABLE public.contacts ADD COLUMN is_vip boolean NOT NULL DEFAULT false;"
        "CREATE INDEX idx_contacts_donor_stage ON public.contacts (donor_stage);"
    )


@control
def older_relations_are_open_on_purpose(clone: Clone) -> None:
    """A table and a view were open to everybody before, and are no business of this migration."""
    clone.sql(
        "CREATE TABLE public.opening_hours (day int PRIMARY KEY, hours text);"
        "INSERT INTO public.opening_hours VALUES (1, '9-17');"
        "CREATE VIEW public.public_campaigns AS SELECT id, name FROM public.campaigns;"
    )


@control
def server_shows_times_of_another_zone(clone: Clone) -> None:
    """The database shows times in Kathmandu's zone and German order."""
    database = clone.instance.script_connection["dbname"]
    clone.sql_as_superuser(
        f"ALTER DATABASE \"{database}\" SET TimeZone = 'Asia/Kathmandu';"
        f"ALTER DATABASE \"{database}\" SET DateStyle = 'German';"
        f'ALTER DATABASE "{database}" SET extra_float_digits = -3'
    )


@control
def key_that_is_left_out_has_a_comment(clone: Clone) -> None:
    """A foreign key into auth, which the backup leaves out, has a comment of two lines."""
    clone.sql(
        'CREATE TABLE public."Devices" (id int PRIMARY KEY,'
        ' holder uuid CONSTRAINT "of user" REFERENCES auth.users (id));'
        'ALTER TABLE public."Devices" ENABLE ROW LEVEL SECURITY;'
        "COMMENT ON CONSTRAINT \"of user\" ON public.\"Devices\" IS 'the person''s;\nsee auth';"
    )


@control
def tables_need_another_schema(clone: Clone) -> None:
    """Tables use a type and a trigger function of a schema that is not looked at."""
    clone.sql(
        "CREATE SCHEMA app_types; CREATE TYPE app_types.mood AS ENUM ('glad', 'sad');"
        "CREATE TABLE app_types.hidden (id int);"
        "CREATE FUNCTION app_types.touch() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END';"
        "CREATE TABLE public.moods (id int PRIMARY KEY, mood app_types.mood NOT NULL);"
        "ALTER TABLE public.moods ENABLE ROW LEVEL SECURITY;"
        "CREATE TRIGGER touched BEFORE UPDATE ON public.moods"
        " FOR EACH ROW EXECUTE FUNCTION app_types.touch();"
        "INSERT INTO public.moods VALUES (1, 'glad');"
    )


@control
def definitions_speak_of_secrets(clone: Clone) -> None:
    """Policies, functions, views and columns speak of tokens and passwords, and some hold one."""
    clone.sql(
        "CREATE TABLE public.invites (id int PRIMARY KEY, token text, password text, used bool,"
        " api_key text DEFAULT 'sk_live_51HdefaultABCDEF', sender text DEFAULT 'info@example.org',"
        " CONSTRAINT pk_test_invites CHECK (token <> 'none' AND sender LIKE '%@example.org'));"
        "ALTER TABLE public.invites ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY by_token ON public.invites"
        " USING (token = current_setting('request.token', true) OR token = 'token: ab12cd34');"
        "CREATE VIEW public.own_invites WITH (security_invoker) AS SELECT id, 'a@example.org' AS"
        " sender FROM public.invites WHERE token = password OR password = 'hunter2-and-more';"
        "INSERT INTO public.invites (id, token) VALUES (1, 'a'), (2, NULL);"
    )
    clone.sql(
        "CREATE FUNCTION public.redeem() RETURNS trigger LANGUAGE plpgsql AS $f$"
        "\nDECLARE p_token text := NEW.token;\nBEGIN -- it isn't secret = x\n"
        "  NEW.api_key = gen_random_uuid();\n  NEW.password := OLD.password;\n"
        "  UPDATE public.invites SET used = true WHERE token = p_token AND password=NEW.password;\n"
        "  PERFORM 'https://example.org/?token=' || p_token || '&api_key=' || NEW.api_key;\n"
        "  PERFORM 'host=x password=hunter2', '{\"Authorization\": \"Bearer abcd1234efgh\"}';\n"
        "  RAISE 'Key (token)=(%) already exists', p_token;\nEND $f$;"
        "CREATE TRIGGER redeemed BEFORE UPDATE ON public.invites FOR EACH ROW"
        " WHEN (OLD.token = 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoieCJ9.c2lnbmF0dXJl')"
        " EXECUTE FUNCTION public.redeem();"
    )


@control
def reader_may_not_read_new_sequences(clone: Clone) -> None:
    """002 makes a table with numbers, and the reading role has no right on new sequences."""
    clone.sql(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON SEQUENCES FROM gonogo_reader"
    )
    clone.migration("002").append(
        "CREATE TABLE public.call_lists (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);"
        "ALTER TABLE public.call_lists ENABLE ROW LEVEL SECURITY;"
    )
