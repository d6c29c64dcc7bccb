-- Takes migration 001 back. Lost: all that was written into the columns it added, and the copies of
-- contacts it made. Columns that were there before it stay, with their values. Roll back 002 first.
--
-- To drop is the purpose, and all of it is one transaction that holds the lock for milliseconds:
-- squawk-ignore-file ban-drop-constraint, require-concurrent-index-deletion

BEGIN;

SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = '2min';
SET LOCAL lock_timeout = '250ms';

DO $$
BEGIN
    IF to_regclass('public.pulse_contact_interactions') IS NOT NULL THEN
        RAISE EXCEPTION 'migration 002 is still in place'
            USING HINT = 'Run migration-002-rollback.sql first.';
    END IF;
END;
$$;

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

DROP INDEX IF EXISTS public.idx_contacts_pulse_profile_id;
DROP INDEX IF EXISTS public.idx_contacts_relationship_score;
DROP INDEX IF EXISTS public.idx_contacts_relationship_trend;
DROP INDEX IF EXISTS public.idx_contacts_last_interaction;
DROP INDEX IF EXISTS public.idx_contacts_donor_stage;
DROP INDEX IF EXISTS public.idx_contacts_engagement_score;
DROP INDEX IF EXISTS public.idx_contacts_status_flags;
DROP INDEX IF EXISTS public.idx_contacts_sync_status;
DROP INDEX IF EXISTS public.idx_contacts_pulse_tags;

ALTER TABLE public.contacts DROP CONSTRAINT IF EXISTS contacts_relationship_score_range;
ALTER TABLE public.contacts DROP CONSTRAINT IF EXISTS contacts_relationship_trend_known;
ALTER TABLE public.contacts DROP CONSTRAINT IF EXISTS contacts_total_interactions_range;
ALTER TABLE public.contacts DROP CONSTRAINT IF EXISTS contacts_pulse_sync_status_known;

-- Columns and tables that carry the mark, and no other.
DO $$
DECLARE
    added text;
BEGIN
    FOR added IN
        SELECT a.attname
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = 'public.contacts'::regclass
            AND a.attnum > 0
            AND NOT a.attisdropped
            AND col_description(a.attrelid, a.attnum) = 'Added by migration 001'
    LOOP
        EXECUTE format('ALTER TABLE public.contacts DROP COLUMN %I', added);
    END LOOP;

    FOR added IN
        SELECT c.relname
        FROM pg_catalog.pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind = 'r'
            AND c.relname ~ '^contacts_backup_[0-9]{8}_[0-9]{6}$'
            AND obj_description(c.oid, 'pg_class') = 'Added by migration 001'
    LOOP
        EXECUTE format('DROP TABLE public.%I', added);
    END LOOP;

    -- The ledger goes when it holds no other version.
    IF to_regclass('public.schema_migrations') IS NOT NULL THEN
        DELETE FROM public.schema_migrations WHERE version = '001';
        IF obj_description('public.schema_migrations'::regclass, 'pg_class') = 'Added by migration 001'
            AND NOT EXISTS (SELECT FROM public.schema_migrations)
        THEN
            DROP TABLE public.schema_migrations;
        END IF;
    END IF;
END;
$$;

COMMIT;
