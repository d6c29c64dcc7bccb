-- Migration 003: which record here is which record in Pulse, and how far their exchange has come.
-- One transaction: all of it or nothing. Can be repeated. Touches no table that was there before.
--
-- A retry count fits 32 bits:
-- squawk-ignore-file prefer-bigint-over-int

BEGIN;

SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = '2min';
SET LOCAL lock_timeout = '5s';

CREATE TABLE IF NOT EXISTS public.entity_mappings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    entity_type text NOT NULL
        CONSTRAINT entity_mappings_type_known
        CHECK (entity_type IN ('contact', 'organization', 'interaction', 'task', 'event')),
    lv_entity_id uuid NOT NULL,
    pulse_entity_id text NOT NULL,
    sync_status text NOT NULL DEFAULT 'pending'
        CONSTRAINT entity_mappings_sync_status_known
        CHECK (sync_status IN ('pending', 'synced', 'failed', 'disabled')),
    sync_direction text NOT NULL DEFAULT 'pulse_to_lv'
        CONSTRAINT entity_mappings_direction_known
        CHECK (sync_direction IN ('pulse_to_lv', 'lv_to_pulse', 'both')),
    sync_error text,
    retry_count integer NOT NULL DEFAULT 0
        CONSTRAINT entity_mappings_retry_count_range CHECK (retry_count >= 0),
    last_synced_at timestamp with time zone,
    next_retry_at timestamp with time zone,
    data_hash text,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX IF NOT EXISTS idx_entity_mappings_type_lv
    ON public.entity_mappings (entity_type, lv_entity_id);
CREATE UNIQUE INDEX IF NOT EXISTS idx_entity_mappings_type_pulse
    ON public.entity_mappings (entity_type, pulse_entity_id);
CREATE INDEX IF NOT EXISTS idx_entity_mappings_pending_sync
    ON public.entity_mappings (entity_type, created_at) WHERE sync_status = 'pending';
CREATE INDEX IF NOT EXISTS idx_entity_mappings_failed
    ON public.entity_mappings (next_retry_at, retry_count) WHERE sync_status = 'failed';

ALTER TABLE public.entity_mappings ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON TABLE public.entity_mappings FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, UPDATE ON TABLE public.entity_mappings TO authenticated;

DROP POLICY IF EXISTS entity_mappings_read ON public.entity_mappings;
CREATE POLICY entity_mappings_read ON public.entity_mappings
    FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL);
DROP POLICY IF EXISTS entity_mappings_add ON public.entity_mappings;
CREATE POLICY entity_mappings_add ON public.entity_mappings
    FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) IS NOT NULL);
DROP POLICY IF EXISTS entity_mappings_change ON public.entity_mappings;
CREATE POLICY entity_mappings_change ON public.entity_mappings
    FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) IS NOT NULL) WITH CHECK ((SELECT auth.uid()) IS NOT NULL);

CREATE OR REPLACE FUNCTION public.entity_mappings_set_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = ''
AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END;
$$;

REVOKE ALL ON FUNCTION public.entity_mappings_set_updated_at() FROM PUBLIC, anon, authenticated;

CREATE OR REPLACE TRIGGER trigger_entity_mappings_updated_at
    BEFORE UPDATE ON public.entity_mappings
    FOR EACH ROW EXECUTE FUNCTION public.entity_mappings_set_updated_at();

INSERT INTO public.schema_migrations (version, description)
VALUES ('003', 'Entity mappings')
ON CONFLICT (version) DO NOTHING;

COMMIT;
