-- The role that gonogo reads with: it may log in, sees every row of the schemas it is given, and
-- changes nothing. BYPASSRLS is needed because rows that row security hides would look like lost
-- rows. Set the values below, then run it with psql or in the SQL editor. Running it again changes
-- nothing else.
--
-- Run it as the role that owns the product's tables and runs the migration (on Supabase: postgres).
-- PostgreSQL up to 15 lets only a superuser give BYPASSRLS; from 16 on, whoever has CREATEROLE and
-- BYPASSRLS. Where the owner may not, let a superuser run it and set reader_owner to the owner:
-- rights on what is created later hang on who creates it (ALTER DEFAULT PRIVILEGES FOR ROLE). Or let
-- the superuser run only CREATE ROLE gonogo_reader LOGIN BYPASSRLS, and the owner the rest.

SET gonogo.reader_password = 'choose-a-long-password';
SET gonogo.reader_schemas = 'public';
SET gonogo.reader_owner = '';  -- who creates the tables; empty: whoever runs this

DO $reader$
DECLARE
  schema_name text;
  owner_name text := coalesce(nullif(current_setting('gonogo.reader_owner'), ''), current_user);
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gonogo_reader') THEN
    CREATE ROLE gonogo_reader LOGIN BYPASSRLS;
  END IF;
  EXECUTE format(
    'ALTER ROLE gonogo_reader PASSWORD %L', current_setting('gonogo.reader_password')
  );
  ALTER ROLE gonogo_reader SET default_transaction_read_only = on;

  FOREACH schema_name IN ARRAY string_to_array(current_setting('gonogo.reader_schemas'), ',') LOOP
    schema_name := btrim(schema_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO gonogo_reader', schema_name);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO gonogo_reader', schema_name);
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO gonogo_reader', schema_name);
    -- What the migration creates is readable too.
    EXECUTE format(
      'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON TABLES TO gonogo_reader',
      owner_name, schema_name
    );
    EXECUTE format(
      'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I'
      ' GRANT SELECT ON SEQUENCES TO gonogo_reader',
      owner_name, schema_name
    );
  END LOOP;

  -- Lets it see whether other sessions write; without it the report says so.
  BEGIN
    GRANT pg_read_all_stats TO gonogo_reader;
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'pg_read_all_stats was not granted: the sessions of others stay hidden';
  END;
END
$reader$;

RESET gonogo.reader_password;
