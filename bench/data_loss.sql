-- A table such as a CRM's contacts: a uuid key and twenty columns of the usual types.
CREATE TABLE public.contacts (
  id uuid PRIMARY KEY,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  first_name text NOT NULL,
  last_name text NOT NULL,
  email text NOT NULL,
  phone varchar(32),
  company text,
  job_title text,
  city text,
  country char(2),
  birthday date,
  is_active boolean NOT NULL,
  is_customer boolean,
  visits integer NOT NULL,
  revenue numeric(12, 2),
  score double precision,
  owner_id uuid,
  external_id bigint,
  custom_fields jsonb NOT NULL,
  notes text
);
INSERT INTO public.contacts
SELECT
  md5('contact ' || n)::uuid,
  timestamptz '2020-01-01 00:00+00' + n * interval '37 seconds',
  timestamptz '2024-01-01 00:00+00' + n * interval '11.123456 seconds',
  'First' || n % 5003,
  'Last' || n % 7919,
  'contact' || n || '@example.test',
  CASE WHEN n % 3 > 0 THEN '+1 555 ' || lpad((n % 10000000)::text, 7, '0') END,
  CASE WHEN n % 4 > 0 THEN 'Company ' || n % 20011 END,
  CASE WHEN n % 5 > 0 THEN 'Title ' || n % 101 END,
  'City ' || n % 997,
  chr(65 + n % 26) || chr(65 + n / 26 % 26),
  CASE WHEN n % 7 > 0 THEN date '1950-01-01' + n % 20000 END,
  n % 11 > 0,
  CASE WHEN n % 13 > 0 THEN n % 2 = 0 END,
  n % 1000,
  CASE WHEN n % 6 > 0 THEN (n % 10000000) / 100.0 END,
  CASE WHEN n % 8 > 0 THEN sqrt(n) END,
  CASE WHEN n % 9 > 0 THEN md5('owner ' || n % 50)::uuid END,
  CASE WHEN n % 10 > 0 THEN n * 1000003::bigint END,
  jsonb_build_object('source', 'import ' || n % 17, 'tags', jsonb_build_array(n % 3, n % 5)),
  CASE WHEN n % 2 > 0 THEN repeat('note ' || n % 29 || ' ', 6) END
FROM generate_series(1, %(rows)s) AS n;
VACUUM (ANALYZE) public.contacts;
