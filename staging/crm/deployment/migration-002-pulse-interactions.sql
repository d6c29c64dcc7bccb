-- Migration 002: the interactions that Pulse reports for a contact, the triggers that keep a contact's
-- statistics, and two views. One transaction: all of it or nothing. Can be repeated.
--
-- A duration in minutes fits 32 bits:
-- squawk-ignore-file prefer-bigint-over-int

BEGIN;

SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = '2min';
SET LOCAL lock_timeout = '250ms';

-- The foreign key needs this lock on contacts. Whoever waits for it makes writers wait behind it, so
-- each try is short.
DO $$
BEGIN
    FOR attempt IN 1..40 LOOP
        BEGIN
            LOCK TABLE public.contacts IN SHARE ROW EXCLUSIVE MODE;
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

CREATE TABLE IF NOT EXISTS public.pulse_contact_interactions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contact_id uuid NOT NULL REFERENCES public.contacts (id) ON DELETE CASCADE,
    pulse_profile_id text,
    pulse_interaction_id text UNIQUE,
    interaction_type text NOT NULL
        CONSTRAINT pulse_interactions_type_known
        CHECK (interaction_type IN ('email', 'call', 'meeting', 'message', 'event', 'note', 'other')),
    interaction_date timestamp with time zone NOT NULL,
    channel text,
    direction text
        CONSTRAINT pulse_interactions_direction_known CHECK (direction IN ('inbound', 'outbound', 'mutual')),
    subject text,
    snippet text,
    duration_minutes integer
        CONSTRAINT pulse_interactions_duration_range CHECK (duration_minutes >= 0),
    participants text[] NOT NULL DEFAULT '{}',
    thread_id text,
    sentiment text
        CONSTRAINT pulse_interactions_sentiment_known
        CHECK (sentiment IN ('positive', 'neutral', 'negative', 'mixed')),
    sentiment_score numeric(4,3)
        CONSTRAINT pulse_interactions_sentiment_range CHECK (sentiment_score BETWEEN -1 AND 1),
    ai_summary text,
    ai_topics text[] NOT NULL DEFAULT '{}',
    ai_action_items jsonb NOT NULL DEFAULT '[]',
    ai_confidence numeric(4,3)
        CONSTRAINT pulse_interactions_confidence_range CHECK (ai_confidence BETWEEN 0 AND 1),
    ai_processed_at timestamp with time zone,
    is_important boolean NOT NULL DEFAULT false,
    is_archived boolean NOT NULL DEFAULT false,
    requires_follow_up boolean NOT NULL DEFAULT false,
    follow_up_date date,
    metadata jsonb NOT NULL DEFAULT '{}',
    pulse_last_synced_at timestamp with time zone,
    pulse_sync_status text NOT NULL DEFAULT 'pending'
        CONSTRAINT pulse_interactions_sync_status_known
        CHECK (pulse_sync_status IN ('pending', 'synced', 'failed')),
    pulse_sync_error text,
    created_by uuid,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_pulse_interactions_contact
    ON public.pulse_contact_interactions (contact_id, interaction_date DESC);
CREATE INDEX IF NOT EXISTS idx_pulse_interactions_date
    ON public.pulse_contact_interactions (interaction_date DESC);
CREATE INDEX IF NOT EXISTS idx_pulse_interactions_profile
    ON public.pulse_contact_interactions (pulse_profile_id);
CREATE INDEX IF NOT EXISTS idx_pulse_interactions_type
    ON public.pulse_contact_interactions (interaction_type);
CREATE INDEX IF NOT EXISTS idx_pulse_interactions_channel
    ON public.pulse_contact_interactions (channel);
CREATE INDEX IF NOT EXISTS idx_pulse_interactions_sentiment
    ON public.pulse_contact_interactions (sentiment) WHERE sentiment IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_pulse_interactions_important
    ON public.pulse_contact_interactions (contact_id, interaction_date DESC) WHERE is_important;
CREATE INDEX IF NOT EXISTS idx_pulse_interactions_content_search
    ON public.pulse_contact_interactions
    USING gin (to_tsvector('english', coalesce(subject, '') || ' ' || coalesce(snippet, '')));
CREATE INDEX IF NOT EXISTS idx_pulse_interactions_topics
    ON public.pulse_contact_interactions USING gin (ai_topics);

-- Who may do what. Supabase grants everything on a new table to anon: taken back.

ALTER TABLE public.pulse_contact_interactions ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON TABLE public.pulse_contact_interactions FROM PUBLIC, anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.pulse_contact_interactions TO authenticated;

DROP POLICY IF EXISTS pulse_interactions_read ON public.pulse_contact_interactions;
CREATE POLICY pulse_interactions_read ON public.pulse_contact_interactions
    FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL);
DROP POLICY IF EXISTS pulse_interactions_add ON public.pulse_contact_interactions;
CREATE POLICY pulse_interactions_add ON public.pulse_contact_interactions
    FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) IS NOT NULL);
DROP POLICY IF EXISTS pulse_interactions_change ON public.pulse_contact_interactions;
CREATE POLICY pulse_interactions_change ON public.pulse_contact_interactions
    FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) IS NOT NULL) WITH CHECK ((SELECT auth.uid()) IS NOT NULL);
DROP POLICY IF EXISTS pulse_interactions_delete ON public.pulse_contact_interactions;
CREATE POLICY pulse_interactions_delete ON public.pulse_contact_interactions
    FOR DELETE TO authenticated USING (created_by = (SELECT auth.uid()));

CREATE OR REPLACE FUNCTION public.pulse_interactions_set_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = ''
AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER trigger_pulse_interactions_updated_at
    BEFORE UPDATE ON public.pulse_contact_interactions
    FOR EACH ROW EXECUTE FUNCTION public.pulse_interactions_set_updated_at();

-- Statistics are counted again for every contact touched, so that they cannot drift. The contacts are
-- locked first, in the order of their ids: the count that follows then sees what others have committed.
-- The owner's rights are needed where the person who writes may not change contacts.
CREATE OR REPLACE FUNCTION public.pulse_interactions_refresh_contacts() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = ''
AS $$
DECLARE
    touched uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.contact_id) INTO touched FROM new_rows AS n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.contact_id) INTO touched FROM old_rows AS o;
    ELSE
        SELECT array_agg(DISTINCT changed.contact_id) INTO touched
        FROM (
            (
                SELECT o.id, o.contact_id, o.interaction_date, o.is_archived FROM old_rows AS o
                EXCEPT
                SELECT n.id, n.contact_id, n.interaction_date, n.is_archived FROM new_rows AS n
            )
            UNION ALL
            (
                SELECT n.id, n.contact_id, n.interaction_date, n.is_archived FROM new_rows AS n
                EXCEPT
                SELECT o.id, o.contact_id, o.interaction_date, o.is_archived FROM old_rows AS o
            )
        ) AS changed;
    END IF;

    IF touched IS NULL THEN
        RETURN NULL;
    END IF;

    PERFORM FROM public.contacts AS c
    WHERE c.id = ANY (touched)
    ORDER BY c.id
    FOR NO KEY UPDATE;

    UPDATE public.contacts AS c
    SET total_interactions = counted.total, last_interaction_date = counted.latest
    FROM (
        SELECT t.contact_id, count(i.id)::integer AS total, max(i.interaction_date) AS latest
        FROM unnest(touched) AS t (contact_id)
        LEFT JOIN public.pulse_contact_interactions AS i
            ON i.contact_id = t.contact_id AND NOT i.is_archived
        GROUP BY t.contact_id
    ) AS counted
    WHERE c.id = counted.contact_id
        AND (c.total_interactions, c.last_interaction_date) IS DISTINCT FROM (counted.total, counted.latest);

    RETURN NULL;
END;
$$;

REVOKE ALL ON FUNCTION public.pulse_interactions_set_updated_at() FROM PUBLIC, anon, authenticated;
REVOKE ALL ON FUNCTION public.pulse_interactions_refresh_contacts() FROM PUBLIC, anon, authenticated;

CREATE OR REPLACE TRIGGER trigger_contact_stats_on_insert
    AFTER INSERT ON public.pulse_contact_interactions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.pulse_interactions_refresh_contacts();
CREATE OR REPLACE TRIGGER trigger_contact_stats_on_update
    AFTER UPDATE ON public.pulse_contact_interactions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.pulse_interactions_refresh_contacts();
CREATE OR REPLACE TRIGGER trigger_contact_stats_on_delete
    AFTER DELETE ON public.pulse_contact_interactions
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION public.pulse_interactions_refresh_contacts();

CREATE OR REPLACE VIEW public.recent_contact_interactions WITH (security_invoker = true) AS
SELECT
    i.id,
    i.contact_id,
    c.name AS contact_name,
    i.interaction_type,
    i.interaction_date,
    i.channel,
    i.direction,
    i.subject,
    i.snippet,
    i.sentiment,
    i.is_important
FROM public.pulse_contact_interactions AS i
JOIN public.contacts AS c ON c.id = i.contact_id
WHERE NOT i.is_archived AND i.interaction_date >= now() - interval '30 days';

CREATE OR REPLACE VIEW public.high_value_interactions WITH (security_invoker = true) AS
SELECT
    i.id,
    i.contact_id,
    c.name AS contact_name,
    c.relationship_score,
    c.donor_stage,
    c.total_lifetime_giving,
    i.interaction_type,
    i.interaction_date,
    i.subject,
    i.sentiment,
    i.ai_summary,
    i.ai_topics
FROM public.pulse_contact_interactions AS i
JOIN public.contacts AS c ON c.id = i.contact_id
WHERE NOT i.is_archived AND (i.is_important OR c.is_vip OR c.relationship_score >= 80);

REVOKE ALL ON TABLE public.recent_contact_interactions FROM PUBLIC, anon, authenticated;
REVOKE ALL ON TABLE public.high_value_interactions FROM PUBLIC, anon, authenticated;
GRANT SELECT ON TABLE public.recent_contact_interactions TO authenticated;
GRANT SELECT ON TABLE public.high_value_interactions TO authenticated;

INSERT INTO public.schema_migrations (version, description)
VALUES ('002', 'Pulse interactions')
ON CONFLICT (version) DO NOTHING;

COMMIT;
