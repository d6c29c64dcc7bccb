-- The schema of Logos Vision CRM before the Pulse integration.
-- Run once, as role postgres, in an empty database of a Supabase project:
--   psql -X -v ON_ERROR_STOP=1 -f baseline.sql && psql -X -v ON_ERROR_STOP=1 -f seed.sql

BEGIN;

SET LOCAL client_min_messages = warning;

CREATE TYPE public.organization_kind AS ENUM ('household', 'business', 'foundation', 'school', 'congregation');

CREATE FUNCTION public.set_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = ''
AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END;
$$;

-- People who may sign in, and what they may do. user_id is auth.users.id.
CREATE TABLE public.staff_members (
    user_id uuid PRIMARY KEY,
    display_name text NOT NULL,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'fundraiser', 'admin')),
    working_hours int4range NOT NULL DEFAULT '[9,17)',
    time_zone text NOT NULL DEFAULT 'UTC',
    created_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE TABLE public.contacts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    first_name text,
    last_name text,
    name text NOT NULL CONSTRAINT contacts_name_present CHECK (btrim(name) <> ''),
    email text CONSTRAINT contacts_email_shape CHECK (email IS NULL OR email = '' OR email LIKE '%_@_%'),
    phone text,
    address text,
    city text,
    state text,
    zip_code text,
    type text NOT NULL DEFAULT 'individual'
        CONSTRAINT contacts_type_known
        CHECK (type IN ('individual', 'donor', 'volunteer', 'board', 'prospect', 'partner')),
    engagement_score text
        CONSTRAINT contacts_engagement_score_known CHECK (engagement_score IN ('low', 'medium', 'high')),
    donor_stage text,
    total_lifetime_giving numeric(12,2),
    last_gift_date date,
    notes text,
    preferred_contact_method text,
    email_opt_in boolean NOT NULL DEFAULT true,
    sms_opt_in boolean NOT NULL DEFAULT false,
    newsletter_opt_in boolean NOT NULL DEFAULT false,
    do_not_email boolean NOT NULL DEFAULT false,
    do_not_call boolean NOT NULL DEFAULT false,
    do_not_mail boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE INDEX idx_contacts_email_lower ON public.contacts (lower(email));
CREATE INDEX idx_contacts_name ON public.contacts (last_name, first_name);

CREATE TABLE public.organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    kind public.organization_kind NOT NULL DEFAULT 'business',
    tax_number text UNIQUE,
    website text,
    tags text[] NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    annual_budget numeric(14,2),
    latitude double precision,
    founded_on date,
    time_zone text NOT NULL DEFAULT 'UTC',
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE TABLE public.organization_contacts (
    organization_id uuid NOT NULL REFERENCES public.organizations (id) ON DELETE CASCADE,
    contact_id uuid NOT NULL REFERENCES public.contacts (id) ON DELETE CASCADE,
    job_title text NOT NULL DEFAULT '',
    is_primary boolean NOT NULL DEFAULT false,
    started_on date,
    ended_on date,
    CONSTRAINT organization_contacts_dates_in_order CHECK (ended_on >= started_on),
    PRIMARY KEY (organization_id, contact_id)
);

CREATE INDEX idx_organization_contacts_contact ON public.organization_contacts (contact_id);

CREATE TABLE public.campaigns (
    id serial PRIMARY KEY,
    name text NOT NULL,
    goal numeric(12,2) CHECK (goal > 0),
    channels text[] NOT NULL DEFAULT '{email}',
    starts_on date NOT NULL,
    opens_at time without time zone NOT NULL DEFAULT '09:00',
    runs_for interval NOT NULL DEFAULT '30 days'
);

CREATE TABLE public.contact_donations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contact_id uuid NOT NULL REFERENCES public.contacts (id) ON DELETE CASCADE,
    campaign_id integer REFERENCES public.campaigns (id) ON DELETE SET NULL,
    amount numeric(12,2) NOT NULL CONSTRAINT contact_donations_amount_positive CHECK (amount > 0),
    fee numeric(12,2) NOT NULL DEFAULT 0,
    net_amount numeric(12,2) GENERATED ALWAYS AS (amount - fee) STORED,
    currency character(3) NOT NULL DEFAULT 'USD',
    donated_at timestamp with time zone NOT NULL,
    booked_on date NOT NULL,
    method text NOT NULL DEFAULT 'card' CHECK (method IN ('card', 'check', 'cash', 'transfer')),
    receipt jsonb,
    created_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE INDEX idx_contact_donations_contact ON public.contact_donations (contact_id, donated_at DESC);

-- The old activity list: one counter per contact.
CREATE TABLE public.contact_activities (
    contact_id uuid NOT NULL REFERENCES public.contacts (id) ON DELETE CASCADE,
    position integer NOT NULL,
    kind text NOT NULL,
    summary text NOT NULL DEFAULT '',
    occurred_at timestamp with time zone NOT NULL,
    local_time timestamp without time zone NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (contact_id, position)
);

CREATE TRIGGER contacts_set_updated_at BEFORE UPDATE ON public.contacts
    FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();
CREATE TRIGGER organizations_set_updated_at BEFORE UPDATE ON public.organizations
    FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();

-- Row security: nothing for anon; signed-in people read, most of them write, administrators delete.

ALTER TABLE public.staff_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.organization_contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.campaigns ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.contact_donations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.contact_activities ENABLE ROW LEVEL SECURITY;

CREATE POLICY staff_members_read_own ON public.staff_members
    FOR SELECT TO authenticated USING (user_id = (SELECT auth.uid()));

CREATE POLICY contacts_read ON public.contacts
    FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL);
CREATE POLICY contacts_add ON public.contacts
    FOR INSERT TO authenticated WITH CHECK ((SELECT auth.uid()) IS NOT NULL);
CREATE POLICY contacts_change ON public.contacts
    FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) IS NOT NULL) WITH CHECK ((SELECT auth.uid()) IS NOT NULL);
CREATE POLICY contacts_delete ON public.contacts
    FOR DELETE TO authenticated
    USING (EXISTS (
        SELECT FROM public.staff_members AS s WHERE s.user_id = (SELECT auth.uid()) AND s.role = 'admin'
    ));

CREATE POLICY organizations_all ON public.organizations
    FOR ALL TO authenticated
    USING ((SELECT auth.uid()) IS NOT NULL) WITH CHECK ((SELECT auth.uid()) IS NOT NULL);
CREATE POLICY organization_contacts_all ON public.organization_contacts
    FOR ALL TO authenticated
    USING ((SELECT auth.uid()) IS NOT NULL) WITH CHECK ((SELECT auth.uid()) IS NOT NULL);
CREATE POLICY campaigns_read ON public.campaigns
    FOR SELECT TO authenticated USING (true);
CREATE POLICY contact_donations_read ON public.contact_donations
    FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL);
CREATE POLICY contact_donations_book ON public.contact_donations
    FOR INSERT TO authenticated
    WITH CHECK (EXISTS (
        SELECT FROM public.staff_members AS s
        WHERE s.user_id = (SELECT auth.uid()) AND s.role IN ('fundraiser', 'admin')
    ));
CREATE POLICY contact_activities_all ON public.contact_activities
    FOR ALL TO authenticated
    USING ((SELECT auth.uid()) IS NOT NULL) WITH CHECK ((SELECT auth.uid()) IS NOT NULL);

CREATE VIEW public.contact_directory WITH (security_invoker = true) AS
SELECT c.id, c.name, c.email, c.phone, c.donor_stage, o.name AS company
FROM public.contacts AS c
LEFT JOIN public.organization_contacts AS oc ON oc.contact_id = c.id AND oc.is_primary
LEFT JOIN public.organizations AS o ON o.id = oc.organization_id
WHERE c.is_active;

CREATE VIEW public.contact_giving WITH (security_invoker = true) AS
SELECT
    c.id,
    c.name,
    c.total_lifetime_giving,
    c.last_gift_date,
    count(d.id) AS gifts,
    coalesce(sum(d.net_amount), 0) AS booked
FROM public.contacts AS c
LEFT JOIN public.contact_donations AS d ON d.contact_id = c.id
GROUP BY c.id;

-- Totals only. It reads with its owner's rights, so it is closed to all but signed-in people.
CREATE VIEW public.donor_stage_totals AS
SELECT donor_stage, engagement_score, count(*) AS contacts, sum(total_lifetime_giving) AS giving
FROM public.contacts
GROUP BY donor_stage, engagement_score;

REVOKE ALL ON TABLE public.donor_stage_totals FROM PUBLIC, anon, authenticated;
GRANT SELECT ON TABLE public.donor_stage_totals TO authenticated;

COMMENT ON TABLE public.contacts IS 'People the nonprofit knows.';

COMMIT;
