-- Takes migration 002 back. Lost: every interaction. The columns of contacts stay until 001 is rolled back.
--
-- To drop is the purpose:
-- squawk-ignore-file ban-drop-view, ban-drop-table, ban-drop-function

BEGIN;

SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = '2min';
SET LOCAL lock_timeout = '250ms';

-- Dropping the foreign key needs contacts for a moment: short tries, as on the way in.
DO $$
BEGIN
    FOR attempt IN 1..40 LOOP
        BEGIN
            LOCK TABLE public.contacts IN ACCESS EXCLUSIVE MODE;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            IF attempt = 40 THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_sleep(0.25);
    END LOOP;
END;
$$;

DROP VIEW IF EXISTS public.high_value_interactions;
DROP VIEW IF EXISTS public.recent_contact_interactions;
DROP TABLE IF EXISTS public.pulse_contact_interactions;
DROP FUNCTION IF EXISTS public.pulse_interactions_refresh_contacts();
DROP FUNCTION IF EXISTS public.pulse_interactions_set_updated_at();

DO $$
BEGIN
    IF to_regclass('public.schema_migrations') IS NOT NULL THEN
        DELETE FROM public.schema_migrations WHERE version = '002';
    END IF;
END;
$$;

COMMIT;
