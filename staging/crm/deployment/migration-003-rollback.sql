-- Takes migration 003 back. Lost: every mapping; the next import finds contacts by email again.
--
-- To drop is the purpose:
-- squawk-ignore-file ban-drop-table, ban-drop-function

BEGIN;

SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = '2min';
SET LOCAL lock_timeout = '5s';

DROP TABLE IF EXISTS public.entity_mappings;
DROP FUNCTION IF EXISTS public.entity_mappings_set_updated_at();

DO $$
BEGIN
    IF to_regclass('public.schema_migrations') IS NOT NULL THEN
        DELETE FROM public.schema_migrations WHERE version = '003';
    END IF;
END;
$$;

COMMIT;
