-- The product's database as it was before the release: two schemas, integer keys.
CREATE SCHEMA billing;

CREATE TABLE public.customers (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  email text UNIQUE,
  vat_number text,
  created_at timestamptz NOT NULL DEFAULT '2026-01-05 08:00:00+00'
);
ALTER TABLE public.customers ENABLE ROW LEVEL SECURITY;

CREATE TABLE billing.invoices (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES public.customers (id),
  number text NOT NULL UNIQUE,
  total_cents bigint NOT NULL,
  currency char(3) NOT NULL DEFAULT 'EUR',
  issued_on date NOT NULL,
  paid_on date,
  note text
);
ALTER TABLE billing.invoices ENABLE ROW LEVEL SECURITY;

CREATE TABLE billing.change_log (
  name text PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO billing.change_log (name) VALUES ('0000_start');

INSERT INTO public.customers (name, email, vat_number)
SELECT 'Customer ' || n, 'customer' || n || '@example.org', CASE WHEN n % 3 = 0 THEN 'EU' || n END
FROM generate_series(1, 120) AS n;

INSERT INTO billing.invoices (customer_id, number, total_cents, issued_on, paid_on, note)
SELECT 1 + n % 120, 'INV-' || to_char(n, 'FM00000'), 1000 + n * 37, date '2026-01-01' + n % 200,
  CASE WHEN n % 4 <> 0 THEN date '2026-02-01' + n % 200 END, NULL
FROM generate_series(1, 800) AS n;
