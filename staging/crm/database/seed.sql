-- Invented people for the stand-in: the same rows on every run, no clock and no random numbers.
-- 5,200 contacts with the awkward values real lists have: NULL beside the empty string, accents,
-- emoji, right-to-left names, long notes, the same address in two spellings.

BEGIN;

SET LOCAL TimeZone = 'UTC';

INSERT INTO public.staff_members (user_id, display_name, role, working_hours, time_zone, created_at)
SELECT
    md5('staff-' || n)::uuid,
    (ARRAY['Ada Admin', 'Femi Fundraiser', 'Mika Member'])[n],
    (ARRAY['admin', 'fundraiser', 'member'])[n],
    int4range(7 + n, 15 + n),
    (ARRAY['America/New_York', 'Europe/Berlin', 'Pacific/Chatham'])[n],
    timestamptz '2021-03-28 01:30:00+00' + n * interval '1 day'
FROM generate_series(1, 3) AS n;

INSERT INTO public.campaigns (name, goal, channels, starts_on, opens_at, runs_for)
SELECT
    'Campaign ' || n,
    CASE WHEN n % 4 <> 0 THEN 10000.00 * n + 0.5 END,
    CASE n % 3 WHEN 0 THEN '{}' WHEN 1 THEN '{email,phone}' ELSE ARRAY['mail', 'a "quoted" one, with comma', NULL] END,
    date '2020-02-29' + n * 61,
    time '06:00' + n * interval '7 minutes',
    n * interval '1 day 2 hours'
FROM generate_series(1, 12) AS n;

INSERT INTO public.organizations
    (id, name, kind, tax_number, website, tags, settings, annual_budget, latitude, founded_on, time_zone, created_at, updated_at)
SELECT
    md5('organization-' || n)::uuid,
    (ARRAY['Harbor', 'Söderström', 'O''Neill & Sons', '東京', 'Riverside', 'Ñandú'])[1 + n % 6]
        || ' ' || (ARRAY['Trust', 'Works', 'Academy', 'Kirche'])[1 + n % 4] || ' ' || n,
    (enum_range(NULL::public.organization_kind))[1 + n % 5],
    CASE WHEN n % 9 <> 0 THEN lpad(n::text, 9, '0') END,
    CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'https://organization-' || n || '.example.org' END,
    CASE WHEN n % 2 = 0 THEN ARRAY['partner', 'tier ' || n % 5] ELSE '{}' END,
    jsonb_build_object('newsletter', n % 2 = 0, 'limit', n * 1.10, 'labels', jsonb_build_array('a', NULL, n)),
    CASE WHEN n % 7 <> 0 THEN round(n * 98765.4321, 2) END,
    sin(n) * 90,
    CASE WHEN n % 11 <> 0 THEN date '1899-12-31' + n * 97 END,
    (ARRAY['UTC', 'America/Los_Angeles', 'Asia/Kathmandu', 'Australia/Lord_Howe'])[1 + n % 4],
    timestamptz '2019-01-01 00:00:00+00' + n * interval '5 hours 17 minutes',
    timestamptz '2022-01-01 00:00:00+00' + n * interval '3 hours 11.000001 seconds'
FROM generate_series(1, 240) AS n;

INSERT INTO public.contacts (
    id, first_name, last_name, name, email, phone, address, city, state, zip_code, type,
    engagement_score, donor_stage, total_lifetime_giving, last_gift_date, notes,
    preferred_contact_method, email_opt_in, sms_opt_in, newsletter_opt_in,
    do_not_email, do_not_call, do_not_mail, is_active, created_at, updated_at
)
SELECT
    md5('contact-' || n)::uuid,
    nullif(first_name, '-'),
    CASE WHEN n % 83 = 0 THEN '' ELSE last_name END,
    CASE WHEN first_name = '-' THEN last_name ELSE first_name || ' ' || last_name END || ' ' || n,
    CASE
        WHEN n % 37 = 0 THEN NULL
        WHEN n % 91 = 0 THEN ''
        WHEN n % 100 = 50 THEN upper('person' || n - 1 || '@example.org')
        ELSE 'person' || n || '@example.org'
    END,
    CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE '+1 555 ' || lpad((n * 37 % 10000)::text, 4, '0') END,
    CASE WHEN n % 6 <> 0 THEN n || E' Main Street\nFloor ' || n % 9 END,
    (ARRAY['Springfield', 'São Paulo', 'Łódź', 'Reykjavík', NULL, ''])[1 + n % 6],
    (ARRAY['NY', 'CA', 'TX', NULL])[1 + n % 4],
    CASE WHEN n % 8 <> 0 THEN lpad((n * 13 % 100000)::text, 5, '0') END,
    (ARRAY['individual', 'donor', 'volunteer', 'board', 'prospect', 'partner'])[1 + n % 6],
    (ARRAY['low', 'medium', 'high', NULL])[1 + n % 4],
    (ARRAY['prospect', 'first gift', 'repeat', 'major', 'lapsed', '', NULL])[1 + n % 7],
    CASE WHEN n % 3 <> 0 THEN round((n * 7919 % 1000003) / 100.0, 2) END,
    CASE WHEN n % 3 <> 0 THEN date '2018-12-31' + n % 2200 END,
    CASE
        WHEN n % 400 = 7 THEN (SELECT string_agg(md5(n || '-' || k), ' ') FROM generate_series(1, 300) AS k)
        WHEN n % 10 = 3 THEN 'Met at the gala 🎗 — prefers letters. Tab' || chr(9) || 'and "quotes", back\slash.'
        WHEN n % 10 = 4 THEN ''
    END,
    (ARRAY['email', 'phone', 'mail', NULL])[1 + n % 4],
    n % 4 <> 0, n % 9 = 0, n % 2 = 0, n % 41 = 0, n % 43 = 0, n % 47 = 0, n % 20 <> 0,
    timestamptz '2018-03-25 00:59:59.999999+00' + n * interval '11 hours 13 minutes',
    timestamptz '2023-10-29 00:30:00+00' + n * interval '97 minutes 0.000001 seconds'
FROM (
    SELECT
        n,
        (ARRAY['Maria', 'José', 'Zoë', 'محمد', '小春', 'Anne-Marie', 'Олена', 'Li', '-', 'Ðorđe', 'Grace', 'Noah'])[1 + n % 12] AS first_name,
        (ARRAY['Smith', 'García', 'O''Brien', 'Müller', 'Nguyễn', 'van der Berg', 'Иванова', 'Okafor', 'Šimić', 'Brown', '山田'])[1 + n % 11] AS last_name
    FROM generate_series(1, 5200) AS n
) AS people;

-- Uneven spread: some have none, some many.
INSERT INTO public.organization_contacts (organization_id, contact_id, job_title, is_primary, started_on, ended_on)
SELECT
    md5('organization-' || 1 + (n * 31 + k * 7) % 240)::uuid,
    md5('contact-' || n)::uuid,
    (ARRAY['', 'Director', 'Trésorière', 'Volunteer lead'])[1 + (n + k) % 4],
    k = 0,
    date '2010-01-01' + n % 3000,
    CASE WHEN k > 0 THEN date '2010-01-01' + n % 3000 + k * 100 END
FROM generate_series(1, 5200) AS n, generate_series(0, 1) AS k
WHERE n % 5 <> 0 AND (k = 0 OR n % 8 = 0);

INSERT INTO public.contact_donations
    (contact_id, campaign_id, amount, fee, currency, donated_at, booked_on, method, receipt, created_at)
SELECT
    md5('contact-' || 1 + n * 17 % 5200)::uuid,
    CASE WHEN n % 6 <> 0 THEN 1 + n % 12 END,
    0.01 + n * 97 % 250000 / 100.0,
    n % 5 * 0.30,
    (ARRAY['USD', 'EUR', 'CAD'])[1 + n % 3],
    timestamptz '2019-06-30 23:59:30-11' + n * interval '5 hours 41 minutes',
    date '2019-07-01' + n / 5,
    (ARRAY['card', 'check', 'cash', 'transfer'])[1 + n % 4],
    CASE WHEN n % 4 <> 0 THEN jsonb_build_object('number', n, 'lines', jsonb_build_array(n % 7, 'ü')) END,
    timestamptz '2019-07-01 12:00:00+00' + n * interval '5 hours 41 minutes'
FROM generate_series(1, 6000) AS n;

INSERT INTO public.contact_activities (contact_id, position, kind, summary, occurred_at, local_time, details)
SELECT
    md5('contact-' || n)::uuid,
    k,
    (ARRAY['call', 'visit', 'letter'])[1 + (n + k) % 3],
    CASE WHEN k = 2 THEN '' ELSE 'Activity ' || k || ' of ' || n END,
    timestamptz '2021-11-07 05:30:00+00' + (n * 3 + k) * interval '53 minutes',
    timestamp '2021-11-07 01:30:00' + (n * 3 + k) * interval '53 minutes',
    CASE WHEN k = 1 THEN jsonb_build_object('minutes', n % 90, 'with', NULL) ELSE '{}' END
FROM generate_series(1, 5200) AS n, generate_series(1, 3) AS k
WHERE n % 4 <> 0 AND k <= n % 4;

COMMIT;
